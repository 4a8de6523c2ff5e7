import type { Account, Asset, Movement } from "../../../core/model.ts";

export type Debit = { readonly account: Account; readonly amount: bigint };
export type Credit = { readonly account: Account; readonly amount: bigint };

export type Spending = { readonly fee: bigint; readonly movements: readonly Movement[] };

/**
 * The movements of a transaction that is no coinbase. The fee, and after it what is burnt, is taken from the inputs in their
 * order: an input that pays such a part is more than one movement, which together are its amount. An amount of 0 is a
 * movement too: the transaction is part of that account's history. The fee is below 0 where more is paid out than spent.
 */
export function buildSpending(
  debits: readonly Debit[],
  credits: readonly Credit[],
  burnt: bigint,
  asset: Asset,
): Spending {
  const fee = sum(debits) - sum(credits) - burnt;
  const movements: Movement[] = [];
  let feeLeft = fee;
  let burnLeft = burnt;
  for (const { account, amount } of debits) {
    let left = amount;
    if (feeLeft > 0n) {
      const part = least(left, feeLeft);
      movements.push({ account, asset, delta: -part, kind: "fee" });
      feeLeft -= part;
      left -= part;
    }
    if (burnLeft > 0n && left > 0n) {
      const part = least(left, burnLeft);
      movements.push({ account, asset, delta: -part, kind: "burn" });
      burnLeft -= part;
      left -= part;
    }
    if (left > 0n || amount === 0n) movements.push({ account, asset, delta: -left, kind: "transfer" });
  }
  for (const { account, amount } of credits) movements.push({ account, asset, delta: amount, kind: "transfer" });
  return { fee, movements };
}

function sum(parts: readonly { readonly amount: bigint }[]): bigint {
  let total = 0n;
  for (const { amount } of parts) total += amount;
  return total;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
