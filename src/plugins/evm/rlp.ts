/**
 * What RLP encodes: bytes as they are, bytes as hex after `0x` (an even number of digits), or a list. Numbers are bytes
 * without leading zeros: see `quantity`.
 */
export type RlpItem = string | Uint8Array | readonly RlpItem[];

/** First size of the buffer that is written into, bytes. It grows with the largest item and stays. */
const INITIAL_BYTES = 64 * 1024;

/** Hex of up to so many digits, which is most of it by number, is read here; a call of Node's own reader costs more. */
const SHORT_DIGITS = 16;

// Plain bytes, and a Buffer over them only for reading hex: a part of a Buffer is a Buffer, which is dearer to make.
let scratch = new Uint8Array(INITIAL_BYTES);
let hexReader = Buffer.from(scratch.buffer);
let start = scratch.length;

/**
 * RLP (Ethereum yellow paper, appendix B) of an item, after a byte `prefix` where one is given (EIP-2718).
 *
 * It writes from the end of one buffer towards its start, so that a list's length is known when its header is due:
 * ethers' encodeRlp, which joins hex texts, takes fifteen times as long for the receipts of a block.
 */
export function encodeRlp(item: RlpItem, prefix?: number): Uint8Array {
  start = scratch.length;
  write(item);
  if (prefix !== undefined) writeByte(prefix);
  return scratch.slice(start);
}

/** A hex quantity as RLP wants numbers: whole bytes, no leading zeros, and nothing for zero. */
export function quantity(hex: string): string {
  let first = 2;
  while (hex.charCodeAt(first) === 48) first++;
  const digits = hex.length - first;
  if (digits === 0) return "0x";
  if (digits % 2 === 1) return `0x0${hex.slice(first)}`;
  return first === 2 ? hex : `0x${hex.slice(first)}`;
}

function write(item: RlpItem): void {
  if (typeof item === "string") writeHex(item);
  else if (item instanceof Uint8Array) writeBytes(item);
  else writeList(item);
}

function writeList(items: readonly RlpItem[]): void {
  // Counted from the end: growing moves the start, but not what is behind it.
  const end = scratch.length - start;
  for (let i = items.length - 1; i >= 0; i--) write(items[i] as RlpItem);
  writeLength(scratch.length - start - end, 0xc0);
}

function writeHex(hex: string): void {
  const size = (hex.length - 2) / 2;
  reserve(size);
  start -= size;
  if (hex.length <= SHORT_DIGITS + 2) {
    for (let i = 0; i < size; i++) scratch[start + i] = (digit(hex, 2 * i + 2) << 4) | digit(hex, 2 * i + 3);
  } else hexReader.write(hex.slice(2), start, "hex");
  finishBytes(size);
}

/** The value of a lower-case or upper-case hex digit. */
function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code <= 57 ? code - 48 : (code & 0x4f) - 55;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  start -= bytes.length;
  scratch.set(bytes, start);
  finishBytes(bytes.length);
}

function finishBytes(size: number): void {
  if (size !== 1 || (scratch[start] as number) >= 0x80) writeLength(size, 0x80);
}

function writeLength(size: number, offset: number): void {
  if (size <= 55) {
    writeByte(offset + size);
    return;
  }
  let bytes = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) {
    writeByte(rest % 256);
    bytes++;
  }
  writeByte(offset + 55 + bytes);
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[--start] = byte;
}

function reserve(more: number): void {
  if (start >= more) return;
  const used = scratch.length - start;
  const grown = new Uint8Array(Math.max(scratch.length * 2, used + more));
  grown.set(scratch.subarray(start), grown.length - used);
  scratch = grown;
  hexReader = Buffer.from(grown.buffer);
  start = grown.length - used;
}
