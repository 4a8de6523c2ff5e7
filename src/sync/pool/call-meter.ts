import type { Clock } from "../../core/clock.ts";
import type { Quantiles } from "../../core/contracts/service.ts";
import { asHeadwaterError, type HeadwaterError } from "../../core/errors.ts";
import { failureKind } from "./call-outcome.ts";
import type { CallKind } from "./pool-events.ts";
import { RollingHistogram } from "./rolling-histogram.ts";
import { RotatingPair } from "./rotating-pair.ts";

/** What is told of a node is of its last minutes. */
const WINDOW_MS = 2 * 60_000;
/** Fewer calls than this tell no share. */
const CALLS_AT_LEAST = 5;

const KINDS: readonly CallKind[] = ["poll", "tip", "read", "pending", "reconciliation", "backfill"];

/** How long one node's calls take and how many fail. */
export class CallMeter {
  readonly #clock: Clock;
  readonly #durations = new Map(KINDS.map((kind) => [kind, new RollingHistogram(WINDOW_MS)]));
  readonly #counts = new RotatingPair(() => ({ all: 0, failed: 0, throttled: 0 }), WINDOW_MS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  served(kind: CallKind, durationMs: number): void {
    const now = this.#clock.now();
    this.#durations.get(kind)?.add(durationMs, now);
    this.#counts.current(now).all++;
  }

  failed(kind: CallKind, durationMs: number, error: HeadwaterError): void {
    const now = this.#clock.now();
    const outcome = failureKind(error);
    if (outcome === "ours") return;
    const counts = this.#counts.current(now);
    counts.all++;
    if (outcome === "throttled") counts.throttled++;
    if (outcome === "failed" || outcome === "wrong") counts.failed++;
    // A timeout is as slow as it gets; a refusal at the door tells nothing of the node's pace.
    if (error.code === "node-timeout") this.#durations.get(kind)?.add(durationMs, now);
  }

  /**
   * A call was given up. It failed in nothing, yet it had already taken so long: forgetting that would make the node
   * that is always overtaken look like the fastest.
   */
  givenUp(kind: CallKind, durationMs: number): void {
    const median = this.latency(kind, 0.5);
    if (median !== undefined && durationMs > median) this.#durations.get(kind)?.add(durationMs, this.#clock.now());
  }

  /** @returns milliseconds, undefined where too little was measured */
  latency(kind: CallKind, quantile: number): number | undefined {
    const durations = this.#durations.get(kind);
    const now = this.#clock.now();
    return durations && durations.count(now) >= CALLS_AT_LEAST ? durations.quantile(quantile, now) : undefined;
  }

  /** Over the kind of calls that the node gets most: callers' reads, or whatever there was. */
  get latencyMs(): Quantiles | null {
    for (const kind of ["read", "tip", "backfill", "poll"] as const) {
      const p50 = this.latency(kind, 0.5);
      const p95 = this.latency(kind, 0.95);
      if (p50 !== undefined && p95 !== undefined) return { p50, p95 };
    }
    return null;
  }

  /** Shares of the last calls, 0 to 1. Null where there were too few. */
  shares(): { readonly errorRate: number | null; readonly throttleRate: number | null } {
    let all = 0;
    let failed = 0;
    let throttled = 0;
    for (const counts of this.#counts.both(this.#clock.now())) {
      all += counts.all;
      failed += counts.failed;
      throttled += counts.throttled;
    }
    if (all < CALLS_AT_LEAST) return { errorRate: null, throttleRate: null };
    return { errorRate: failed / all, throttleRate: throttled / all };
  }
}

/** Runs a call and tells how it ended and how long it took. A call whose signal aborted was given up, whatever it says. */
export async function timeCall<T>(
  clock: Clock,
  call: () => Promise<T>,
  signal: AbortSignal | undefined,
  ended: (durationMs: number, error: HeadwaterError | "given-up" | undefined) => void,
): Promise<T> {
  const startedAt = clock.now();
  const elapsed = () => Math.max(0, clock.now() - startedAt);
  try {
    const value = await call();
    ended(elapsed(), undefined);
    return value;
  } catch (error) {
    ended(elapsed(), signal?.aborted ? "given-up" : asHeadwaterError(error));
    throw error;
  }
}
