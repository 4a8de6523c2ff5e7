/** RLP taken apart: bytes, or a list. Bytes are views into what was read. */
export type RlpValue = Uint8Array | readonly RlpValue[];

type Span = { readonly value: RlpValue; readonly end: number };

/**
 * What the bytes are the RLP of (Ethereum yellow paper, appendix B), or undefined where they are not the one encoding of
 * anything: too short, with something left over, or with a length written longer than it needs to be.
 */
export function readRlp(bytes: Uint8Array): RlpValue | undefined {
  const item = readItem(bytes, 0, bytes.length);
  return item?.end === bytes.length ? item.value : undefined;
}

/** The item that starts at `start` and must end at `limit` at the latest. */
function readItem(bytes: Uint8Array, start: number, limit: number): Span | undefined {
  if (start >= limit) return undefined;
  const first = bytes[start] as number;
  if (first < 0x80) return { value: bytes.subarray(start, start + 1), end: start + 1 };
  const isList = first >= 0xc0;
  const short = first - (isList ? 0xc0 : 0x80);
  const from = short <= 55 ? start + 1 : start + 1 + (short - 55);
  const length = short <= 55 ? short : readLength(bytes, start + 1, Math.min(from, limit), short - 55);
  if (length === undefined || from + length > limit) return undefined;
  const end = from + length;
  if (isList) return readList(bytes, from, end);
  // One byte below 0x80 stands for itself.
  if (length === 1 && (bytes[from] as number) < 0x80) return undefined;
  return { value: bytes.subarray(from, end), end };
}

function readList(bytes: Uint8Array, from: number, end: number): Span | undefined {
  const value: RlpValue[] = [];
  for (let at = from; at < end; ) {
    const item = readItem(bytes, at, end);
    if (!item) return undefined;
    value.push(item.value);
    at = item.end;
  }
  return { value, end };
}

/** A length of its own `size` bytes. It is above 55, without leading zeros. */
function readLength(bytes: Uint8Array, from: number, end: number, size: number): number | undefined {
  if (end - from !== size || size > 4 || bytes[from] === 0) return undefined;
  let length = 0;
  for (let at = from; at < end; at++) length = length * 256 + (bytes[at] as number);
  return length > 55 ? length : undefined;
}

/** A number as RLP wants it: no leading zeros, nothing for zero, at most `bytes` bytes. Undefined for any other form. */
export function readInteger(value: RlpValue | undefined, bytes: number): bigint | undefined {
  if (!(value instanceof Uint8Array) || value.length > bytes || value[0] === 0) return undefined;
  return value.length === 0 ? 0n : BigInt(`0x${Buffer.from(value).toString("hex")}`);
}
