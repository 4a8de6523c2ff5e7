import type { RetargetRule } from "../networks/network.ts";
import { compactBits, expandBits } from "./target.ts";

type AsertRule = Extract<RetargetRule, { readonly kind: "asert" }>;

const RADIX = 16n;

/**
 * aserti3-2d: the anchor's target, doubled for each half-life that the chain is behind its schedule. Source: the
 * specification of Bitcoin Cash's upgrade of November 2020.
 */
export function asertBits(height: number, parent: { readonly time: number }, rule: AsertRule, limit: bigint): number {
  const { anchor, spacingSeconds, halfLifeSeconds } = rule;
  const late = parent.time - anchor.parentTime - spacingSeconds * (height - anchor.height);
  // Integer division towards zero, shifting towards minus infinity: both as specified.
  const exponent = (BigInt(late) << RADIX) / BigInt(halfLifeSeconds);
  const shifts = (exponent >> RADIX) - RADIX;
  const scaled = (expandBits(anchor.bits) ?? 0n) * powerOfTwo(exponent & 0xffffn);
  const target = shifts < 0n ? scaled >> -shifts : scaled << shifts;
  if (target === 0n) return compactBits(1n);
  return compactBits(target < limit ? target : limit);
}

/** 2^(x / 65536) * 65536 for x from 0 to 65535, by a polynomial of third degree. */
function powerOfTwo(x: bigint): bigint {
  return 65_536n + ((195_766_423_245_049n * x + 971_821_376n * x * x + 5_127n * x * x * x + (1n << 47n)) >> 48n);
}
