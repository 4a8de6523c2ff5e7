import { hashNumber, scryptWork, sha256d } from "../codec/hashing.ts";
import type { BlockHeader } from "../codec/header.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import { verifyAuxPow } from "./aux-pow.ts";
import type { BlockChecks } from "./checks.ts";
import { bitsText, expandBits } from "./target.ts";

/**
 * That the block's target is one the network allows, and that the work of its header, or of the parent chain's header in
 * its place, is below it. Whether it is the very target that follows from the headers before is another check.
 * @throws IntegrityViolation
 */
export function verifyWork(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { header, auxPow } = block;
  const target = expandBits(header.bits);
  if (target === undefined || target > network.workLimit) {
    throw checks.violation("bits", `a target of at most ${hex(network.workLimit)}`, bitsText(header.bits));
  }
  verifyAuxPow(block, network, checks);
  const worked = auxPow?.parent ?? header;
  const work = measure(worked, network);
  if (work > target) {
    throw checks.violation(auxPow ? "parent proof of work" : "proof of work", `at most ${hex(target)}`, hex(work));
  }
  checks.pass("proofOfWork");
}

function measure({ bytes }: BlockHeader, network: BitcoinNetwork): bigint {
  return hashNumber(network.workHash === "scrypt" ? scryptWork(bytes) : sha256d(bytes));
}

function hex(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}
