/** What catching up does to others in this process, as measured over the last seconds. */
export type ProcessLoad = {
  /** What the API's callers wait for this process, milliseconds; undefined where hardly any ask. */
  readonly apiLatencyMs: number | undefined;
  /** Another chain's tip waits longer than its target. */
  readonly tipWaits: boolean;
};

/** The API's 99th percentile that catching up may not push it above, milliseconds. */
const API_GOAL_MS = 100;

/** Below this share of the goal there is room for more; between, nothing changes, so that the share comes to rest. */
const ROOM = 0.6;

/** The least share of the time that catching up gets: however busy the process is, it comes to an end. */
export const LEAST_SHARE = 0.2;
const FALL = 0.5;
const RISE = 0.05;

export type Verdict = "fall" | "hold" | "rise";

/**
 * Whether catching up should take less of the process, as much as now, or more. While nobody asks the API and no tip waits
 * there is nobody to spare, however late the main thread is.
 */
export function assessLoad({ apiLatencyMs, tipWaits }: ProcessLoad): Verdict {
  if (tipWaits) return "fall";
  if (apiLatencyMs === undefined) return "rise";
  if (apiLatencyMs > API_GOAL_MS) return "fall";
  return apiLatencyMs < API_GOAL_MS * ROOM ? "rise" : "hold";
}

/** The share of the time (`LEAST_SHARE` to 1) that catching up gets next: it falls fast and rises slowly. */
export function nextShare(share: number, verdict: Verdict): number {
  if (verdict === "fall") return Math.max(LEAST_SHARE, share * FALL);
  return verdict === "rise" ? Math.min(1, share + RISE) : share;
}
