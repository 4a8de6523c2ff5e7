import type { Quantiles } from "../../core/contracts/service.ts";
import { RollingHistogram } from "./rolling-histogram.ts";

/** Blocks come every few seconds: it takes minutes until their arrivals tell anything. */
const WINDOW_MS = 20 * 60_000;

/** How late one node tells its blocks, and how unevenly. The caller tells the time, in milliseconds. */
export class ArrivalMeter {
  readonly #deltas = new RollingHistogram(WINDOW_MS);
  readonly #jitters = new RollingHistogram(WINDOW_MS);
  #last: number | undefined;

  /** @returns the change against the delta before, milliseconds (as RFC 3550, section 6.4.1, takes jitter) */
  note(deltaMs: number, now: number): number {
    const jitterMs = Math.abs(deltaMs - (this.#last ?? deltaMs));
    this.#last = deltaMs;
    this.#deltas.add(deltaMs, now);
    this.#jitters.add(jitterMs, now);
    return jitterMs;
  }

  firstSeenDeltaMs(now: number): Quantiles | null {
    const p50 = this.#deltas.quantile(0.5, now);
    const p95 = this.#deltas.quantile(0.95, now);
    return p50 === undefined || p95 === undefined ? null : { p50, p95 };
  }

  /** The change from block to block that 95 of 100 stay below, milliseconds. */
  jitterMs(now: number): number | null {
    return this.#jitters.quantile(0.95, now) ?? null;
  }
}
