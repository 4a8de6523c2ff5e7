import type { SubsidyRule } from "../networks/network.ts";
import { drawCoins } from "./drawn-subsidy.ts";

const COIN = 100_000_000n;

/**
 * How much new coin a block may make, in the smallest unit.
 * @param parentHash 64 hex digits; Dogecoin's early rewards are drawn from it
 */
export function subsidyAt(rule: SubsidyRule, height: number, parentHash: string): bigint {
  const halvings = Math.floor(height / rule.intervalBlocks);
  if (rule.kind === "halving") return halvings < 64 ? rule.initial >> BigInt(halvings) : 0n;
  if (height < rule.fixedFrom) return BigInt(drawCoins(parentHash, 1_000_000 >> halvings)) * COIN;
  return halvings < 6 ? rule.initial >> BigInt(halvings) : rule.last;
}
