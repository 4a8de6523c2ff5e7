import type { Mismatch } from "../../core/ledger/account.ts";
import { POINT } from "./account-row.ts";
import { decodeMismatch, decodeObserved, encodeMismatch, encodeObserved, type Observed } from "./block-rows.ts";
import type { ChainContext } from "./chain-state.ts";
import { corruptRow } from "./database.ts";
import { keyHeight, keyIndex, mismatchKey, numberKey, tableRange } from "./keys.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";

/**
 * Adds contradictions to blocks that are already indexed: the mismatch itself, and among the block's observations that
 * the entry is in dispute since, so that a rollback of the block takes both back.
 */
export class Evidence {
  readonly #context: ChainContext;
  readonly #rows: RowBatch;
  readonly #added = new Map<number, { readonly observed: Observed[]; place: number }>();

  constructor(context: ChainContext, rows: RowBatch) {
    this.#context = context;
    this.#rows = rows;
  }

  async add(mismatch: Mismatch, asset: number): Promise<void> {
    const { number: chain, reader } = this.#context;
    const { account, height } = mismatch;
    let block = this.#added.get(height);
    if (block === undefined) {
      const last = await reader.first({
        gte: mismatchKey(chain, height, 0),
        lt: height === 0 ? tableRange(chain, "mismatch").lt : mismatchKey(chain, height - 1, 0),
        reverse: true,
      });
      block = {
        observed: readObserved(reader, chain, height),
        place: last === undefined ? 0 : keyIndex(last[0], 5) + 1,
      };
      this.#added.set(height, block);
    }
    block.observed.push({ account, asset, flags: POINT.disputed });
    this.#rows.put(mismatchKey(chain, height, block.place++), encodeMismatch(mismatch));
    this.#rows.put(numberKey(chain, "observed", height), encodeObserved(block.observed));
  }
}

/** What a block's observations did, empty where they did nothing. @throws HeadwaterError `store-corrupt` */
export function readObserved(reader: RowReader, chain: number, height: number): Observed[] {
  const value = reader.get(numberKey(chain, "observed", height));
  if (value === undefined) return [];
  try {
    return decodeObserved(value);
  } catch (error) {
    throw corruptRow(`the observations of block ${height}`, error);
  }
}

/** Mismatches, newest block first. @throws HeadwaterError `store-corrupt` */
export async function readMismatches(reader: RowReader, chain: number, limit: number): Promise<Mismatch[]> {
  if (limit <= 0) return [];
  const rows = await reader.range(tableRange(chain, "mismatch"), limit);
  return rows.map(([key, value]) => {
    const height = keyHeight(key, 0);
    try {
      return decodeMismatch(value, height);
    } catch (error) {
      throw corruptRow(`a mismatch of block ${height}`, error);
    }
  });
}
