import { hash, scryptSync } from "node:crypto";

/** SHA-256 twice, in the order of the bytes on the wire. */
export function sha256d(bytes: Uint8Array): Buffer {
  return sha256(sha256(bytes));
}

export function sha256(bytes: Uint8Array): Buffer {
  const digest = Buffer.allocUnsafe(32);
  writeSha256(bytes, digest, 0);
  return digest;
}

/**
 * Writes the 32 bytes of `sha256` to a place of a buffer. A digest that comes as a text is there in half the time: a buffer
 * of its own for each costs more than hashing does.
 */
export function writeSha256(bytes: Uint8Array, to: Buffer, at: number): void {
  to.write(hash("sha256", bytes, "binary"), at, 32, "latin1");
}

/** The work of a header by Litecoin's scrypt (RFC 7914 with N = 1024, r = 1, p = 1, the header as its own salt). */
export function scryptWork(header: Uint8Array): Buffer {
  return scryptSync(header, header, 32, { N: 1024, r: 1, p: 1 });
}

/** A hash as people write it: 64 hex digits in the reverse order of the bytes on the wire. */
export function hashText(bytes: Uint8Array, at = 0): string {
  for (let i = 0; i < 32; i++) reversed[i] = bytes[at + 31 - i] as number;
  return reversed.toString("hex");
}

/** The bytes on the wire of a hash as people write it. */
export function hashBytes(text: string): Buffer {
  return Buffer.from(text, "hex").reverse();
}

/** A hash on the wire as the number that is held against a target. */
export function hashNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${hashText(bytes)}`);
}

const reversed = Buffer.allocUnsafe(32);
