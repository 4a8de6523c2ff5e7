import { recover } from "tiny-secp256k1";
import { keccakHex } from "./keccak.ts";

/** A signature over secp256k1, as hex quantities. */
export type Signature = { readonly r: string; readonly s: string; readonly parity: 0 | 1 };

const signatureBytes = Buffer.alloc(64);

/**
 * The address whose key signed the hash, or undefined when there is none: numbers out of range, or no such point. Neither
 * a transaction's hash nor the root covers the sender as nodes tell it, so it has to be recovered. This is by far the
 * dearest part of verification.
 */
export function recoverSender(hash: Uint8Array, signature: Signature): string | undefined {
  const { r, s, parity } = signature;
  if (r.length > 66 || s.length > 66) return undefined;
  signatureBytes.write(r.slice(2).padStart(64, "0"), 0, "hex");
  signatureBytes.write(s.slice(2).padStart(64, "0"), 32, "hex");
  try {
    const key = recover(hash, signatureBytes, parity, false);
    return key === null ? undefined : `0x${keccakHex(key.subarray(1)).slice(26)}`;
  } catch {
    // It throws for what cannot be a signature, rather than say that there is no key.
    return undefined;
  }
}
