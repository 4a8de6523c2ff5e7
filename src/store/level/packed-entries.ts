import { HeadwaterError } from "../../core/errors.ts";

/**
 * An account's row with its entries as stored, and where each begins. A write decodes only the entries that it touches
 * and copies the others: accounts with many assets would else cost as much as they have.
 *
 * The bytes: number, count of spilled entries, and, where none is spilled, for each inline entry its asset's number, the
 * entry's length, and the entry. Numbers are LEB128.
 */
export type PackedRow = {
  readonly number: number;
  /** Entries kept as rows of their own; 0 while they are inline. */
  readonly spilled: number;
  readonly bytes: Uint8Array;
  /** Assets of the inline entries, ascending. */
  readonly assets: readonly number[];
  /** Where each entry's asset number begins in `bytes`, and, last, where the entries end. */
  readonly starts: readonly number[];
  /** Where each entry itself begins. */
  readonly entries: readonly number[];
};

/** @throws HeadwaterError `store-corrupt` when the bytes are not of the row's form */
export function scanRow(bytes: Uint8Array): PackedRow {
  const cursor = { bytes, at: 0 };
  const number = readVarint(cursor);
  const spilled = readVarint(cursor);
  const assets: number[] = [];
  const starts: number[] = [];
  const entries: number[] = [];
  while (spilled === 0 && cursor.at < bytes.length) {
    starts.push(cursor.at);
    assets.push(readVarint(cursor));
    const size = readVarint(cursor);
    entries.push(cursor.at);
    cursor.at += size;
  }
  starts.push(cursor.at);
  if (cursor.at !== bytes.length) {
    throw new HeadwaterError("store-corrupt", `an account's row of ${bytes.length} bytes tells of ${cursor.at}`);
  }
  return { number, spilled, bytes, assets, starts, entries };
}

/** The bytes of the inline entry at a place of the list. */
export function entryBytes(row: PackedRow, place: number): Uint8Array {
  return row.bytes.subarray(row.entries[place], row.starts[place + 1]);
}

function readVarint(cursor: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 8; i++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
  throw new HeadwaterError("store-corrupt", "an account's row ends within a number");
}
