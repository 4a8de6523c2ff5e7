import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import { HeadwaterError } from "../../core/errors.ts";

/** The current entry of one account in one asset, by the asset's number. Mutable only while a write is prepared. */
export type Entry = {
  readonly asset: number;
  sum: bigint;
  changedAt: number;
  baseline: bigint | undefined;
  disputed: boolean;
};

/** An account's row. Where it is spilled, `entries` is empty and the entries are rows of their own. */
export type AccountRow = {
  readonly number: number;
  /** Entries kept as rows of their own; 0 while they are inline. */
  readonly spilled: number;
  /** In the order of asset numbers. */
  readonly entries: readonly Entry[];
};

const HAS_BASELINE = 1;
const DISPUTED = 2;

const scratch = new ByteWriter(4096);

export function encodeAccount(row: AccountRow): Buffer {
  scratch.reset();
  scratch.varint(row.number);
  scratch.varint(row.spilled);
  if (row.spilled === 0) {
    scratch.varint(row.entries.length);
    for (const entry of row.entries) {
      scratch.varint(entry.asset);
      writeEntry(entry, scratch);
    }
  }
  return scratch.finish();
}

export function decodeAccount(bytes: Uint8Array): AccountRow {
  const reader = new ByteReader(bytes);
  const number = reader.varint();
  const spilled = reader.varint();
  const entries: Entry[] = [];
  if (spilled === 0) {
    const count = reader.varint();
    for (let i = 0; i < count; i++) entries.push(readEntry(reader, reader.varint()));
  }
  expectEnd(reader);
  return { number, spilled, entries };
}

export function encodeEntry(entry: Entry): Buffer {
  scratch.reset();
  writeEntry(entry, scratch);
  return scratch.finish();
}

export function decodeEntry(asset: number, bytes: Uint8Array): Entry {
  const reader = new ByteReader(bytes);
  const entry = readEntry(reader, asset);
  expectEnd(reader);
  return entry;
}

function writeEntry(entry: Entry, writer: ByteWriter): void {
  writer.byte((entry.baseline === undefined ? 0 : HAS_BASELINE) | (entry.disputed ? DISPUTED : 0));
  writer.varint(entry.changedAt);
  writer.bigint(entry.sum);
  if (entry.baseline !== undefined) writer.bigint(entry.baseline);
}

function readEntry(reader: ByteReader, asset: number): Entry {
  const flags = reader.byte();
  const changedAt = reader.varint();
  const sum = reader.bigint();
  const baseline = flags & HAS_BASELINE ? reader.bigint() : undefined;
  return { asset, sum, changedAt, baseline, disputed: (flags & DISPUTED) !== 0 };
}

/** What happened to an entry in a block, as its balance point remembers it for a rollback. */
export const POINT = { moved: 1, learned: 2, disputed: 4 } as const;

/** The sum of an account's movements in an asset after one block. */
export type Point = { readonly flags: number; readonly sum: bigint };

export function encodePoint(flags: number, sum: bigint): Buffer {
  scratch.reset();
  scratch.byte(flags);
  scratch.bigint(sum);
  return scratch.finish();
}

export function decodePoint(bytes: Uint8Array): Point {
  const reader = new ByteReader(bytes);
  const point = { flags: reader.byte(), sum: reader.bigint() };
  expectEnd(reader);
  return point;
}

/** Indexes of an account's transactions in one block, ascending. */
export function encodeIndexes(indexes: readonly number[]): Buffer {
  scratch.reset();
  for (const index of indexes) scratch.varint(index);
  return scratch.finish();
}

export function decodeIndexes(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes);
  const indexes: number[] = [];
  while (!reader.done) indexes.push(reader.varint());
  return indexes;
}

/** A row that is longer than what it says was not written by this layout. */
export function expectEnd(reader: ByteReader): void {
  if (!reader.done) throw new HeadwaterError("store-corrupt", "stored bytes go on after their end");
}
