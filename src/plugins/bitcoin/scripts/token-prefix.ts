const PREFIX_TOKEN = 0xef;
const CATEGORY_BYTES = 32;
const RESERVED = 0x80;
const HAS_COMMITMENT = 0x40;
const HAS_NFT = 0x20;
const HAS_AMOUNT = 0x10;
const CAPABILITY = 0x0f;
const MAX_CAPABILITY = 2;

/**
 * Where the script starts after a token (CHIP-2022-02-CashTokens), or `start` where there is none or it is malformed: then
 * all the bytes are the script.
 */
export function skipToken(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== PREFIX_TOKEN) return start;
  let at = start + 1 + CATEGORY_BYTES;
  if (at >= end) return start;
  const bits = bytes[at++] as number;
  const capability = bits & CAPABILITY;
  const nft = (bits & HAS_NFT) !== 0;
  if (bits & RESERVED || !(bits & (HAS_NFT | HAS_AMOUNT)) || capability > MAX_CAPABILITY) return start;
  if (!nft && (capability > 0 || bits & HAS_COMMITMENT)) return start;
  if (bits & HAS_COMMITMENT) {
    const size = readCompactSize(bytes, at, end);
    if (size === undefined || size.value === 0) return start;
    at = size.next + size.value;
  }
  if (bits & HAS_AMOUNT) {
    const amount = readCompactSize(bytes, at, end);
    if (amount === undefined || amount.value === 0) return start;
    at = amount.next;
  }
  return at <= end ? at : start;
}

/** Of an amount beyond 2^53 the value is not exact, which nothing here depends on. */
function readCompactSize(bytes: Buffer, at: number, end: number): { value: number; next: number } | undefined {
  if (at >= end) return undefined;
  const first = bytes[at] as number;
  const size = first < 0xfd ? 0 : 2 ** (first - 0xfc);
  const next = at + 1 + size;
  if (next > end) return undefined;
  if (size === 0) return { value: first, next };
  let value = 0;
  for (let i = next - 1; i > at; i--) value = value * 256 + (bytes[i] as number);
  const least = size === 2 ? 0xfd : 2 ** (size * 4);
  return value < least ? undefined : { value, next };
}
