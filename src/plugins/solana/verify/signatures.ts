import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { createRequire } from "node:module";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";
import type { WireTransaction } from "../codec/wire-transaction.ts";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Whether the signature is the key's and of the message. @param key 32 bytes. @param signature 64 bytes */
export type VerifySignature = (key: Buffer, message: Buffer, signature: Buffer) => boolean;

/** By OpenSSL, which is there in any case. */
export function verifyByOpenSsl(key: Buffer, message: Buffer, signature: Buffer): boolean {
  return verify(null, message, keyObject(key), signature);
}

/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

// Reading a key takes half as long as checking a signature, and the same validators sign every block.
const keys = new Recent<string, KeyObject>(LIMITS.derivedTextCacheEntries);

function keyObject(bytes: Buffer): KeyObject {
  const name = bytes.toString("latin1");
  const known = keys.get(name);
  if (known) return known;
  const key = createPublicKey({ key: Buffer.concat([KEY_PREFIX, bytes]), format: "der", type: "spki" });
  keys.set(name, key);
  return key;
}

/**
 * By libsodium, where it is installed: in half the time and without reading keys first. Like the validators of Solana (and
 * unlike OpenSSL) it takes no key and no commitment of small order, under which signatures hold for other messages, too.
 */
export const verifyBySodium: VerifySignature | undefined = loadSodium();

function loadSodium(): VerifySignature | undefined {
  type Sodium = { crypto_sign_verify_detached(signature: Buffer, message: Buffer, key: Buffer): boolean };
  let sodium: Sodium;
  try {
    sodium = createRequire(import.meta.url)("sodium-native");
  } catch {
    // It is optional: there are machines for which it is not built.
    return undefined;
  }
  return (key, message, signature) => sodium.crypto_sign_verify_detached(signature, message, key);
}

const verifySignature = verifyBySodium ?? verifyByOpenSsl;

/**
 * The place of the first signature that does not hold for its signer and the message, or -1 where all do. The signers are the
 * first accounts of the message.
 */
export function findBadSignature({ bytes, signatures, signaturesAt, messageAt, keysAt }: WireTransaction): number {
  const message = bytes.subarray(messageAt);
  for (let i = 0; i < signatures; i++) {
    const at = signaturesAt + i * SIGNATURE_BYTES;
    const keyAt = keysAt + i * KEY_BYTES;
    const key = bytes.subarray(keyAt, keyAt + KEY_BYTES);
    if (!verifySignature(key, message, bytes.subarray(at, at + SIGNATURE_BYTES))) return i;
  }
  return -1;
}
