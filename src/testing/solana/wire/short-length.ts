/** Lengths as Solana writes them: seven bits a byte, the lowest first, at most three bytes. */
export function shortLength(length: number): number[] {
  const bytes: number[] = [];
  let left = length;
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  bytes.push(left);
  return bytes;
}

/** A number of up to 64 bits in the same form without a bound, as votes have it. */
export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
