import secp256k1 from "secp256k1";
import { keccakHex } from "./keccak.ts";

/** A signature over secp256k1, as hex quantities. */
export type Signature = { readonly r: string; readonly s: string; readonly parity: 0 | 1 };

const signatureBytes = Buffer.alloc(64);
const keyBytes = new Uint8Array(65);

/**
 * The address whose key signed the hash, or undefined when there is none: numbers out of range, or no such point. Neither
 * a transaction's hash nor the root covers the sender as nodes tell it, so it has to be recovered. This is by far the
 * dearest part of verification, and why libsecp256k1 is called natively: WebAssembly took six times as long.
 */
export function recoverSender(hash: Uint8Array, signature: Signature): string | undefined {
  const { r, s, parity } = signature;
  if (r.length > 66 || s.length > 66) return undefined;
  signatureBytes.write(r.slice(2).padStart(64, "0"), 0, "hex");
  signatureBytes.write(s.slice(2).padStart(64, "0"), 32, "hex");
  try {
    secp256k1.ecdsaRecover(signatureBytes, parity, hash, false, keyBytes);
    return `0x${keccakHex(keyBytes.subarray(1)).slice(26)}`;
  } catch {
    return undefined;
  }
}
