import type { Clock } from "../../core/clock.ts";
import type { SolanaCluster } from "./cluster.ts";

/** The chain's own pace. */
export const SLOT_MS = 400;

export type RunOptions = {
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Default `SLOT_MS`. */
  readonly intervalMs?: number;
  /** Called before each slot: sends transactions, forks, skips. It may make slots itself. */
  readonly beforeSlot?: () => void;
};

/**
 * Makes a slot each 400 ms until the signal aborts, then returns. Slots for which it comes too late are skipped, as those of
 * leaders are who come too late, and slots that `beforeSlot` skips take their time: so the chain's time stays that of the
 * clock. A cluster whose blocks should tell the time of the day has `genesisTimeFor` that.
 * @throws what `beforeSlot` throws
 */
export async function runSlots(cluster: SolanaCluster, options: RunOptions): Promise<void> {
  const { clock, signal, intervalMs = SLOT_MS, beforeSlot } = options;
  const begin = clock.now() - (cluster.followed.nextSlot - 1) * intervalMs;
  const lateMs = () => clock.now() - begin - cluster.followed.nextSlot * intervalMs;
  while (!signal.aborted) {
    // An abort ends the wait; the loop sees it.
    await clock.sleep(Math.max(0, -lateMs()), signal).catch(() => undefined);
    if (signal.aborted) return;
    const missed = Math.max(0, Math.floor(lateMs() / intervalMs));
    if (missed > 0) cluster.skipSlots(missed);
    beforeSlot?.();
    if (lateMs() >= 0) cluster.makeSlot();
  }
}

/** The `genesisTime` of a cluster whose slot `slots` is now, seconds since the Unix epoch. */
export function genesisTimeFor(clock: Clock, slots: number): number {
  return (clock.now() - slots * SLOT_MS) / 1000;
}
