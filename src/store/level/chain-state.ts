import type { FinalityMarks, LedgerTerms, Position } from "../../core/contracts/store.ts";
import type { BlockRef } from "../../core/model.ts";
import type { AssetNumbers } from "./assets.ts";
import type { Counters, PositionRow } from "./block-rows.ts";
import { decodeBlock } from "./block-rows.ts";
import { corruptRow } from "./database.ts";
import type { JournalHead } from "./journal.ts";
import { numberKey } from "./keys.ts";
import type { OutputCache, OutputSetChange } from "./output-cache.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";
import type { AccountRecords } from "./working-set.ts";

/** One chain's changing facts. Replaced as a whole when a write is done. */
export type ChainState = { readonly position: PositionRow | undefined; readonly counters: Counters };

/** What a write of one chain works with. */
export type ChainContext = {
  readonly terms: LedgerTerms;
  /** The chain's number in keys. */
  readonly number: number;
  /** Reads the newest state. */
  readonly reader: RowReader;
  readonly assets: AssetNumbers;
  readonly records: AccountRecords;
  readonly outputs: OutputCache;
};

/** A write worked out: what to write, and what holds when it is written. */
export type PreparedWrite = {
  readonly rows: RowBatch;
  readonly state: ChainState;
  readonly journal: JournalHead;
  /** Accounts whose answers change. */
  readonly touched: Iterable<string> | "all";
  /** What becomes of unspent outputs; "any" where that is not listed. Absent where they stay as they are. */
  readonly outputs?: OutputSetChange | "any";
  /** Carries the write over into memory. Does not fail. */
  keep(): void;
};

export function positionOf(row: PositionRow): Position {
  const { tip, safe, finalized, sequence, transactions, movements } = row;
  return { tip, safe, finalized, digest: hexOf(row.digest), sequence, transactions, movements };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** A block's row. @throws HeadwaterError `store-corrupt` when it is there and cannot be read */
export function readBlock(
  reader: RowReader,
  chain: number,
  height: number,
): ReturnType<typeof decodeBlock> | undefined {
  const value = reader.get(numberKey(chain, "block", height));
  if (value === undefined) return undefined;
  try {
    return decodeBlock(value);
  } catch (error) {
    throw corruptRow(`block ${height}`, error);
  }
}

/**
 * Finality with new marks held against it. A mark counts when it is not above the tip, not below what is recorded, and
 * names the block that is indexed at its height (below the first indexed block there is none to compare). Safe is never
 * below finalized.
 * @param hashAt the hash of the indexed block at a height
 */
export function mergeMarks(
  current: FinalityMarks,
  marks: FinalityMarks,
  tip: BlockRef,
  startHeight: number,
  hashAt: (height: number) => string | undefined,
): FinalityMarks {
  const merge = (old: BlockRef | null, mark: BlockRef | null): BlockRef | null => {
    if (mark === null || mark.height > tip.height) return old;
    if (old !== null && mark.height <= old.height) return old;
    if (mark.height >= startHeight && hashAt(mark.height) !== mark.hash) return old;
    return mark;
  };
  const finalized = merge(current.finalized, marks.finalized);
  const safe = merge(current.safe, marks.safe);
  return {
    finalized,
    safe: finalized !== null && (safe === null || safe.height < finalized.height) ? finalized : safe,
  };
}
