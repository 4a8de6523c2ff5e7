import { RotatingPair } from "./rotating-pair.ts";

/** Each bucket is so much wider than the one before it: quantiles are right within half of that. */
const GROWTH = 1.15;
const LOG_GROWTH = Math.log(GROWTH);
/** The last bucket begins at about ten minutes. */
const BUCKETS = 98;

/** Durations of late, in milliseconds: small, of fixed size, and read as quantiles. The caller tells the time. */
export class RollingHistogram {
  readonly #windows: RotatingPair<Uint32Array>;

  constructor(windowMs: number) {
    this.#windows = new RotatingPair(() => new Uint32Array(BUCKETS), windowMs);
  }

  add(ms: number, now: number): void {
    const window = this.#windows.current(now);
    const bucket = bucketOf(ms);
    window[bucket] = (window[bucket] as number) + 1;
  }

  count(now: number): number {
    let count = 0;
    for (const window of this.#windows.both(now)) for (const bucket of window) count += bucket;
    return count;
  }

  /** @param quantile between 0 and 1; undefined where nothing was measured */
  quantile(quantile: number, now: number): number | undefined {
    const [current, before] = this.#windows.both(now);
    let rest = Math.max(1, Math.ceil(this.count(now) * quantile));
    for (let i = 0; i < BUCKETS; i++) {
      rest -= (current[i] as number) + (before[i] as number);
      if (rest <= 0) return middleOf(i);
    }
    return undefined;
  }
}

function bucketOf(ms: number): number {
  // Below a millisecond the clock tells nothing.
  if (!(ms >= 1)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(ms) / LOG_GROWTH));
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : GROWTH ** (bucket - 0.5);
}
