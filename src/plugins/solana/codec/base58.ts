import bs58 from "bs58";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";

const texts = new Recent<string, string>(LIMITS.derivedTextCacheEntries);

/** The text of a public key of 32 bytes. Programs, mints and busy accounts come again and again: the newest are kept. */
export function keyText(bytes: Buffer, at: number): string {
  const key = bytes.toString("latin1", at, at + 32);
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = bs58.encode(bytes.subarray(at, at + 32));
  texts.set(key, text);
  return text;
}

export function encodeBase58(bytes: Uint8Array): string {
  return bs58.encode(bytes);
}
