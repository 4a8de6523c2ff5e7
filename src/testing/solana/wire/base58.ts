import bs58 from "bs58";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";

const texts = new Recent<string, string>(LIMITS.derivedTextCacheEntries);
const keys = new Recent<string, Uint8Array>(LIMITS.derivedTextCacheEntries);

/** The text of 32 bytes. The newest are remembered: the same keys come again and again. */
export function keyText(bytes: Uint8Array): string {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = bs58.encode(bytes);
  texts.set(name, text);
  return text;
}

/** The 32 bytes of a key's text, which must be one. They are shared: nobody may write into them. */
export function keyBytes(text: string): Uint8Array {
  const known = keys.get(text);
  if (known !== undefined) return known;
  const bytes = bs58.decode(text);
  keys.set(text, bytes);
  return bytes;
}

export function encodeBase58(bytes: Uint8Array): string {
  return bs58.encode(bytes);
}

/** Undefined for what is no base58. */
export function decodeBase58(text: string): Uint8Array | undefined {
  return bs58.decodeUnsafe(text);
}
