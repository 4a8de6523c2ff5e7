/** Buckets are so wide that a quantile is told at most a fifth too high: 2 ** (1 / 4). */
const STEPS_IN_A_DOUBLING = 4;
/** From 2 ** -6 ms (16 µs) to 2 ** 18 ms (over four minutes): what is below or above counts in the first or last bucket. */
const LOWEST_DOUBLING = -6;
const BUCKETS = (18 - LOWEST_DOUBLING) * STEPS_IN_A_DOUBLING;

/**
 * A quantile over the newest durations, for a price that a request does not feel: one logarithm and one count, no
 * allocation. It looks back over the current window and the one before.
 */
export class RollingQuantile {
  #current = new Uint32Array(BUCKETS);
  #before = new Uint32Array(BUCKETS);

  note(durationMs: number): void {
    const step = Math.ceil((Math.log2(durationMs) - LOWEST_DOUBLING) * STEPS_IN_A_DOUBLING);
    const bucket = step > 0 ? Math.min(step, BUCKETS - 1) : 0;
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
  }

  /** The current window is over: what was before it is forgotten. */
  rotate(): void {
    const oldest = this.#before;
    this.#before = this.#current;
    this.#current = oldest.fill(0);
  }

  /** How many durations it knows. */
  get count(): number {
    let total = 0;
    for (let i = 0; i < BUCKETS; i++) total += this.#at(i);
    return total;
  }

  /** The duration that a share `q` (0 to 1) of the newest stays within, milliseconds; undefined where there are none. */
  quantileMs(q: number): number | undefined {
    const total = this.count;
    if (total === 0) return undefined;
    let seen = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1) {
      seen += this.#at(bucket);
      if (seen >= q * total) break;
      bucket++;
    }
    return 2 ** (LOWEST_DOUBLING + bucket / STEPS_IN_A_DOUBLING);
  }

  #at(bucket: number): number {
    return (this.#current[bucket] ?? 0) + (this.#before[bucket] ?? 0);
  }
}
