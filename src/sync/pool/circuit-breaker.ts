import { RotatingPair } from "./rotating-pair.ts";

/** So many failures in a row open the breaker. */
const IN_A_ROW = 5;
/** Or such a share of failures among so many calls within the window. */
const FAILURE_SHARE = 0.5;
const CALLS_AT_LEAST = 20;
const WINDOW_MS = 15_000;
/** How long it stays open: doubled each time that the node fails again soon after. */
const OPEN_FIRST_MS = 2_000;
const OPEN_LONGEST_MS = 60_000;
/** So many good calls in a row close it. */
const GOOD_TRIALS = 3;
/** Closed for so long, the next opening is short again. */
const FORGIVEN_MS = 60_000;

export type BreakerState = "closed" | "open" | "half-open";

/**
 * Says when a node had better be left alone. It knows no error: its owner says what counts as a failure, and probes go on
 * whatever it says. Open for a while, then half-open: good calls close it, a failure opens it for longer. The caller tells
 * the time, in milliseconds.
 */
export class CircuitBreaker {
  readonly #calls = new RotatingPair(() => ({ all: 0, failed: 0 }), WINDOW_MS);
  #inARow = 0;
  #good = 0;
  #openUntil: number | undefined;
  #openMs = OPEN_FIRST_MS;
  #closedAt = 0;

  state(now: number): BreakerState {
    if (this.#openUntil === undefined) return "closed";
    return now < this.#openUntil ? "open" : "half-open";
  }

  succeeded(now: number): void {
    this.#inARow = 0;
    this.#calls.current(now).all++;
    if (this.state(now) !== "half-open") return;
    this.#good++;
    if (this.#good < GOOD_TRIALS) return;
    this.#openUntil = undefined;
    this.#closedAt = now;
    this.#calls.clear(now);
  }

  failed(now: number): void {
    this.#inARow++;
    const window = this.#calls.current(now);
    window.all++;
    window.failed++;
    const state = this.state(now);
    if (state === "half-open" || (state === "closed" && this.#tooMany(now))) this.#open(now, state);
  }

  #tooMany(now: number): boolean {
    if (this.#inARow >= IN_A_ROW) return true;
    let all = 0;
    let failed = 0;
    for (const window of this.#calls.both(now)) {
      all += window.all;
      failed += window.failed;
    }
    return all >= CALLS_AT_LEAST && failed >= all * FAILURE_SHARE;
  }

  #open(now: number, from: BreakerState): void {
    const again = from === "half-open" || (this.#closedAt > 0 && now - this.#closedAt < FORGIVEN_MS);
    this.#openMs = again ? Math.min(this.#openMs * 2, OPEN_LONGEST_MS) : OPEN_FIRST_MS;
    this.#openUntil = now + this.#openMs;
    this.#good = 0;
    this.#inARow = 0;
  }
}
