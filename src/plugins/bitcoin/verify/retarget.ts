import type { BitcoinNetwork, IntervalRetarget } from "../networks/network.ts";
import { asertBits } from "./retarget-asert.ts";
import { compactBits, expandBits } from "./target.ts";

/** What a retarget needs of a header. `time` in seconds since the Unix epoch. */
export type TimedTarget = { readonly time: number; readonly bits: number };

/** The header of an earlier height on the same branch. Only heights within one interval before the block are asked for. */
export type HeaderAt = (height: number) => TimedTarget;

export type RetargetRules = Pick<BitcoinNetwork, "retarget" | "workLimit">;

/** Where a block stands: its height, above 0, and its own time, on which test networks' targets depend. */
export type BlockPlace = { readonly height: number; readonly time: number };

/**
 * The bits that a block must have after the headers before it, or undefined where the network's rule at that height is not
 * known here. Pure.
 */
export function nextBits(place: BlockPlace, headerAt: HeaderAt, rules: RetargetRules): number | undefined {
  const { retarget, workLimit } = rules;
  const { height } = place;
  const parent = headerAt(height - 1);
  switch (retarget.kind) {
    case "none":
      return parent.bits;
    case "unlisted":
      return undefined;
    case "interval":
      return intervalBits(place, parent, headerAt, retarget, workLimit);
    case "asert":
      return height > retarget.anchor.height ? asertBits(height, parent, retarget, workLimit) : undefined;
    case "digishield":
      return height >= retarget.fromHeight
        ? dampedBits(parent, headerAt(height - 2).time, retarget.spacingSeconds, workLimit)
        : earlyDogecoinBits(height, parent, headerAt, workLimit);
  }
}

function intervalBits(
  { height, time }: BlockPlace,
  parent: TimedTarget,
  headerAt: HeaderAt,
  rule: IntervalRetarget,
  limit: bigint,
): number {
  const { timespanSeconds: timespan, spacingSeconds: spacing } = rule;
  const interval = timespan / spacing;
  if (height % interval !== 0) {
    if (!rule.minDifficultyBlocks) return parent.bits;
    if (time > parent.time + 2 * spacing) return compactBits(limit);
    return lastRealBits(height - 1, headerAt, interval, compactBits(limit));
  }
  const first = headerAt(firstOfInterval(height, interval, rule.wholeInterval));
  const elapsed = clamp(parent.time - first.time, Math.floor(timespan / 4), timespan * 4);
  const { bits } = rule.fromFirstTarget ? headerAt(height - interval) : parent;
  return scaleBits(bits, elapsed, timespan, limit);
}

/** Bitcoin measures from the interval's first block, one spacing short; whoever mends that starts at the block before it. */
function firstOfInterval(height: number, interval: number, whole: boolean): number {
  return whole && height !== interval ? height - interval - 1 : height - interval;
}

/** The newest bits that are not the easiest, which a slow block left behind; not beyond the interval's first block. */
function lastRealBits(from: number, headerAt: HeaderAt, interval: number, easiest: number): number {
  let height = from;
  while (height > 0 && height % interval !== 0 && headerAt(height).bits === easiest) height--;
  return headerAt(height).bits;
}

/** DigiShield: an eighth of the deviation counts, and the target changes by a quarter down or a half up at most. */
function dampedBits(parent: TimedTarget, grandparentTime: number, spacing: number, limit: bigint): number {
  const deviation = Math.trunc((parent.time - grandparentTime - spacing) / 8);
  const elapsed = clamp(spacing + deviation, spacing - Math.trunc(spacing / 4), spacing + Math.trunc(spacing / 2));
  return scaleBits(parent.bits, elapsed, spacing, limit);
}

/** Dogecoin before DigiShield: every 240 blocks, by bounds that widened twice. */
function earlyDogecoinBits(height: number, parent: TimedTarget, headerAt: HeaderAt, limit: bigint): number {
  const timespan = 4 * 60 * 60;
  const interval = 240;
  if (height % interval !== 0) return parent.bits;
  const first = headerAt(firstOfInterval(height, interval, true));
  const divisor = height > 10_000 ? 4 : height > 5_000 ? 8 : 16;
  return scaleBits(parent.bits, clamp(parent.time - first.time, timespan / divisor, timespan * 4), timespan, limit);
}

function scaleBits(bits: number, elapsed: number, timespan: number, limit: bigint): number {
  const target = ((expandBits(bits) ?? 0n) * BigInt(elapsed)) / BigInt(timespan);
  return compactBits(target < limit ? target : limit);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
