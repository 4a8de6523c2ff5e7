import type { SubsidyRule } from "../networks/network.ts";

const COIN = 100_000_000n;

/** New coin of a block, in the smallest unit: at most so much, and `exact` where it is just that. */
export type Subsidy = { readonly amount: bigint; readonly exact: boolean };

/** How much new coin a block of this height may make. */
export function subsidyAt(rule: SubsidyRule, height: number): Subsidy {
  const halvings = Math.floor(height / rule.intervalBlocks);
  if (rule.kind === "halving") return { amount: halvings < 64 ? rule.initial >> BigInt(halvings) : 0n, exact: true };
  // 1 to 2^-halvings of a million coins, each as likely; the generator behind it is not rebuilt here.
  if (height < rule.fixedFrom) return { amount: (1_000_000n >> BigInt(halvings)) * COIN, exact: false };
  return { amount: halvings < 6 ? rule.initial >> BigInt(halvings) : rule.last, exact: true };
}
