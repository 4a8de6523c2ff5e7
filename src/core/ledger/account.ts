import type { Account, Asset, Observation } from "../model.ts";

/**
 * What the ledger knows of one account in one asset. The balance after a height is `baseline + sum`; the baseline is the
 * balance before the index's first block. It is the same on every fork above that block, so a reorg does not touch it.
 */
export type BalanceEntry = {
  readonly asset: Asset;
  /** Sum of all indexed movements. */
  readonly sum: bigint;
  /** The last height at which this entry was written. */
  readonly changedAt: number;
  /** Undefined while nobody has told an absolute balance. */
  readonly baseline: bigint | undefined;
  /** An observation or a reconciliation contradicted the ledger: served from nodes until repaired. */
  readonly disputed: boolean;
};

/** An observation against what the ledger expected. Kept as evidence. */
export type Mismatch = {
  readonly account: Account;
  readonly asset: Asset;
  readonly height: number;
  readonly expected: bigint;
  readonly actual: bigint;
};

export type ObservedEntry = {
  readonly entry: BalanceEntry;
  /**
   * What the observation did to the entry: `confirmed` left it as it was, `learned` gave it its baseline, `disputed`
   * contradicted it. An entry in dispute stays as it was: one contradiction is evidence enough.
   */
  readonly outcome: "confirmed" | "learned" | "disputed";
};

/**
 * Holds an observation at `height` against an entry that already includes that block's movements. Pure. No balance was
 * ever below zero: an observation below the sum cannot give a baseline, it contradicts the movements.
 */
export function observe(entry: BalanceEntry, observation: Observation, height: number): ObservedEntry {
  if (entry.disputed) return { entry, outcome: "confirmed" };
  const baseline = observation.amount - entry.sum;
  if (baseline === entry.baseline) return { entry, outcome: "confirmed" };
  if (entry.baseline === undefined && baseline >= 0n) {
    return { entry: { ...entry, baseline, changedAt: height }, outcome: "learned" };
  }
  return { entry: { ...entry, disputed: true, changedAt: height }, outcome: "disputed" };
}
