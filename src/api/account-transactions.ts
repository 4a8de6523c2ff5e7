import type { HistoryPlace, StoredTransaction } from "../core/contracts/store.ts";
import type { KnownAccount } from "./account-directory.ts";
import { countShown } from "./page-size.ts";
import type { OpenView, Pin } from "./read.ts";

export type TransactionPage = {
  readonly transactions: readonly StoredTransaction[];
  readonly next: HistoryPlace | undefined;
};

/**
 * One page of an account's transactions up to the pinned block, newest first. A page ends early where it
 * would hold too many movements, inputs and outputs, but never before its first transaction.
 * @param after the last place of the page before
 */
export async function readTransactionPage(
  { view }: OpenView,
  pin: Pin,
  { account }: KnownAccount,
  after: HistoryPlace | undefined,
  limit: number,
): Promise<TransactionPage> {
  // Every place in the pinned block is strictly before this one.
  const top: HistoryPlace = { height: pin.ref.height + 1, index: 0 };
  const before = after !== undefined && isBefore(after, top) ? after : top;
  const page = await view.history(account, before, limit);
  const count = countShown(page.transactions);
  if (count === page.transactions.length) return page;
  const transactions = page.transactions.slice(0, count);
  const last = transactions.at(-1);
  return { transactions, next: last && { height: last.block.height, index: last.index } };
}

function isBefore(a: HistoryPlace, b: HistoryPlace): boolean {
  return a.height < b.height || (a.height === b.height && a.index < b.index);
}
