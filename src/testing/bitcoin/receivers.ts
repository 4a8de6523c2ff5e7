import { createHash } from "node:crypto";
import { testKey } from "./keys.ts";

/** Forms of scripts whose coins nobody in the traffic spends. */
const FOREIGN: readonly ((hash: Buffer, publicKey: Uint8Array) => Uint8Array)[] = [
  // To the hash of a public key, of a script, and of a witness script.
  (hash) => Buffer.from([0x76, 0xa9, 20, ...hash.subarray(0, 20), 0x88, 0xac]),
  (hash) => Buffer.from([0xa9, 20, ...hash.subarray(0, 20), 0x87]),
  (hash) => Buffer.from([0, 20, ...hash.subarray(0, 20)]),
  (hash) => Buffer.from([0, 32, ...hash]),
  // A taproot output, whose key must be a point; a version of witnesses that means nothing yet.
  (_, publicKey) => Buffer.from([0x51, 32, ...publicKey.subarray(1)]),
  (hash) => Buffer.from([0x52, 32, ...hash]),
  // A bare public key, a bare multisig of one key, and a script without a form: it pushes a hash and drops it.
  (_, publicKey) => Buffer.from([33, ...publicKey, 0xac]),
  (_, publicKey) => Buffer.from([0x51, 33, ...publicKey, 0x51, 0xae]),
  (hash) => Buffer.from([32, ...hash, 0x75, 0x51]),
];

/** Output scripts of every form, the same on every machine. */
export function receiverScripts(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const hash = createHash("sha256").update(`receiver ${i}`).digest();
    const form = FOREIGN[i % FOREIGN.length] as (typeof FOREIGN)[number];
    return form(hash, testKey(`receiver ${i}`).publicKey);
  });
}
