import { isUtf8 } from "node:buffer";
import { HeadwaterError } from "./errors.ts";

/**
 * Appends numbers, texts and bytes to a growing buffer in the one binary form that the ledger's codec uses. Each value
 * has exactly one form. A value that has none is refused with `plugin-invalid`: plugins are where such values come from.
 */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(sizeBytes = 1024) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(copy, 0, 0, this.#length);
    return copy;
  }

  /** What was written, in a buffer that belongs to nothing else: it may be handed to another thread. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  /** Bytes that were written, as they stand in the writer: gone with the next write or reset. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  /** A copy of what was written since `from`. */
  slice(from: number): Buffer {
    return Buffer.from(this.#bytes.subarray(from, this.#length));
  }

  reset(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** LEB128, for whole numbers of 0 … 2^53 - 1. @throws HeadwaterError `plugin-invalid` for any other */
  varint(value: number): void {
    if (value < 0 || !Number.isSafeInteger(value)) {
      throw unwritable(`the number ${value}: expected a whole number of 0 … 2^53 - 1`);
    }
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The bytes of hexadecimal digits (`isHex`), without their length. */
  hex(digits: string): void {
    const size = digits.length / 2;
    this.#reserve(size);
    this.#bytes.write(digits, this.#length, "hex");
    this.#length += size;
  }

  /** Bytes with their length before them. */
  blob(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /**
   * A signed integer: a byte with sign and length (in bytes, up to 126), then the magnitude, big-endian.
   * @throws HeadwaterError `plugin-invalid` for a magnitude of more than 126 bytes
   */
  bigint(value: bigint): void {
    const negative = value < 0n;
    const magnitude = negative ? -value : value;
    if (magnitude === 0n) {
      this.byte(0);
      return;
    }
    if (magnitude <= 0xffff_ffffn) {
      let rest = Number(magnitude);
      const size = rest > 0xff_ffff ? 4 : rest > 0xffff ? 3 : rest > 0xff ? 2 : 1;
      this.byte((negative ? 0x80 : 0) | size);
      this.#reserve(size);
      for (let i = size - 1; i >= 0; i--) {
        this.#bytes[this.#length + i] = rest & 0xff;
        rest >>>= 8;
      }
      this.#length += size;
      return;
    }
    if (magnitude < TWO_TO_128) {
      let first = 8;
      if (magnitude > U64_MAX) {
        wide.setBigUint64(0, magnitude >> 64n);
        first = 0;
      }
      // What does not fit is left out.
      wide.setBigUint64(8, magnitude);
      while (wideBytes[first] === 0) first++;
      this.byte((negative ? 0x80 : 0) | (16 - first));
      this.#reserve(16 - first);
      for (let i = first; i < 16; i++) this.#bytes[this.#length++] = wideBytes[i] as number;
      return;
    }
    let hex = magnitude.toString(16);
    if (hex.length % 2) hex = `0${hex}`;
    const size = hex.length / 2;
    if (size > MAX_BIGINT_BYTES) throw unwritable(`an amount of ${size} bytes: expected at most ${MAX_BIGINT_BYTES}`);
    this.byte((negative ? 0x80 : 0) | size);
    this.#reserve(size);
    this.#bytes.write(hex, this.#length, "hex");
    this.#length += size;
  }

  /**
   * A text, compact where it is hexadecimal. The tag says how it was written: 0 UTF-8, 1 bytes of `0x…`, 2 bytes of bare
   * hex; length follows. Only lower-case hex is packed, so that reading gives back the very same text.
   * @throws HeadwaterError `plugin-invalid` for a text with a lone surrogate: UTF-8 has no form for it, and writing the
   *   replacement character would give two texts the same bytes and one digest
   */
  text(text: string): void {
    const prefixed = text.startsWith("0x");
    const digits = prefixed ? 2 : 0;
    if (isPackable(text, digits, text.length)) {
      this.varint(((text.length - digits) / 2) * 4 + (prefixed ? 1 : 2));
      this.hex(prefixed ? text.slice(2) : text);
      return;
    }
    // Most texts are ASCII, of which as many bytes come out as there are characters: no other way has to be looked at then.
    const start = this.#length;
    this.varint(text.length * 4);
    this.#reserve(text.length * 3);
    const written = this.#bytes.write(text, this.#length);
    if (written === text.length) {
      this.#length += written;
      return;
    }
    this.#length = start;
    if (!text.isWellFormed())
      throw unwritable(`the text ${JSON.stringify(text.slice(0, 120))}: it holds a lone surrogate`);
    this.varint(written * 4);
    this.#reserve(written);
    this.#bytes.write(text, this.#length);
    this.#length += written;
  }
}

const MAX_BIGINT_BYTES = 126;
const TWO_TO_128 = 2n ** 128n;
const U64_MAX = 2n ** 64n - 1n;
/** An amount of up to 16 bytes while it is written or read. Almost all are, and writing them as hex first took twice as long. */
const wideBytes = new Uint8Array(16);
const wide = new DataView(wideBytes.buffer);
const MIN_PACKED_DIGITS = 8;

/** Whether the text from `start` to `end` is lower-case hexadecimal of whole bytes and long enough to be worth a tag. */
function isPackable(text: string, start: number, end: number): boolean {
  const digits = end - start;
  if (digits < MIN_PACKED_DIGITS || digits % 2 !== 0) return false;
  return isHex(text, start, end);
}

/** Whether the text from `start` to `end`, which is not beyond its end, is of lower-case hexadecimal digits alone. */
export function isHex(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

/**
 * Reads what ByteWriter wrote. Every method throws `store-corrupt` for bytes that end early and for any that ByteWriter
 * would not have written: what is read is therefore written again as the very same bytes.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw corrupt("a byte");
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if ((byte === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw corrupt("a number of 0 … 2^53 - 1 in its shortest form");
  }

  raw(size: number): Buffer {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw corrupt(`${size} more bytes`);
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  blob(): Buffer {
    return this.raw(this.varint());
  }

  bigint(): bigint {
    const head = this.byte();
    const size = head & 0x7f;
    if (head === 0) return 0n;
    if (size === 0 || size > MAX_BIGINT_BYTES) throw corrupt(`an amount of 1 … ${MAX_BIGINT_BYTES} bytes`);
    const start = this.#at;
    const end = start + size;
    if (end > this.#bytes.length) throw corrupt(`${size} more bytes`);
    if (this.#bytes[start] === 0) throw corrupt("an amount without leading zeros");
    this.#at = end;
    const magnitude = this.#magnitude(start, size);
    return head & 0x80 ? -magnitude : magnitude;
  }

  /** Amounts of up to 16 bytes, which are almost all there are, without a text or a buffer in between. */
  #magnitude(start: number, size: number): bigint {
    const bytes = this.#bytes;
    if (size > 16) return BigInt(`0x${bytes.toString("hex", start, start + size)}`);
    const first = size > 8 ? this.#word(start, size - 8) : 0n;
    const last = this.#word(start + Math.max(0, size - 8), Math.min(size, 8));
    return first === 0n ? last : (first << 64n) | last;
  }

  /** Up to 8 bytes, big-endian. */
  #word(start: number, size: number): bigint {
    const bytes = this.#bytes;
    const end = start + size;
    const middle = Math.max(start, end - 4);
    let high = 0;
    let low = 0;
    for (let i = start; i < middle; i++) high = high * 0x100 + (bytes[i] as number);
    for (let i = middle; i < end; i++) low = low * 0x100 + (bytes[i] as number);
    wide.setUint32(0, high);
    wide.setUint32(4, low);
    return wide.getBigUint64(0);
  }

  text(): string {
    const head = this.varint();
    const bytes = this.raw(Math.floor(head / 4));
    const tag = head % 4;
    if (tag === 0) return readUtf8(bytes);
    if (tag === 3) throw corrupt("a text tag of 0, 1 or 2");
    if (bytes.length * 2 < MIN_PACKED_DIGITS) throw corrupt(`packed text of at least ${MIN_PACKED_DIGITS} digits`);
    return tag === 1 ? `0x${bytes.toString("hex")}` : bytes.toString("hex");
  }
}

function readUtf8(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  // Bytes that are no UTF-8 become U+FFFD without a word: only where one came out is a second look needed.
  if (text.includes("\ufffd") && !isUtf8(bytes)) throw corrupt("UTF-8");
  if (isPackable(text, text.startsWith("0x") ? 2 : 0, text.length))
    throw corrupt("hexadecimal text in its packed form");
  return text;
}

function unwritable(what: string): HeadwaterError {
  return new HeadwaterError("plugin-invalid", `the ledger's binary form cannot hold ${what}`);
}

function corrupt(expected: string): HeadwaterError {
  return new HeadwaterError("store-corrupt", `stored bytes end early or are of another form: expected ${expected}`);
}
