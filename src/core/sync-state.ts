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

/**
 * The one judgement that API, health check, metrics and page show. Judged against the wall clock: nodes that all stand
 * still make the chain `stalled`, never `synced`.
 */
export function assessSync(measured: SyncMeasurements): SyncState {
  if (measured.conflict) return "conflict";
  const { tipHeight, indexedHeight, tipAgeSeconds, silenceSeconds } = measured;
  if (tipHeight === undefined || tipAgeSeconds === undefined || silenceSeconds === undefined) return "unknown";
  const staleAfter = Math.max(
    STALE_AT_LEAST_SECONDS,
    measured.lagMaxSeconds,
    STALE_INTERVALS * measured.expectedIntervalSeconds,
  );
  if (silenceSeconds > staleAfter || tipAgeSeconds > staleAfter) return "stalled";
  if (indexedHeight === undefined) return "behind";
  if (indexedHeight >= tipHeight) return "synced";
  return measured.lagSeconds <= measured.lagTargetSeconds ? "synced" : "behind";
}
