import type { Verification } from "../../../core/contracts/plugin.ts";
import { Checks, type VerifyMode } from "../../verification/checks.ts";
import type { SolanaBlock, SolanaTransaction } from "../read-block.ts";
import { CHECKS, type CheckName } from "./checks.ts";
import { findBadSignature } from "./signatures.ts";

/**
 * Holds a block against itself, as far as what nodes tell of it allows: that signatures hold and none comes twice, that each
 * transaction's balances add up to its fee, that rewards do not exceed what they leave behind. A block's hash comes out of the
 * proof of history and commits to the state by the bank's hash; neither can be recomputed from what nodes give, and both are
 * skipped and said to be.
 *
 * `full`: every check; `headers` and `off`: only that it is the block asked for, whose parent lies before it. Pure.
 * @throws IntegrityViolation naming the field, with what was expected and what came out
 */
export function verifyBlock(block: SolanaBlock, mode: VerifyMode): Verification {
  const checks = new Checks(CHECKS, block.where);
  checks.pass("identity");
  checks.pass("parent");
  if (mode === "full") {
    verifySignatures(block, checks);
    for (const [i, transaction] of block.transactions.entries()) verifyBalances(transaction, i, checks);
    checks.pass("balances");
    checks.pass("fees");
    verifyRewards(block, checks);
    checks.skip("blockHash", "it follows from the proof of history, which nodes do not give with a block");
    checks.skip("bankHash", "it follows from the state of all accounts, which nodes do not give with a block");
  }
  return { ref: block.ref, checks: checks.results(mode) };
}

function verifySignatures({ transactions }: SolanaBlock, checks: Checks<CheckName>): void {
  const seen = new Set<string>();
  let unsigned = 0;
  for (const [i, { signatures, wire }] of transactions.entries()) {
    const id = signatures[0] as string;
    if (seen.has(id)) throw checks.violation(`transaction ${i}`, "a signature of its own", `${id} again`);
    seen.add(id);
    if (!wire) {
      unsigned++;
      continue;
    }
    if (wire.signatures !== wire.signers) {
      throw checks.violation(`signatures of transaction ${i}`, `${wire.signers}`, `${wire.signatures}`);
    }
    const bad = findBadSignature(wire);
    if (bad >= 0) {
      throw checks.violation(
        `signature ${bad} of transaction ${i}`,
        `one of ${wire.keys[bad]}`,
        signatures[bad] as string,
      );
    }
  }
  if (unsigned === 0) checks.pass("signatures");
  else
    checks.skip(
      "signatures",
      `${unsigned} of ${transactions.length} transactions came without the bytes that are signed`,
    );
}

/** No lamport appears or vanishes within a transaction, but for the fee and rent. */
function verifyBalances({ keys, meta }: SolanaTransaction, index: number, checks: Checks<CheckName>): void {
  let before = 0n;
  let after = 0n;
  for (const balance of meta.before) before += balance;
  for (const balance of meta.after) after += balance;
  if (before - after !== meta.fee) {
    throw checks.violation(
      `balances of transaction ${index}`,
      `a fee of ${meta.fee}`,
      `${before - after} less after it`,
    );
  }
  if ((meta.before[0] as bigint) < meta.fee) {
    throw checks.violation(`fee of transaction ${index}`, `at most ${meta.before[0]} of ${keys[0]}`, `${meta.fee}`);
  }
  if (!meta.failed) return;
  for (let i = 1; i < keys.length; i++) {
    if (meta.before[i] === meta.after[i] || meta.rent.has(keys[i] as string)) continue;
    throw checks.violation(`transaction ${index}`, "no change but the fee, since it failed", `account ${i} changed`);
  }
}

function verifyRewards({ rewards }: SolanaBlock, checks: Checks<CheckName>): void {
  for (const [i, { lamports, after }] of rewards.entries()) {
    if (after !== undefined && lamports > after) {
      throw checks.violation(`reward ${i}`, `at most the balance after it, ${after}`, `${lamports}`);
    }
  }
  checks.pass("rewards");
}
