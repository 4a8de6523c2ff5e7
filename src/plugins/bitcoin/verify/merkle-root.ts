import { hashText } from "../codec/hashing.ts";
import { hashPairsTwice } from "../codec/sha256/batch.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";

export type MerkleTree = {
  /** On the wire. */
  readonly root: Buffer;
  /** Two neighbours are the same: another list of leaves, with some of them twice, has this root too (CVE-2012-2459). */
  readonly ambiguous: boolean;
};

/** The merkle root over hashes of 32 bytes each, which are at least one. The bytes are left as they are. */
export function buildMerkleTree(leaves: Buffer): MerkleTree {
  let count = leaves.length / 32;
  // Room for the last hash of an odd level once more.
  const level = Buffer.allocUnsafe(leaves.length + 32);
  leaves.copy(level);
  let ambiguous = false;
  while (count > 1) {
    ambiguous ||= hasEqualPair(level, count);
    if (count % 2 === 1) level.copy(level, count * 32, count * 32 - 32, count * 32);
    count = Math.ceil(count / 2);
    hashPairsTwice(level, level, count);
  }
  return { root: level.subarray(0, 32), ambiguous };
}

function hasEqualPair(level: Buffer, count: number): boolean {
  for (let at = 0; at + 64 <= count * 32; at += 64) {
    // Hashes that differ do so at once.
    if (level[at] !== level[at + 32]) continue;
    if (level.compare(level, at + 32, at + 64, at, at + 32) === 0) return true;
  }
  return false;
}

/** That the header commits to just these transactions. @throws IntegrityViolation */
export function verifyMerkleRoot({ header, ids }: BitcoinBlock, checks: BlockChecks): void {
  if (ids.length === 0) throw checks.violation("transactions", "at least one", "0");
  const { root, ambiguous } = buildMerkleTree(ids);
  checks.require("merkleRoot", hashText(header.merkleRoot), hashText(root));
  if (ambiguous) throw checks.violation("transactions", "each once", "a repeated run with the same merkle root");
  checks.pass("merkleRoot");
}
