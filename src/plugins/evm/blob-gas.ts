/** Blob gas that one blob uses (EIP-4844). */
export const GAS_PER_BLOB = 131_072n;

/** The least price of blob gas, wei (EIP-4844). */
const MIN_PRICE = 1n;

/**
 * The price of blob gas in wei, from the header's excess blob gas and the update fraction in force: an approximation of
 * `e^(excess / fraction)` by its Taylor series in integers, as EIP-4844 defines it.
 */
export function blobGasPrice(excess: bigint, fraction: bigint): bigint {
  let output = 0n;
  let term = MIN_PRICE * fraction;
  for (let i = 1n; term > 0n; i++) {
    output += term;
    term = (term * excess) / (fraction * i);
  }
  return output / fraction;
}
