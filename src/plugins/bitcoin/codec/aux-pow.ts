import type { ByteCursor } from "./byte-cursor.ts";
import { type BlockHeader, readHeader } from "./header.ts";
import { hashTransactions } from "./transaction-ids.ts";
import { readTransaction } from "./transactions.ts";

/** The flag in a header's version that another chain's work follows it. */
const AUX_POW_VERSION = 0x100;

/** Longer than any tree of chains or transactions: a branch of so many hashes would stand for 2^32 leaves. */
const MAX_BRANCH_HASHES = 32;

/** A path from a leaf to a merkle root. */
export type MerkleBranch = {
  /** 32 bytes each, on the wire. */
  readonly hashes: readonly Buffer[];
  /** The leaf's position. */
  readonly index: number;
};

/** The proof that another chain's work was done for this block, as it follows the header of a merge-mined one. */
export type AuxPow = {
  /** The id of the parent chain's coinbase, on the wire. */
  readonly coinbaseId: Buffer;
  /** The script of its first input, in which the commitment stands. */
  readonly coinbaseScript: Buffer;
  /** From the coinbase to the parent header's merkle root. */
  readonly coinbaseBranch: MerkleBranch;
  /** From this block to the root over all chains that were mined together. */
  readonly chainBranch: MerkleBranch;
  readonly parent: BlockHeader;
};

export function announcesAuxPow(header: BlockHeader): boolean {
  return (header.version & AUX_POW_VERSION) !== 0;
}

/** Reads what follows the header of a merge-mined block. @throws HeadwaterError `node-bad-response` */
export function readAuxPow(cursor: ByteCursor): AuxPow {
  // The parent chain may have witnesses. No id covers them, and nodes keep the coinbase in the form that a miner gave it.
  const coinbase = readTransaction(cursor, { witnesses: true, extensionBlocks: false });
  const coinbaseId = hashTransactions(cursor.bytes, coinbase);
  // The hash of the parent header, which nothing covers and the parent itself replaces.
  cursor.skip(32, "the parent's hash");
  const coinbaseBranch = readBranch(cursor, "the coinbase's branch");
  const chainBranch = readBranch(cursor, "the chains' branch");
  const parent = readHeader(cursor, "the parent's header");
  const coinbaseScript = readScriptAt(cursor, (coinbase.outpoint[0] as number) + 36);
  return {
    coinbaseId,
    coinbaseScript,
    coinbaseBranch,
    chainBranch,
    parent,
  };
}

function readScriptAt(cursor: ByteCursor, at: number): Buffer {
  const resumeAt = cursor.at;
  cursor.at = at;
  const script = cursor.take(cursor.compactSize("a script"), "a script");
  cursor.at = resumeAt;
  return script;
}

function readBranch(cursor: ByteCursor, what: string): MerkleBranch {
  const count = cursor.count(what, 32);
  if (count > MAX_BRANCH_HASHES) throw cursor.error(`${what}: ${count} hashes, expected at most ${MAX_BRANCH_HASHES}`);
  const hashes: Buffer[] = [];
  for (let i = 0; i < count; i++) hashes.push(cursor.take(32, what));
  return { hashes, index: cursor.uint32(what) };
}
