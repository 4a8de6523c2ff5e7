import type { ByteCursor } from "./byte-cursor.ts";
import { hashText, sha256d } from "./hashing.ts";

const HEADER_BYTES = 80;

/** A block's header. Hashes are 64 hex digits as people write them. */
export type BlockHeader = {
  /** The 80 bytes themselves. */
  readonly bytes: Buffer;
  /** The block's id: the header hashed twice with SHA-256, whatever the work is measured with. */
  readonly hash: string;
  /** Signed, 32 bits. */
  readonly version: number;
  readonly parentHash: string;
  /** On the wire. */
  readonly merkleRoot: Buffer;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  /** The target in its compact form. */
  readonly bits: number;
};

/** Reads the 80 bytes of a header. @throws HeadwaterError `node-bad-response` */
export function readHeader(cursor: ByteCursor, what = "the header"): BlockHeader {
  const bytes = cursor.take(HEADER_BYTES, what);
  return {
    bytes,
    hash: hashText(sha256d(bytes)),
    version: bytes.readInt32LE(0),
    parentHash: hashText(bytes, 4),
    merkleRoot: bytes.subarray(36, 68),
    time: bytes.readUInt32LE(68),
    bits: bytes.readUInt32LE(72),
  };
}
