import type { HistoryPage, HistoryPlace, StoredTransaction } from "../../core/contracts/store.ts";
import { decodeTransaction } from "../../core/ledger/codec.ts";
import type { Account, BlockRef, LedgerTransaction, OutputId, TransactionOutput } from "../../core/model.ts";
import { decodeIndexes } from "./account-row.ts";
import { pickTransaction } from "./block-rows.ts";
import { readBlock } from "./chain-state.ts";
import { corruptRow, missingRow } from "./database.ts";
import {
  historyKey,
  keyHeight,
  keyIndex,
  keyNumber,
  MAX_NUMBER,
  TRANSACTIONS_PER_ROW,
  textKey,
  transactionIdRange,
  transactionsKey,
} from "./keys.ts";
import type { RowReader } from "./reader.ts";
import { readRow } from "./working-set.ts";

/** A page of an account's transactions, newest first, strictly before a place. */
export async function readHistory(
  reader: RowReader,
  chain: number,
  account: Account,
  before: HistoryPlace | undefined,
  limit: number,
): Promise<HistoryPage> {
  const value = reader.get(textKey(chain, "account", account));
  if (value === undefined || limit <= 0) return { transactions: [], next: undefined };
  const { number } = readRow(account, value);
  // One place more than asked tells whether another page follows.
  const places = await readPlaces(reader, chain, number, before, limit + 1);
  const more = places.length > limit;
  if (more) places.pop();
  const blocks = new Map<number, BlockRef>();
  const transactions = places.map((place) => {
    let block = blocks.get(place.height);
    if (block === undefined) {
      block = requireBlock(reader, chain, place.height);
      blocks.set(place.height, block);
    }
    return { ...readTransaction(reader, chain, place), block };
  });
  return { transactions, next: more ? places[places.length - 1] : undefined };
}

async function readPlaces(
  reader: RowReader,
  chain: number,
  account: number,
  before: HistoryPlace | undefined,
  limit: number,
): Promise<HistoryPlace[]> {
  const places: HistoryPlace[] = [];
  const range = {
    gte: before ? historyKey(chain, account, before.height) : historyKey(chain, account, MAX_NUMBER),
    lte: historyKey(chain, account, 0),
  };
  for await (const [key, value] of reader.walk(range, Math.min(limit, 128))) {
    const height = keyHeight(key, 5);
    const indexes = readIndexes(account, height, value);
    for (let i = indexes.length - 1; i >= 0; i--) {
      const index = indexes[i] as number;
      if (before && height === before.height && index >= before.index) continue;
      places.push({ height, index });
      if (places.length === limit) return places;
    }
  }
  return places;
}

function readIndexes(account: number, height: number, value: Uint8Array): number[] {
  try {
    return decodeIndexes(value);
  } catch (error) {
    throw corruptRow(`the history of account ${account} at height ${height}`, error);
  }
}

function requireBlock(reader: RowReader, chain: number, height: number): BlockRef {
  const block = readBlock(reader, chain, height);
  if (block === undefined) throw missingRow(`block ${height}`);
  return block.ref;
}

/** The transaction of an id; the newest one where a chain has used an id twice. */
export async function findTransaction(
  reader: RowReader,
  chain: number,
  id: string,
): Promise<StoredTransaction | undefined> {
  let found: StoredTransaction | undefined;
  for await (const [key] of reader.walk(transactionIdRange(chain, id), 4)) {
    const place = { height: keyNumber(key, 8), index: keyIndex(key, 13) };
    const transaction = readTransaction(reader, chain, place);
    if (transaction.id === id) found = { ...transaction, block: requireBlock(reader, chain, place.height) };
  }
  return found;
}

/** An output as the transaction that made it tells of it, and where that stands. */
export type PlacedOutput = TransactionOutput & HistoryPlace & { readonly coinbase: boolean };

/**
 * Outputs as they were made last in blocks up to a height, by their ids; those that none of the blocks made are left out.
 * @param transaction the id of the transaction that made them, which more than one may have
 * @throws HeadwaterError `store-corrupt`
 */
export async function findMade(
  reader: RowReader,
  chain: number,
  transaction: string,
  ids: ReadonlySet<OutputId>,
  upTo: number,
): Promise<ReadonlyMap<OutputId, PlacedOutput>> {
  const found = new Map<OutputId, PlacedOutput>();
  for await (const [key] of reader.walk(transactionIdRange(chain, transaction), 4)) {
    const place = { height: keyNumber(key, 8), index: keyIndex(key, 13) };
    if (place.height > upTo) break;
    const { outputs } = readTransaction(reader, chain, place);
    for (const output of outputs?.makes ?? []) {
      if (ids.has(output.id)) found.set(output.id, { ...output, ...place, coinbase: outputs?.coinbase === true });
    }
  }
  return found;
}

/** The transaction at a place. @throws HeadwaterError `store-corrupt` */
export function readTransaction(reader: RowReader, chain: number, { height, index }: HistoryPlace): LedgerTransaction {
  const group = Math.floor(index / TRANSACTIONS_PER_ROW);
  const value = reader.get(transactionsKey(chain, height, group));
  if (value === undefined) throw missingRow(`transaction ${index} of block ${height}`);
  try {
    const encoded = pickTransaction(value, index);
    if (encoded === undefined) throw missingRow(`transaction ${index} of block ${height}`);
    return decodeTransaction(encoded);
  } catch (error) {
    throw corruptRow(`transaction ${index} of block ${height}`, error);
  }
}
