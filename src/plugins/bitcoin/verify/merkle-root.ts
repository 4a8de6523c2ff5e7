import { hashText, writeSha256d } from "../codec/hashing.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { Checks } from "./checks.ts";

export type MerkleTree = {
  /** On the wire. */
  readonly root: Buffer;
  /** Two neighbours are the same: another list of leaves, with some of them twice, has this root too (CVE-2012-2459). */
  readonly ambiguous: boolean;
};

/** The merkle root over hashes of 32 bytes each, which are at least one. The bytes are left as they are. */
export function buildMerkleTree(leaves: Buffer): MerkleTree {
  let level = Buffer.from(leaves);
  let count = leaves.length / 32;
  let ambiguous = false;
  const pair = Buffer.allocUnsafe(64);
  while (count > 1) {
    const parents = Math.ceil(count / 2);
    for (let i = 0; i < parents; i++) {
      const left = i * 64;
      const right = 2 * i + 1 < count ? left + 32 : left;
      if (right !== left && level.compare(level, right, right + 32, left, left + 32) === 0) ambiguous = true;
      level.copy(pair, 0, left, left + 32);
      level.copy(pair, 32, right, right + 32);
      writeSha256d(pair, level, i * 32);
    }
    count = parents;
    level = level.subarray(0, count * 32);
  }
  return { root: level, ambiguous };
}

/** That the header commits to just these transactions. @throws IntegrityViolation */
export function verifyMerkleRoot({ header, ids }: BitcoinBlock, checks: Checks): void {
  if (ids.length === 0) throw checks.violation("transactions", "at least one", "0");
  const { root, ambiguous } = buildMerkleTree(ids);
  checks.require("merkleRoot", hashText(header.merkleRoot), hashText(root));
  if (ambiguous) throw checks.violation("transactions", "each once", "a repeated run with the same merkle root");
  checks.pass("merkleRoot");
}
