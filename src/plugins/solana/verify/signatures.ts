import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";
import type { WireTransaction } from "../codec/wire-transaction.ts";

/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

// Reading a key takes as long as checking a signature, and the same validators sign every block.
const keys = new Recent<string, KeyObject>(LIMITS.derivedTextCacheEntries);

/**
 * The place of the first signature that does not hold for its signer and the message, or -1 where all do. The signers are the
 * first accounts of the message.
 */
export function findBadSignature(wire: WireTransaction): number {
  const { bytes, signatures, signaturesAt, messageAt, keysAt } = wire;
  const message = bytes.subarray(messageAt);
  for (let i = 0; i < signatures; i++) {
    const at = signaturesAt + i * SIGNATURE_BYTES;
    const key = keyAt(bytes, keysAt + i * KEY_BYTES);
    if (!verify(null, message, key, bytes.subarray(at, at + SIGNATURE_BYTES))) return i;
  }
  return -1;
}

function keyAt(bytes: Buffer, at: number): KeyObject {
  const name = bytes.toString("latin1", at, at + KEY_BYTES);
  const known = keys.get(name);
  if (known) return known;
  const key = createPublicKey({
    key: Buffer.concat([KEY_PREFIX, bytes.subarray(at, at + KEY_BYTES)]),
    format: "der",
    type: "spki",
  });
  keys.set(name, key);
  return key;
}
