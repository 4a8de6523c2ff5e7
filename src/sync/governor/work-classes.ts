import type { WorkClass } from "../../core/contracts/plugin.ts";
import type { SyncState } from "../../core/sync-state.ts";

/** What decides which work a chain does now. */
export type Situation = {
  readonly state: SyncState;
  readonly lagSeconds: number;
  readonly lagTargetSeconds: number;
  /** Catching up takes all the time that it may: nobody else in this process has to be spared. */
  readonly atEase: boolean;
};

/**
 * Tip work goes on whatever happens, and callers' reads are the API's to refuse. Backfill goes on too, at the governor's
 * pace: it is what ends a lag. Comparing balances with nodes is for quiet moments only.
 */
export function allowsWork(work: WorkClass, { state, lagSeconds, lagTargetSeconds, atEase }: Situation): boolean {
  if (work !== "reconciliation") return true;
  return state === "synced" && lagSeconds <= lagTargetSeconds && atEase;
}
