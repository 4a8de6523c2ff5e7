/** What an operator is told about a chain. `unknown` until something was measured. */
export const SYNC_STATES = ["synced", "behind", "stalled", "conflict", "unknown"] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/**
 * What the state is judged by, and nothing else. Ages and durations in seconds by this machine's clock, `undefined` where
 * nothing was measured. "Enough operators" always means as many operators and regions as the configuration requires.
 */
export type SyncMeasurements = {
  readonly conflict: boolean;
  /** Height of the agreed tip: the newest block that enough operators stand behind. Undefined until there was one. */
  readonly agreedHeight: number | undefined;
  /** Now minus the time of the agreed tip. */
  readonly agreedAgeSeconds: number | undefined;
  /** Newest committed height. */
  readonly indexedHeight: number | undefined;
  /** How many agreed blocks are not committed. Default: as many as there are heights between. */
  readonly missingBlocks?: number | undefined;
  /** Now minus the time of the newest committed block. */
  readonly indexedAgeSeconds: number | undefined;
  /** How long the oldest agreed but unindexed block has been waiting. */
  readonly lagSeconds: number;
  /** How long nothing has been committed although agreed blocks wait; 0 while none waits. */
  readonly idleSeconds: number;
  /** Now minus the last moment by which enough operators that have a vote had told their tips. Undefined: too few have. */
  readonly quorumSilenceSeconds: number | undefined;
  readonly expectedIntervalSeconds: number;
  readonly lagTargetSeconds: number;
  readonly lagMaxSeconds: number;
};

type Budgets = Pick<SyncMeasurements, "expectedIntervalSeconds" | "lagTargetSeconds" | "lagMaxSeconds">;

/** A tip older than so many expected intervals is a chain (or all its nodes) standing still. */
const STALE_INTERVALS = 30;
const STALE_AT_LEAST_SECONDS = 30;

/** Nodes are polled every few seconds: a silence shorter than this is no news. */
const QUIET_AT_LEAST_SECONDS = 15;

/** So many blocks may come at once without the chain being called behind: blocks arrive in bursts. */
const BURST_BLOCKS = 3;

/**
 * How old the agreed tip, and the committed one, may be before the chain counts as standing still, seconds. The chain's
 * own pace decides where it is slow, the operator's `lag.maxSeconds` where that is longer.
 */
export function tipAgeBudgetSeconds(measured: Pick<Budgets, "expectedIntervalSeconds" | "lagMaxSeconds">): number {
  return Math.max(STALE_AT_LEAST_SECONDS, measured.lagMaxSeconds, STALE_INTERVALS * measured.expectedIntervalSeconds);
}

/**
 * How long a quorum may be silent, or nothing be committed, before the chain counts as standing still, seconds. The chain's
 * pace is no excuse here: nodes of the slowest chain answer a poll too.
 */
export function standstillSeconds(measured: Pick<Budgets, "lagMaxSeconds">): number {
  return Math.max(STALE_AT_LEAST_SECONDS, measured.lagMaxSeconds);
}

/** How long a quorum may be silent before nobody can know that no block waits longer than the target, seconds. */
export function quietSeconds(measured: Pick<Budgets, "lagTargetSeconds">): number {
  return Math.max(QUIET_AT_LEAST_SECONDS, measured.lagTargetSeconds);
}

/**
 * The one judgement that API, health check, metrics and page show. Judged against the wall clock and a quorum of
 * independent operators: nodes that all stand still, or too few that do not, make the chain `stalled`, never `synced`.
 *
 * - `conflict`: nodes contradict what is final here.
 * - `unknown`: there was no agreed tip yet, or the clocks are too far apart to judge any age.
 * - `stalled`: the agreed tip is older than `tipAgeBudgetSeconds`; or the quorum that there was is gone; or it has been
 *   silent, or nothing was committed although blocks wait, for longer than `standstillSeconds`.
 * - `behind`: the newest committed block is older than that budget, or a block waits longer than the target, or more are
 *   missing than the target's time holds, or the quorum has been silent for longer than `quietSeconds`. The number of
 *   blocks keeps a service that has just learned how far it is behind from being called synced until the target has run out.
 * - `synced`: every measurement is there and none of this holds. A missing one is never taken for a good one.
 */
export function assessSync(measured: SyncMeasurements): SyncState {
  if (measured.conflict) return "conflict";
  const { agreedHeight, agreedAgeSeconds, indexedHeight, indexedAgeSeconds, quorumSilenceSeconds } = measured;
  if (agreedHeight === undefined || agreedAgeSeconds === undefined) return "unknown";
  const budget = tipAgeBudgetSeconds(measured);
  // A time further in the future than any honest clock, or no number at all, tells nothing of an age.
  for (const age of [agreedAgeSeconds, indexedAgeSeconds ?? 0, quorumSilenceSeconds ?? 0]) {
    if (!(age >= -budget)) return "unknown";
  }
  const standstill = standstillSeconds(measured);
  if (agreedAgeSeconds > budget || measured.idleSeconds > standstill) return "stalled";
  if (quorumSilenceSeconds === undefined || quorumSilenceSeconds > standstill) return "stalled";
  if (indexedHeight === undefined || indexedAgeSeconds === undefined || indexedAgeSeconds > budget) return "behind";
  // Written so that what is no number counts as too much.
  if (!(measured.lagSeconds <= measured.lagTargetSeconds && measured.idleSeconds <= standstill)) return "behind";
  if (quorumSilenceSeconds > quietSeconds(measured)) return "behind";
  const missing = measured.missingBlocks ?? Math.max(0, agreedHeight - indexedHeight);
  if (missing <= BURST_BLOCKS) return "synced";
  return missing * measured.expectedIntervalSeconds <= measured.lagTargetSeconds ? "synced" : "behind";
}
