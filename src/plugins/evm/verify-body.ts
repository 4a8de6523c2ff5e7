import type { EvmChecks, VerifyRules } from "./checks.ts";
import { hashHeader, headerFields } from "./header.ts";
import { keccakHex } from "./keccak.ts";
import type { EvmBlock } from "./raw.ts";
import { encodeRlp } from "./rlp.ts";
import type { RpcBlock } from "./rpc-types.ts";
import { orderedTrieRoot } from "./trie.ts";
import { encodeWithdrawal } from "./withdrawal.ts";

const NO_UNCLES = keccakHex(encodeRlp([]));

/**
 * The withdrawals against their root (EIP-4895). A list that is missing under a root is a violation: the ledger would lack
 * what was withdrawn. @throws IntegrityViolation
 */
export function verifyWithdrawals(block: RpcBlock, rules: VerifyRules, checks: EvmChecks): void {
  const { withdrawals = [], withdrawalsRoot } = block;
  if (withdrawalsRoot === undefined) {
    checks.require("withdrawals", 0, withdrawals.length);
    return;
  }
  if (rules.feeRules === "op-stack" && withdrawals.length === 0) {
    checks.skip("withdrawalsRoot", "on the OP stack it commits to messages to the layer below, not to withdrawals");
    return;
  }
  const root = `0x${Buffer.from(orderedTrieRoot(withdrawals.map(encodeWithdrawal))).toString("hex")}`;
  if (checks.expect("withdrawalsRoot", "withdrawalsRoot", withdrawalsRoot, root)) checks.pass("withdrawalsRoot");
}

/** The uncles' headers against the header's hash of their list. @throws IntegrityViolation */
export function verifyUncles({ block, uncles }: EvmBlock, checks: EvmChecks): void {
  const hashes = block.uncles ?? [];
  if (hashes.length === 0) {
    if (checks.expect("uncles", "uncles", block.sha3Uncles, NO_UNCLES)) checks.pass("uncles");
    return;
  }
  if (!uncles) {
    // Without their headers it can still be told that there are none.
    if (block.sha3Uncles === NO_UNCLES) throw checks.violation("uncles", "none", hashes.join(", "));
    checks.skip("uncles", "the uncles' headers were not fetched");
    return;
  }
  checks.require("uncles", hashes.length, uncles.length);
  for (const [i, uncle] of uncles.entries()) {
    checks.require(`uncles[${i}].hash`, hashes[i] as string, uncle.hash);
    if (!checks.expect("uncles", `uncles[${i}]`, hashes[i] as string, hashHeader(uncle))) return;
  }
  if (checks.expect("uncles", "sha3Uncles", block.sha3Uncles, keccakHex(encodeRlp(uncles.map(headerFields))))) {
    checks.pass("uncles");
  }
}
