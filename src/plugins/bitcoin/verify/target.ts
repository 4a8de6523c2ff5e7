/**
 * The target that a header's compact bits stand for. Undefined where they stand for none: zero, negative, or above 256 bits.
 */
export function expandBits(bits: number): bigint | undefined {
  const size = bits >>> 24;
  const mantissa = bits & 0x7f_ffff;
  if (mantissa === 0 || bits & 0x80_0000) return undefined;
  const target = size <= 3 ? BigInt(mantissa >>> (8 * (3 - size))) : BigInt(mantissa) << BigInt(8 * (size - 3));
  return target > 0n && target < 2n ** 256n ? target : undefined;
}

/** The compact bits of a target, which keep its first 23 bits or more. */
export function compactBits(target: bigint): number {
  let size = Math.ceil(target.toString(16).length / 2);
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)));
  if (mantissa & 0x80_0000) {
    // The highest bit of the mantissa is its sign.
    mantissa >>>= 8;
    size++;
  }
  return ((size << 24) | mantissa) >>> 0;
}

/** Bits as they are written in errors. */
export function bitsText(bits: number): string {
  return `0x${(bits >>> 0).toString(16).padStart(8, "0")}`;
}
