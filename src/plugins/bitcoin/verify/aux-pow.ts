import type { AuxPow, MerkleBranch } from "../codec/aux-pow.ts";
import { hashBytes, hashText, sha256d } from "../codec/hashing.ts";
import type { AuxPowRule, BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";

/** Stands before the commitment in the parent chain's coinbase. */
const MAGIC = Buffer.from("fabe6d6d", "hex");
/** Without the magic the commitment must start within so many bytes, or there could be several. */
const MAX_BARE_OFFSET = 20;
/** So many chains at most are mined together: 2^30. */
const MAX_CHAIN_BRANCH = 30;

/**
 * That the parent chain's header, whose work counts for the block, commits to it: its merkle root to its coinbase, and that
 * to a root over all chains mined together, in which this chain has its own slot. As Namecoin specified merged mining.
 * @throws IntegrityViolation
 */
export function verifyAuxPow(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { auxPow, header, ref } = block;
  const rule = network.auxPow;
  if (rule === undefined) return;
  if (auxPow === undefined) {
    verifyOwnWork(header.version, rule, ref.height, checks);
    return;
  }
  if (ref.height < rule.fromHeight) throw checks.violation("auxPow", `none before block ${rule.fromHeight}`, "one");
  const chainId = chainIdOf(header.version);
  if (rule.strictChainId) checks.require("chain id", rule.chainId, chainId);
  if (rule.strictChainId && chainIdOf(auxPow.parent.version) === rule.chainId) {
    throw checks.violation("parent chain id", "another chain's", String(rule.chainId));
  }
  checks.require("auxPow coinbase index", 0, auxPow.coinbaseBranch.index);
  const coinbaseRoot = climb(auxPow.coinbaseId, auxPow.coinbaseBranch);
  checks.require("auxPow merkle root", hashText(auxPow.parent.merkleRoot), hashText(coinbaseRoot));
  verifyCommitment(auxPow, ref.hash, chainId, checks);
  checks.pass("auxPow");
}

function verifyOwnWork(version: number, rule: AuxPowRule, height: number, checks: BlockChecks): void {
  // Before merged mining, and on test networks, the bits where the chain id stands later mean nothing.
  if (height >= rule.fromHeight && rule.strictChainId) checks.require("chain id", rule.chainId, chainIdOf(version));
}

function chainIdOf(version: number): number {
  return version >>> 16;
}

function verifyCommitment(auxPow: AuxPow, hash: string, chainId: number, checks: BlockChecks): void {
  const { coinbaseScript: script, chainBranch } = auxPow;
  const height = chainBranch.hashes.length;
  if (height > MAX_CHAIN_BRANCH)
    throw checks.violation("auxPow chain branch", `at most ${MAX_CHAIN_BRANCH}`, `${height}`);
  const root = climb(hashBytes(hash), chainBranch).reverse();
  const at = script.indexOf(root);
  if (at < 0) throw checks.violation("auxPow commitment", root.toString("hex"), `none in ${script.toString("hex")}`);
  verifyPlace(script, at, checks);
  if (at + 40 > script.length) throw checks.violation("auxPow commitment", "size and nonce after it", "its end");
  checks.require("auxPow tree size", 2 ** height, script.readUInt32LE(at + 32));
  const slot = expectedSlot(script.readUInt32LE(at + 36), chainId, height);
  checks.require("auxPow slot", slot, chainBranch.index);
}

/** The commitment must be the only one that the script can be read to have. */
function verifyPlace(script: Buffer, at: number, checks: BlockChecks): void {
  const magic = script.indexOf(MAGIC);
  if (magic < 0) {
    if (at > MAX_BARE_OFFSET)
      throw checks.violation("auxPow commitment", `within ${MAX_BARE_OFFSET} bytes`, `at ${at}`);
    return;
  }
  if (script.indexOf(MAGIC, magic + 1) >= 0) throw checks.violation("auxPow commitment", "one", "two");
  checks.require("auxPow commitment", magic + MAGIC.length, at);
}

/** Which slot of the tree is the chain's, drawn so that a miner cannot choose it. */
function expectedSlot(nonce: number, chainId: number, height: number): number {
  let drawn = (Math.imul(nonce, 1_103_515_245) + 12_345) >>> 0;
  drawn = (drawn + chainId) >>> 0;
  drawn = (Math.imul(drawn, 1_103_515_245) + 12_345) >>> 0;
  return drawn % 2 ** height;
}

/** The root that a branch leads to from a leaf. */
function climb(leaf: Buffer, { hashes, index }: MerkleBranch): Buffer {
  let node = leaf;
  let place = index;
  for (const sibling of hashes) {
    node = sha256d(place & 1 ? Buffer.concat([sibling, node]) : Buffer.concat([node, sibling]));
    place >>>= 1;
  }
  return node;
}
