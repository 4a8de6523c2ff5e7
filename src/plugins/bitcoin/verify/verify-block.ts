import type { Verification } from "../../../core/contracts/plugin.ts";
import { Checks, type VerifyMode } from "../../verification/checks.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { SpentOutput } from "../spent-outputs.ts";
import { verifyAmounts, verifyInputs, verifySpending } from "./amounts.ts";
import { type BlockChecks, CHECKS } from "./checks.ts";
import { verifyCoinbase } from "./coinbase.ts";
import { verifyMerkleRoot } from "./merkle-root.ts";
import { verifySignature } from "./signet-signature.ts";
import { verifySize } from "./size.ts";
import { verifyTransactionOrder } from "./transaction-order.ts";
import { verifyWitnessCommitment } from "./witness-commitment.ts";
import { verifyWork } from "./work.ts";

/**
 * The outputs that a block spends, and where they are known from: verified blocks, the transactions that made them (their
 * owners and amounts are hashed into their ids), or a node's word.
 */
export type SpentKnowledge = {
  readonly outputs: readonly SpentOutput[];
  readonly source: "ledger" | "transactions" | "node";
};

/**
 * Recomputes what a block's bytes allow by themselves, and with the outputs that it spends what these allow.
 *
 * `full`: every check; `headers`: the work alone; `off`: only that it is the block asked for. A check is passed, or skipped
 * with its reason; one that cannot apply to the network is not listed. Scripts and signatures are not run. Pure.
 * @throws IntegrityViolation naming the field, with what was expected and what came out
 */
export function verifyBlock(
  block: BitcoinBlock,
  network: BitcoinNetwork,
  mode: VerifyMode,
  spent?: SpentKnowledge,
): Verification {
  const checks = verifyAlone(block, network, mode).copy();
  if (mode === "full") verifySpent(block, network, checks, spent);
  return { ref: block.ref, checks: checks.results(mode) };
}

type Verified = { readonly network: BitcoinNetwork; readonly mode: VerifyMode; readonly checks: BlockChecks };

const verified = new WeakMap<BitcoinBlock, Verified>();

/**
 * The checks that need nothing but the block. They are run once a block: it is looked at before what it spends is known, and
 * again when it is. A block that failed fails again.
 * @throws IntegrityViolation
 */
export function verifyAlone(block: BitcoinBlock, network: BitcoinNetwork, mode: VerifyMode): BlockChecks {
  const before = verified.get(block);
  if (before && before.network === network && before.mode === mode) return before.checks;
  const checks = new Checks(CHECKS, block.where);
  checks.pass("identity");
  if (mode !== "off") verifyHeader(block, network, checks);
  if (mode === "full") verifyBody(block, network, checks);
  verified.set(block, { network, mode, checks });
  return checks;
}

function verifyHeader(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  if (block.ref.height === 0) checks.require("genesis hash", network.genesisHash, block.ref.hash);
  verifyWork(block, network, checks);
}

function verifyBody(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  verifyMerkleRoot(block, checks);
  verifyTransactionOrder(block, network, checks);
  verifySignature(block, network, checks);
  verifyCoinbase(block, network, checks);
  verifyWitnessCommitment(block, network, checks);
  verifySize(block, network, checks);
  verifyAmounts(block, network, checks);
  verifyInputs(block, network, checks);
  if (block.transactions.integrating) {
    checks.skip("extensionBlock", "MimbleWimble extension blocks are not looked into, only what they pay in and out");
  }
}

function verifySpent(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks, known?: SpentKnowledge): void {
  const spendsNothing = block.transactions.outpoint.length === 1;
  const spent = known ?? (spendsNothing ? { outputs: [], source: "ledger" } : undefined);
  if (spent === undefined) {
    checks.skip("subsidy", "the outputs that the block spends are not at hand");
    checks.skip("maturity", "the outputs that the block spends are not at hand");
    return;
  }
  verifySpending(block, spent.outputs, network, checks);
  if (spent.source !== "node" || spendsNothing) return;
  // They contradict nothing, but a node that invents them can make them fit.
  checks.skip("subsidy", "the outputs that the block spends are the node's word");
  checks.skip("maturity", "the outputs that the block spends are the node's word");
}
