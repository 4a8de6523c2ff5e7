import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import type { IndexScope } from "../../core/contracts/chain-config.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Mismatch } from "../../core/ledger/account.ts";
import type { AssetInfo, BlockRef } from "../../core/model.ts";
import { expectEnd } from "./account-row.ts";
import { readIndex, TRANSACTIONS_PER_ROW } from "./keys.ts";

export type BlockRow = {
  readonly ref: BlockRef;
  readonly transactions: number;
  readonly movements: number;
  /** The running hash after this block, 32 bytes. */
  readonly digest: Uint8Array;
  readonly ledgerHash: Uint8Array;
  /** What later blocks are held against; no trace of it where the chain has no such rules. */
  readonly trail?: Uint8Array;
  /** How many of the transactions are stored; absent where all are, on a chain of scope `all`. */
  readonly kept?: number;
};

/** What is known of a chain as a whole. Replaced, never changed. */
export type PositionRow = {
  readonly tip: BlockRef;
  readonly digest: Uint8Array;
  readonly safe: BlockRef | null;
  readonly finalized: BlockRef | null;
  readonly sequence: number;
  readonly transactions: number;
  readonly movements: number;
};

/** An observation that changed an entry, so that a rollback can take that back. */
export type Observed = { readonly account: string; readonly asset: number; readonly flags: number };

const scratch = new ByteWriter(16 * 1024);
const NO_TRAIL = new Uint8Array(0);
const WATCHED = 1;

export function writeRef(ref: BlockRef, writer: ByteWriter): void {
  writer.varint(ref.height);
  writer.text(ref.hash);
  writer.text(ref.parentHash);
  // A genesis block's parent height is -1.
  writer.varint(ref.parentHeight + 1);
  writer.varint(ref.time);
}

export function readRef(reader: ByteReader): BlockRef {
  const height = reader.varint();
  const hash = reader.text();
  const parentHash = reader.text();
  const parentHeight = reader.varint() - 1;
  return { height, hash, parentHash, parentHeight, time: reader.varint() };
}

export function encodeBlock(row: BlockRow): Buffer {
  scratch.reset();
  writeRef(row.ref, scratch);
  scratch.varint(row.transactions);
  scratch.varint(row.movements);
  scratch.raw(row.digest);
  scratch.raw(row.ledgerHash);
  if (row.trail) scratch.blob(row.trail);
  if (row.kept !== undefined) {
    // Two numbers, where rows of scope `all` have a trail or nothing: whether there is one, then how many are kept.
    if (!row.trail) scratch.blob(NO_TRAIL);
    scratch.byte(row.trail ? 1 : 0);
    scratch.varint(row.kept);
  }
  return scratch.finish();
}

export function decodeBlock(bytes: Uint8Array): BlockRow {
  const reader = new ByteReader(bytes);
  const ref = readRef(reader);
  const transactions = reader.varint();
  const movements = reader.varint();
  const row = { ref, transactions, movements, digest: reader.raw(32), ledgerHash: reader.raw(32) };
  if (reader.done) return row;
  const trail = reader.blob();
  if (reader.done) return { ...row, trail };
  const hasTrail = reader.byte() === 1;
  const kept = reader.varint();
  expectEnd(reader);
  return { ...row, ...(hasTrail && { trail }), kept };
}

export function encodePosition(row: PositionRow): Buffer {
  scratch.reset();
  writeRef(row.tip, scratch);
  scratch.raw(row.digest);
  scratch.byte((row.safe ? 1 : 0) | (row.finalized ? 2 : 0));
  if (row.safe) writeRef(row.safe, scratch);
  if (row.finalized) writeRef(row.finalized, scratch);
  scratch.varint(row.sequence);
  scratch.varint(row.transactions);
  scratch.varint(row.movements);
  return scratch.finish();
}

export function decodePosition(bytes: Uint8Array): PositionRow {
  const reader = new ByteReader(bytes);
  const tip = readRef(reader);
  const digest = reader.raw(32);
  const marks = reader.byte();
  const safe = marks & 1 ? readRef(reader) : null;
  const finalized = marks & 2 ? readRef(reader) : null;
  const sequence = reader.varint();
  const transactions = reader.varint();
  const movements = reader.varint();
  expectEnd(reader);
  return { tip, digest, safe, finalized, sequence, transactions, movements };
}

export function encodeNumber(value: number): Buffer {
  scratch.reset();
  scratch.varint(value);
  return scratch.finish();
}

export function decodeNumber(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  const value = reader.varint();
  expectEnd(reader);
  return value;
}

/** The next free account number and asset number. */
export type Counters = { readonly accounts: number; readonly assets: number };

export function encodeCounters(counters: Counters): Buffer {
  scratch.reset();
  scratch.varint(counters.accounts);
  scratch.varint(counters.assets);
  return scratch.finish();
}

export function decodeCounters(bytes: Uint8Array): Counters {
  const reader = new ByteReader(bytes);
  const counters = { accounts: reader.varint(), assets: reader.varint() };
  expectEnd(reader);
  return counters;
}

/** Rows of a block's kept transactions, with their groups: those of a group of indexes stand in one row. */
export function encodeTransactionGroups(encoded: readonly Uint8Array[]): [group: number, row: Buffer][] {
  const groups: [number, Buffer][] = [];
  let group = -1;
  scratch.reset();
  for (const bytes of encoded) {
    const own = Math.floor(readIndex(bytes) / TRANSACTIONS_PER_ROW);
    if (own !== group) {
      if (group >= 0) groups.push([group, scratch.finish()]);
      scratch.reset();
      group = own;
    }
    scratch.blob(bytes);
  }
  if (group >= 0) groups.push([group, scratch.finish()]);
  return groups;
}

/** All transactions of one row, canonical bytes. */
export function decodeTransactionGroup(bytes: Uint8Array): Buffer[] {
  const reader = new ByteReader(bytes);
  const encoded: Buffer[] = [];
  while (!reader.done) encoded.push(reader.blob());
  return encoded;
}

/** The transaction with an index in its block, of the row that holds it; undefined where it is not kept. */
export function pickTransaction(bytes: Uint8Array, index: number): Buffer | undefined {
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const encoded = reader.blob();
    if (readIndex(encoded) === index) return encoded;
  }
  return undefined;
}

export function encodeObserved(list: readonly Observed[]): Buffer {
  scratch.reset();
  for (const { account, asset, flags } of list) {
    scratch.text(account);
    scratch.varint(asset);
    scratch.byte(flags);
  }
  return scratch.finish();
}

export function decodeObserved(bytes: Uint8Array): Observed[] {
  const reader = new ByteReader(bytes);
  const list: Observed[] = [];
  while (!reader.done) list.push({ account: reader.text(), asset: reader.varint(), flags: reader.byte() });
  return list;
}

export function encodeMismatch(mismatch: Mismatch): Buffer {
  scratch.reset();
  scratch.text(mismatch.account);
  scratch.text(mismatch.asset);
  scratch.bigint(mismatch.expected);
  scratch.bigint(mismatch.actual);
  return scratch.finish();
}

export function decodeMismatch(bytes: Uint8Array, height: number): Mismatch {
  const reader = new ByteReader(bytes);
  const account = reader.text();
  const asset = reader.text();
  const expected = reader.bigint();
  const row = { account, asset, height, expected, actual: reader.bigint() };
  expectEnd(reader);
  return row;
}

export function encodeAssetInfo(info: AssetInfo): Buffer {
  scratch.reset();
  scratch.byte((info.symbol === null ? 0 : 1) | (info.decimals === null ? 0 : 2));
  if (info.symbol !== null) scratch.text(info.symbol);
  if (info.decimals !== null) scratch.varint(info.decimals);
  return scratch.finish();
}

export function decodeAssetInfo(bytes: Uint8Array): AssetInfo {
  const reader = new ByteReader(bytes);
  const has = reader.byte();
  const symbol = has & 1 ? reader.text() : null;
  const info = { symbol, decimals: has & 2 ? reader.varint() : null };
  expectEnd(reader);
  return info;
}

/** A chain's number and terms as stored. */
export type ChainRow = {
  readonly number: number;
  readonly profile: string;
  readonly startHeight: number;
  readonly scope: IndexScope;
};

export function encodeChain(row: ChainRow): Buffer {
  scratch.reset();
  scratch.varint(row.number);
  scratch.text(row.profile);
  scratch.varint(row.startHeight);
  // Without it: scope `all`, as all stores were before layout 3.
  if (row.scope === "watched") scratch.byte(WATCHED);
  return scratch.finish();
}

export function decodeChain(bytes: Uint8Array): ChainRow {
  const reader = new ByteReader(bytes);
  const number = reader.varint();
  const profile = reader.text();
  const startHeight = reader.varint();
  const scope = reader.done || reader.byte() !== WATCHED ? "all" : "watched";
  const row = { number, profile, startHeight, scope } as const;
  expectEnd(reader);
  if (row.number < 1) throw new HeadwaterError("store-corrupt", "a chain's number is below 1");
  return row;
}
