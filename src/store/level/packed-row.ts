import { HeadwaterError } from "../../core/errors.ts";

/**
 * An account's row with its entries as stored. A write decodes only the entries that it touches and copies the others:
 * accounts with many assets would else cost as much as they have, in time and in memory.
 *
 * The bytes: number, count of spilled entries, and, where none is spilled, for each inline entry its asset's number, the
 * entry's length, and the entry, in the order of the assets. Numbers are LEB128.
 */
export type PackedRow = {
  readonly number: number;
  /** Entries kept as rows of their own; 0 while they are inline. */
  readonly spilled: number;
  readonly bytes: Uint8Array;
  /** Where the inline entries begin. */
  readonly start: number;
};

/** @throws HeadwaterError `store-corrupt` when the bytes do not begin like a row */
export function openRow(bytes: Uint8Array): PackedRow {
  const cursor = new RowCursor(bytes, 0);
  const number = cursor.varint();
  const spilled = cursor.varint();
  if (spilled > 0 && cursor.at !== bytes.length) throw corrupt(bytes.length, cursor.at);
  return { number, spilled, bytes, start: cursor.at };
}

/** Walks the inline entries of a row. */
export class RowCursor {
  readonly bytes: Uint8Array;
  /** Where the next entry's asset number begins. */
  at: number;
  /** The entry last reached: where its asset number begins, its asset, and where it begins itself; it ends at `at`. */
  from = 0;
  asset = 0;
  entry = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Goes to the next entry; false at the end. @throws HeadwaterError `store-corrupt` */
  next(): boolean {
    const { length } = this.bytes;
    if (this.at >= length) return false;
    this.from = this.at;
    this.asset = this.varint();
    const size = this.varint();
    this.entry = this.at;
    this.at += size;
    if (this.at > length) throw corrupt(length, this.at);
    return true;
  }

  /** The bytes of the entry last reached, without its asset number and length. */
  bytesOfEntry(): Uint8Array {
    return this.bytes.subarray(this.entry, this.at);
  }

  varint(): number {
    const { bytes } = this;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw corrupt(bytes.length, this.at);
  }
}

/** How many inline entries a row has. @throws HeadwaterError `store-corrupt` */
export function countEntries(row: PackedRow): number {
  const cursor = new RowCursor(row.bytes, row.spilled > 0 ? row.bytes.length : row.start);
  let count = 0;
  while (cursor.next()) count++;
  return count;
}

function corrupt(length: number, at: number): HeadwaterError {
  return new HeadwaterError(
    "store-corrupt",
    `an account's row of ${length} bytes does not end where it says, at ${at}`,
  );
}
