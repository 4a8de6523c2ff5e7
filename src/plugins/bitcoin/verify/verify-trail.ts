import type { CheckResult, TrailAt } from "../../../core/contracts/plugin.ts";
import type { BlockRef } from "../../../core/model.ts";
import { Checks } from "../../verification/checks.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import { TRAIL_CHECKS, type TrailChecks } from "./checks.ts";
import { MEDIAN_TIME_BLOCKS, medianTimePast } from "./median-time.ts";
import { nextBits, type TimedTarget } from "./retarget.ts";
import { bitsText } from "./target.ts";

const EARLY_DOGECOIN_INTERVAL = 240;
/** How much earlier than its parent the first block of an interval may be, seconds (BIP94). */
const MAX_TIME_WARP_SECONDS = 600;

/** How many headers before a block say which target and which time it may have. */
export function trailBlocksOf({ retarget }: Pick<BitcoinNetwork, "retarget">): number {
  switch (retarget.kind) {
    case "interval":
      return retarget.timespanSeconds / retarget.spacingSeconds + 1;
    case "digishield":
      return EARLY_DOGECOIN_INTERVAL + 1;
    case "none":
    case "unlisted":
    case "asert":
      return MEDIAN_TIME_BLOCKS;
  }
}

/**
 * Holds a header against those before it: the target must be the one that follows from them, its time above the median of
 * the last eleven, and at a test network's interval not far below its parent's (BIP94). What needs a header that is not
 * known is skipped with that reason. A genesis block has none before it. Pure.
 * @param trail the header's 80 bytes
 * @throws IntegrityViolation
 */
export function verifyTrail(
  ref: BlockRef,
  trail: Uint8Array,
  trailAt: TrailAt,
  network: BitcoinNetwork,
): readonly CheckResult[] {
  const { height } = ref;
  const checks = new Checks(TRAIL_CHECKS, `block ${height}`);
  if (height === 0) return [];
  const header = readTrail(trail);
  verifyTarget(height, header, trailAt, network, checks);
  verifyMedianTime(height, header, trailAt, checks);
  verifyTimeWarp(height, header, trailAt, network, checks);
  return checks.results("full");
}

function verifyTarget(
  height: number,
  header: TimedTarget,
  trailAt: TrailAt,
  network: BitcoinNetwork,
  checks: TrailChecks,
): void {
  let missing: number | undefined;
  const headerAt = (at: number): TimedTarget => {
    const earlier = trailAt(at);
    if (earlier) return readTrail(earlier);
    missing ??= at;
    return { time: 0, bits: 0 };
  };
  const bits = nextBits({ height, time: header.time }, headerAt, network);
  if (missing !== undefined) checks.skip("target", notIndexed(missing));
  else if (bits === undefined) checks.skip("target", "the network's rule at this height is not known here");
  else {
    checks.require("bits", bitsText(bits), bitsText(header.bits));
    checks.pass("target");
  }
}

function verifyMedianTime(height: number, { time }: TimedTarget, trailAt: TrailAt, checks: TrailChecks): void {
  const times: number[] = [];
  for (let at = height - 1; at >= 0 && at >= height - MEDIAN_TIME_BLOCKS; at--) {
    const earlier = trailAt(at);
    if (earlier === undefined) {
      checks.skip("medianTime", notIndexed(at));
      return;
    }
    times.push(readTrail(earlier).time);
  }
  const median = medianTimePast(times);
  if (time <= median) throw checks.violation("time", `above the median time past, ${median}`, `${time}`);
  checks.pass("medianTime");
}

function verifyTimeWarp(
  height: number,
  { time }: TimedTarget,
  trailAt: TrailAt,
  { retarget }: BitcoinNetwork,
  checks: TrailChecks,
): void {
  if (retarget.kind !== "interval" || !retarget.fromFirstTarget) return;
  if (height % (retarget.timespanSeconds / retarget.spacingSeconds) !== 0) return;
  const parent = trailAt(height - 1);
  if (parent === undefined) {
    checks.skip("timeWarp", notIndexed(height - 1));
    return;
  }
  const least = readTrail(parent).time - MAX_TIME_WARP_SECONDS;
  if (time < least) throw checks.violation("time", `at least ${least}, ten minutes before its parent`, `${time}`);
  checks.pass("timeWarp");
}

function notIndexed(height: number): string {
  return `it needs the header of block ${height}, which is before the first indexed block`;
}

function readTrail(trail: Uint8Array): TimedTarget {
  const bytes = Buffer.from(trail.buffer, trail.byteOffset, trail.byteLength);
  return { time: bytes.readUInt32LE(68), bits: bytes.readUInt32LE(72) };
}
