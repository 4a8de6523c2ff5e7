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

const HAS_BASELINE = 1;
const DISPUTED = 2;

const scratch = new ByteWriter(256);

export function encodeEntry(entry: Entry): Buffer {
  scratch.reset();
  scratch.byte((entry.baseline === undefined ? 0 : HAS_BASELINE) | (entry.disputed ? DISPUTED : 0));
  scratch.varint(entry.changedAt);
  scratch.bigint(entry.sum);
  if (entry.baseline !== undefined) scratch.bigint(entry.baseline);
  return scratch.finish();
}

/** @throws HeadwaterError `store-corrupt` */
export function decodeEntry(asset: number, bytes: Uint8Array): Entry {
  const reader = new ByteReader(bytes);
  const entry = readEntryFrom(reader, asset);
  expectEnd(reader);
  return entry;
}

/** All inline entries of an account's row, from where they begin. @throws HeadwaterError `store-corrupt` */
export function decodeEntries(reader: ByteReader): Entry[] {
  const entries: Entry[] = [];
  while (!reader.done) {
    const asset = reader.varint();
    const end = reader.varint() + reader.at;
    entries.push(readEntryFrom(reader, asset));
    if (reader.at !== end) throw new HeadwaterError("store-corrupt", `the entry of asset ${asset} has another length`);
  }
  return entries;
}

function readEntryFrom(reader: ByteReader, asset: number): Entry {
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

/** What most rows hold, made once: one transaction near the beginning of its block. */
const SINGLE_INDEXES: readonly Buffer[] = Array.from({ length: 128 }, (_, index) => Buffer.from([index]));

/**
 * Indexes of an account's transactions in one block, ascending: those of the list at `from` and up to, but not at, `to`.
 * The bytes are not to be changed: those of single indexes are shared.
 */
export function encodeIndexes(indexes: readonly number[] | Uint32Array, from = 0, to = indexes.length): Buffer {
  const single = to - from === 1 ? SINGLE_INDEXES[indexes[from] as number] : undefined;
  if (single !== undefined) return single;
  scratch.reset();
  for (let i = from; i < to; i++) scratch.varint(indexes[i] as number);
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
