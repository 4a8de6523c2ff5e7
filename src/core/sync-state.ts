/** What an operator is told about a chain. `unknown` until something was measured. */
export const SYNC_STATES = ["synced", "behind", "stalled", "conflict", "unknown"] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** What the state is judged by, and nothing else. Times in seconds, `undefined` where nothing was measured. */
export type SyncMeasurements = {
  readonly conflict: boolean;
  /** Newest height that nodes stand behind. */
  readonly tipHeight: number | undefined;
  /** Newest committed height. */
  readonly indexedHeight: number | undefined;
  /** How long the oldest known but unindexed block has been waiting. */
  readonly lagSeconds: number;
  /** Now minus the time of the newest block that nodes stand behind. */
  readonly tipAgeSeconds: number | undefined;
  /** Now minus the last moment at which any node told its tip. */
  readonly silenceSeconds: number | undefined;
  readonly expectedIntervalSeconds: number;
  readonly lagTargetSeconds: number;
  readonly lagMaxSeconds: number;
};

/** A tip older than so many expected intervals is a chain (or all its nodes) standing still. */
const STALE_INTERVALS = 30;
const STALE_AT_LEAST_SECONDS = 30;

/** So many blocks may come at once without the chain being called behind: blocks arrive in bursts. */
const BURST_BLOCKS = 3;

/**
 * How old the newest block, or the nodes' last word, may be before the chain counts as standing still, seconds. The
 * chain's own pace decides where it is slow, the operator's `lag.maxSeconds` where that is longer.
 */
export function tipAgeBudgetSeconds(
  measured: Pick<SyncMeasurements, "expectedIntervalSeconds" | "lagMaxSeconds">,
): number {
  return Math.max(STALE_AT_LEAST_SECONDS, measured.lagMaxSeconds, STALE_INTERVALS * measured.expectedIntervalSeconds);
}

/**
 * The one judgement that API, health check, metrics and page show. Judged against the wall clock: nodes that all stand
 * still make the chain `stalled`, never `synced`.
 *
 * `synced` needs every measurement: a tip inside `tipAgeBudgetSeconds`, a word from the nodes inside it, no block waiting
 * longer than the target, and no more blocks missing than the target's time holds. The last is what keeps a service
 * that has just learned how far it is behind from being called synced until the target has run out.
 */
export function assessSync(measured: SyncMeasurements): SyncState {
  if (measured.conflict) return "conflict";
  const { tipHeight, indexedHeight, tipAgeSeconds, silenceSeconds } = measured;
  if (tipHeight === undefined || tipAgeSeconds === undefined || silenceSeconds === undefined) return "unknown";
  const budget = tipAgeBudgetSeconds(measured);
  // A time further in the future than any honest clock, or no number at all, tells nothing of the tip's age.
  if (!(tipAgeSeconds >= -budget && silenceSeconds >= -budget)) return "unknown";
  if (silenceSeconds > budget || tipAgeSeconds > budget) return "stalled";
  if (indexedHeight === undefined || !(measured.lagSeconds <= measured.lagTargetSeconds)) return "behind";
  const missing = Math.max(0, tipHeight - indexedHeight);
  if (missing <= BURST_BLOCKS) return "synced";
  return missing * measured.expectedIntervalSeconds <= measured.lagTargetSeconds ? "synced" : "behind";
}
