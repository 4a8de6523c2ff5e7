import type { LedgerTerms } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import {
  type ChainRow,
  decodeChain,
  decodeCounters,
  decodeNumber,
  decodePosition,
  encodeNumber,
} from "./block-rows.ts";
import { corruptRow, type Database } from "./database.ts";
import { keyNumber, keyText, STORE, tableKey, tableRange } from "./keys.ts";
import type { StoredChain } from "./ledger.ts";
import type { RowReader } from "./reader.ts";
import { RowBatch } from "./row-batch.ts";

/** The version of the layout in keys.ts. A store of a newer one is refused. */
const LAYOUT_VERSION = 3;
/**
 * Layout 1 had no outputs and no trails, layout 2 no watched accounts, and nothing else was different: such stores are read as
 * they are. They become ones of this layout when they are opened, so that a Headwater which knows nothing of that refuses
 * them from then on.
 */
const FORMER_VERSIONS: readonly number[] = [1, 2];

/** A chain that the store knows, by its number in keys. */
export type RegisteredChain = { readonly number: number; readonly terms: LedgerTerms };

/** Marks an empty database as a store, and makes sure that another one is a store of this layout. */
export async function prepareStore(database: Database, reader: RowReader): Promise<void> {
  const key = tableKey(STORE, "version");
  const value = reader.get(key);
  if (value === undefined) {
    if (await reader.first({ gte: Buffer.alloc(0) })) {
      throw new HeadwaterError(
        "store-incompatible",
        "this database was not written by Headwater: choose another store path",
      );
    }
    const rows = new RowBatch();
    rows.put(key, encodeNumber(LAYOUT_VERSION));
    return rows.write(database, true);
  }
  const version = readRow("the store's layout version", value, decodeNumber);
  if (FORMER_VERSIONS.includes(version)) {
    const rows = new RowBatch();
    rows.put(key, encodeNumber(LAYOUT_VERSION));
    return rows.write(database, true);
  }
  if (version !== LAYOUT_VERSION) {
    throw new HeadwaterError(
      "store-incompatible",
      `the store has layout ${version}, this Headwater reads layout ${LAYOUT_VERSION}: use a matching version of Headwater, or an empty store path`,
      { details: { stored: version, supported: LAYOUT_VERSION } },
    );
  }
}

export async function readChains(reader: RowReader): Promise<RegisteredChain[]> {
  const chains: RegisteredChain[] = [];
  for await (const [key, value] of reader.walk(tableRange(STORE, "chain"))) {
    const chain = readRow("the name of a chain", key, keyText);
    const row: ChainRow = readRow(`the terms of chain ${chain}`, value, decodeChain);
    const { number, profile, startHeight, scope } = row;
    chains.push({ number, terms: { chain, profile, startHeight, ...(scope === "watched" && { scope }) } });
  }
  return chains;
}

export async function readStoredChain(reader: RowReader, { number, terms }: RegisteredChain): Promise<StoredChain> {
  const position = reader.get(tableKey(number, "position"));
  const counters = reader.get(tableKey(number, "counters"));
  const partialAssets: number[] = [];
  for await (const [key] of reader.walk(tableRange(number, "partial"))) partialAssets.push(keyNumber(key, 0));
  return {
    terms,
    number,
    partialAssets,
    state: {
      position: position && readRow(`the position of chain ${terms.chain}`, position, decodePosition),
      // Account numbers begin at 1: 0 says that an account has none.
      counters: counters
        ? readRow(`the counters of chain ${terms.chain}`, counters, decodeCounters)
        : { accounts: 1, assets: 1 },
    },
  };
}

function readRow<T>(what: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bytes);
  } catch (error) {
    throw corruptRow(what, error);
  }
}
