import bs58 from "bs58";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";

const ALPHABET = Buffer.from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", "latin1");
const ONE = ALPHABET[0] as number;
/** Digits are worked out five at a time: the most with which a step fits into 53 bits. */
const LIMB_DIGITS = 5;
const LIMB = 58 ** LIMB_DIGITS;
const WORD = 2 ** 16;
/** A signature, the longest there is here, and its digits in limbs. */
const MAX_BYTES = 64;
const limbs = new Float64Array(Math.ceil((MAX_BYTES * Math.log(256)) / Math.log(LIMB)) + 1);
const characters = Buffer.alloc(MAX_BYTES + limbs.length * LIMB_DIGITS);

const texts = new Recent<string, string>(LIMITS.derivedTextCacheEntries);

/** The text of a public key of 32 bytes. Programs, mints and busy accounts come again and again: the newest are kept. */
export function keyText(bytes: Buffer, at: number): string {
  const key = bytes.toString("latin1", at, at + 32);
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = encodeBase58(bytes.subarray(at, at + 32));
  texts.set(key, text);
  return text;
}

/** Base58, for keys and signatures in a fifth of the time that libraries take, who go byte by byte and digit by digit. */
export function encodeBase58(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) return bs58.encode(bytes);
  const used = toLimbs(bytes);
  let end = characters.length;
  let start = end - used * LIMB_DIGITS;
  for (let i = 0; i < used; i++) {
    let rest = limbs[i] as number;
    for (let digit = 0; digit < LIMB_DIGITS; digit++) {
      const quotient = Math.floor(rest / 58);
      characters[--end] = ALPHABET[rest - quotient * 58] as number;
      rest = quotient;
    }
  }
  while (start < characters.length && characters[start] === ONE) start++;
  for (let i = 0; bytes[i] === 0; i++) characters[--start] = ONE;
  return characters.toString("latin1", start);
}

/** The bytes as one big-endian number in limbs, the lowest first; how many of them there are. */
function toLimbs(bytes: Uint8Array): number {
  let used = 0;
  for (let at = bytes.length % 2 === 0 ? 0 : -1; at < bytes.length; at += 2) {
    let carry = (bytes[at] ?? 0) * 256 + (bytes[at + 1] as number);
    for (let i = 0; i < used; i++) {
      const value = (limbs[i] as number) * WORD + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry > 0) limbs[used++] = carry;
  }
  return used;
}
