import { createPublicKey, verify } from "node:crypto";
import { keyBytes } from "./base58.ts";
import type { WireTransaction } from "./read-wire.ts";

/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Whether every signature holds for its signer, the first accounts of the message, and the message. */
export function verifySignatures({ wire, signatures, accountKeys }: WireTransaction): boolean {
  const signaturesAt = signatures.length < 0x80 ? 1 : 2;
  const message = wire.subarray(signaturesAt + 64 * signatures.length);
  return signatures.every((_, i) => {
    const at = signaturesAt + 64 * i;
    const signer = Buffer.concat([KEY_PREFIX, keyBytes(accountKeys[i] as string)]);
    const key = createPublicKey({ key: signer, format: "der", type: "spki" });
    return verify(null, message, key, wire.subarray(at, at + 64));
  });
}
