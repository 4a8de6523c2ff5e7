import { factsOf } from "../block-facts.ts";
import { readAmount } from "../codec/outputs.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { SpentOutput } from "../spent-outputs.ts";
import type { BlockChecks } from "./checks.ts";
import { subsidyAt } from "./subsidy.ts";

/** That no amount and no sum of a transaction's outputs is above what the network allows. @throws IntegrityViolation */
export function verifyAmounts(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  for (let i = 0; i < block.transactions.count; i++) {
    const sum = sumOutputs(block, i, network.maxAmount, checks);
    if (sum > network.maxAmount) throw tooMuch(network.maxAmount, sum, i, checks);
  }
  checks.pass("amounts");
}

function sumOutputs(block: BitcoinBlock, transaction: number, max: bigint, checks: BlockChecks): bigint {
  const { firstOutput } = block.transactions;
  let sum = 0n;
  for (let output = firstOutput[transaction] as number; output < (firstOutput[transaction + 1] as number); output++) {
    const amount = readAmount(block, output);
    if (amount > max) throw tooMuch(max, amount, transaction, checks);
    sum += amount;
  }
  return sum;
}

function tooMuch(max: bigint, actual: bigint, transaction: number, checks: BlockChecks): Error {
  return checks.violation(`amount in transaction ${transaction}`, `at most ${max}`, `${actual}`);
}

/** That no output is spent twice within the block. @throws IntegrityViolation */
export function verifyInputs(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { repeated } = factsOf(block, network).inputs;
  if (repeated >= 0) {
    throw checks.violation("inputs", "each output spent once", `input ${repeated} spends one again`);
  }
  checks.pass("inputs");
}

/**
 * That no transaction pays out more than it spends, that the coinbase takes at most subsidy and fees, and that it waited
 * long enough where coinbases are spent.
 * @throws IntegrityViolation
 */
export function verifySpending(
  block: BitcoinBlock,
  spent: readonly SpentOutput[],
  network: BitcoinNetwork,
  checks: BlockChecks,
): void {
  const fees = sumFees(block, spent, network, checks);
  const amount = subsidyAt(network.subsidy, block.ref.height, block.ref.parentHash);
  const taken = sumOutputs(block, 0, network.maxAmount, checks);
  if (taken > amount + fees) {
    throw checks.violation("coinbase amount", `at most ${amount} + ${fees} of fees`, `${taken}`);
  }
  checks.pass("subsidy");
  verifyMaturity(block, spent, network, checks);
}

function sumFees(
  block: BitcoinBlock,
  spent: readonly SpentOutput[],
  network: BitcoinNetwork,
  checks: BlockChecks,
): bigint {
  const { count, firstInput } = block.transactions;
  let fees = 0n;
  for (let i = 1; i < count; i++) {
    let paid = 0n;
    for (let input = firstInput[i] as number; input < (firstInput[i + 1] as number); input++) {
      paid += (spent[input - 1] as SpentOutput).amount;
    }
    const fee = paid - sumOutputs(block, i, network.maxAmount, checks);
    if (fee < 0n) throw checks.violation(`transaction ${i}`, `at most ${paid} paid out`, `${paid - fee}`);
    fees += fee;
  }
  return fees;
}

/** The first height at which what a coinbase of this height made may be spent. */
export function matureFrom(height: number, { maturity }: BitcoinNetwork): number {
  return height + (maturity.findLast(({ fromHeight }) => fromHeight <= height)?.blocks ?? 0);
}

function verifyMaturity(
  block: BitcoinBlock,
  spent: readonly SpentOutput[],
  network: BitcoinNetwork,
  checks: BlockChecks,
): void {
  const { height } = block.ref;
  let unknown = 0;
  for (const [i, { coinbase, height: madeAt }] of spent.entries()) {
    if (coinbase === undefined || (coinbase && madeAt === undefined)) unknown++;
    else if (coinbase && height < matureFrom(madeAt as number, network)) {
      throw checks.violation(
        `input ${i + 1}`,
        `a coinbase that may be spent from block ${matureFrom(madeAt as number, network)} on`,
        `one of block ${madeAt}`,
      );
    }
  }
  if (unknown === 0) checks.pass("maturity");
  else checks.skip("maturity", `of ${unknown} spent outputs it is not known whether a coinbase made them, and when`);
}
