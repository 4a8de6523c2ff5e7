import type { Verification } from "../../../core/contracts/plugin.ts";
import { Checks, type VerifyMode } from "../../verification/checks.ts";
import type { Amount, TransactionMeta } from "../codec/transaction-meta.ts";
import { signatureAt, type WireTransaction } from "../codec/wire-transaction.ts";
import type { SolanaBlock } from "../read-block.ts";
import type { SolanaTransaction } from "../solana-transaction.ts";
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
  const signed = transactions.filter(({ wire }) => wire !== undefined).length;
  for (const [i, transaction] of transactions.entries()) {
    const { wire } = transaction;
    // Where all came as bytes, these are as good as the text and cost less.
    const id = wire && signed === transactions.length ? signatureAt(wire, 0).toString("latin1") : transaction.id;
    if (seen.has(id)) throw checks.violation(`transaction ${i}`, "a signature of its own", `${transaction.id} again`);
    seen.add(id);
    if (wire) verifySigners(transaction, wire, i, checks);
  }
  const unsigned = transactions.length - signed;
  if (unsigned === 0) checks.pass("signatures");
  else
    checks.skip(
      "signatures",
      `${unsigned} of ${transactions.length} transactions came without the bytes that are signed`,
    );
}

function verifySigners(
  transaction: SolanaTransaction,
  wire: WireTransaction,
  index: number,
  checks: Checks<CheckName>,
): void {
  if (wire.signatures !== wire.signers) {
    throw checks.violation(`signatures of transaction ${index}`, `${wire.signers}`, `${wire.signatures}`);
  }
  const bad = findBadSignature(wire);
  if (bad < 0) return;
  throw checks.violation(
    `signature ${bad} of transaction ${index}`,
    `one of ${transaction.keyAt(bad)}`,
    transaction.signatures[bad] as string,
  );
}

/** No lamport appears or vanishes within a transaction, but for the fee and rent. */
function verifyBalances(transaction: SolanaTransaction, index: number, checks: Checks<CheckName>): void {
  const { meta } = transaction;
  const paid = sumTaken(meta);
  if (paid !== meta.fee) {
    throw checks.violation(`balances of transaction ${index}`, `a fee of ${meta.fee}`, `${paid} less after it`);
  }
  const before = meta.lamportsBefore[0] as Amount;
  if (before < meta.fee) {
    throw checks.violation(
      `fee of transaction ${index}`,
      `at most ${before} of ${transaction.keyAt(0)}`,
      `${meta.fee}`,
    );
  }
  if (!meta.failed) return;
  for (let i = 1; i < transaction.count; i++) {
    if (meta.lamportsBefore[i] === meta.lamportsAfter[i] || meta.rent.has(transaction.keyAt(i))) continue;
    throw checks.violation(`transaction ${index}`, "no change but the fee, since it failed", `account ${i} changed`);
  }
}

/** How much less there is after a transaction than before, over all its accounts. */
function sumTaken({ lamportsBefore, lamportsAfter }: TransactionMeta): bigint {
  let sum = 0;
  for (let i = 0; i < lamportsBefore.length; i++) {
    const before = lamportsBefore[i];
    const after = lamportsAfter[i];
    if (before === after) continue;
    sum = typeof before === "number" && typeof after === "number" ? sum + (before - after) : Number.NaN;
    // From here on only bigints are exact.
    if (!Number.isSafeInteger(sum)) return sumExactly(lamportsBefore) - sumExactly(lamportsAfter);
  }
  return BigInt(sum);
}

function sumExactly(amounts: readonly Amount[]): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += BigInt(amount);
  return sum;
}

function verifyRewards({ rewards }: SolanaBlock, checks: Checks<CheckName>): void {
  for (const [i, { lamports, after }] of rewards.entries()) {
    if (after !== undefined && lamports > after) {
      throw checks.violation(`reward ${i}`, `at most the balance after it, ${after}`, `${lamports}`);
    }
  }
  checks.pass("rewards");
}
