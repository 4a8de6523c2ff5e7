import type { Asset, LedgerBlock, Movement } from "../../src/core/model.ts";

/** Sums the movements of an asset per account. Accounts whose sum is zero are left out. */
export function sumMovements(movements: readonly Movement[], asset: Asset): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, asset: moved, delta } of movements) {
    if (moved === asset) sums.set(account, (sums.get(account) ?? 0n) + delta);
  }
  for (const [account, sum] of sums) if (sum === 0n) sums.delete(account);
  return sums;
}

export function sumBlock(block: LedgerBlock, asset: Asset): Map<string, bigint> {
  return sumMovements(
    block.transactions.flatMap(({ movements }) => movements),
    asset,
  );
}

/** A map in the order of its keys, for comparing. */
export function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
