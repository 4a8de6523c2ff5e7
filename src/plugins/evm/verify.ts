import type { RawBlock, Verification } from "../../core/contracts/plugin.ts";
import type { VerifyMode } from "../verification/checks.ts";
import { expectBlock, readBlockRef } from "./block-ref.ts";
import { EvmChecks, type VerifyRules } from "./checks.ts";
import { findForeignFields, hashHeader } from "./header.ts";
import { type EvmBlock, parseRaw } from "./raw.ts";
import { verifyUncles, verifyWithdrawals } from "./verify-body.ts";
import { verifyReceipts } from "./verify-receipts.ts";
import { verifyTransactions } from "./verify-transactions.ts";

/**
 * Recomputes what the block's header commits to and what the ledger takes from the node's answer beside it.
 *
 * `full`: every check; `headers`: the header's hash, and that it is the block asked for; `off`: only the latter. A check
 * is passed, or skipped with its reason; one that cannot apply to the chain is not listed. Pure.
 *
 * Fields that no root covers are recomputed from those that are: sender, gas used, gas price, blob gas price, created
 * address, positions. What stays unproven is listed as skipped: the OP stack's L1 fee, and Bor's state-sync transaction.
 * @throws IntegrityViolation naming the field, with what was expected and what came out
 * @throws HeadwaterError `node-wrong-block`, `node-bad-response`, `node-block-missing` and what parseRaw throws
 */
export function verifyBlock(raw: RawBlock, mode: VerifyMode, rules: VerifyRules): Verification {
  const evm = parseRaw(raw);
  const ref = readBlockRef(evm.block, raw.node, "eth_getBlock");
  expectBlock(ref, raw.asked, raw.node, "eth_getBlock");
  const checks = new EvmChecks(`node ${raw.node}, block ${ref.height}`);
  checks.pass("identity");
  if (mode !== "off") {
    verifyHeader(evm, rules, checks);
    if (mode === "full") verifyBody(raw.node, evm, rules, checks);
  }
  return { ref, checks: checks.results(mode) };
}

function verifyHeader({ block }: EvmBlock, rules: VerifyRules, checks: EvmChecks): void {
  if (rules.headerRules === "other") {
    checks.skip("headerHash", "this chain's headers are hashed by rules of its own");
    return;
  }
  if (Number(block.number) < rules.headerRulesFrom) {
    checks.skip("headerHash", `before block ${rules.headerRulesFrom} this chain hashed headers by rules of its own`);
    return;
  }
  const hash = hashHeader(block);
  const foreign = rules.headerRules === "detect" ? findForeignFields(block) : [];
  if (hash !== block.hash && foreign.length > 0) {
    checks.skip("headerHash", `the header has fields that Ethereum's has not: ${foreign.slice(0, 8).join(", ")}`);
    return;
  }
  checks.require("headerHash", block.hash, hash);
  checks.strict = true;
  checks.pass("headerHash");
}

function verifyBody(node: string, evm: EvmBlock, rules: VerifyRules, checks: EvmChecks): void {
  const transactions = verifyTransactions(node, evm.block, rules, checks);
  verifyReceipts(evm, transactions, rules, checks);
  verifyWithdrawals(evm.block, rules, checks);
  verifyUncles(evm, checks);
}
