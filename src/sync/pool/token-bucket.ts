/** So much of a second's requests may be sent at once after a pause: short enough that no window of a second overflows. */
const BURST_SECONDS = 0.1;

/** So much of a second's requests may be borrowed from what comes next by work that does not wait. */
const BORROW_SECONDS = 0.25;

/** Requests per second as a budget that fills evenly. The caller tells the time, in milliseconds. */
export class TokenBucket {
  #rate: number;
  #tokens: number;
  #at: number;

  /** @param rate requests per second, above 0 */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#tokens = burst(rate);
    this.#at = now;
  }

  get rate(): number {
    return this.#rate;
  }

  setRate(rate: number, now: number): void {
    this.#fill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, burst(rate));
  }

  /**
   * Milliseconds until a request may be sent; 0: now.
   * @param borrows whether it may be sent before its turn, at the cost of those after it
   */
  waitMs(now: number, borrows: boolean): number {
    this.#fill(now);
    const credit = borrows ? Math.max(1, this.#rate * BORROW_SECONDS) : 0;
    const missing = 1 - this.#tokens - credit;
    // A hair's breadth of missing budget is an error of rounding, and would be waited for in vain.
    return missing <= 1e-9 ? 0 : Math.ceil((missing / this.#rate) * 1000);
  }

  /** One request is sent, whether or not the budget has room for it. */
  take(now: number): void {
    this.#fill(now);
    this.#tokens -= 1;
  }

  #fill(now: number): void {
    // A clock that was set back gives no budget, and takes none.
    const elapsedMs = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(burst(this.#rate), this.#tokens + (elapsedMs / 1000) * this.#rate);
  }
}

function burst(rate: number): number {
  return Math.max(1, rate * BURST_SECONDS);
}
