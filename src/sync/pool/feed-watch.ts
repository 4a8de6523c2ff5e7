/**
 * Tells whether an open push feed is alive. Only the feed's own heads count as its life: that polls go well says nothing
 * of it. Silence is found by the polls: they tell a block that the feed should have told. The caller tells the time, in
 * milliseconds.
 */
export class FeedWatch {
  readonly #graceMs: number;
  #pushedHeight = -1;
  /** When a poll first told more than the feed. */
  #behindSince: number | undefined;

  /** @param graceMs how much later than the poll a feed may tell a block */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  notePush(height: number): void {
    this.#pushedHeight = height;
    this.#behindSince = undefined;
  }

  /** A poll told this height. @returns whether the feed has been silent for too long */
  isSilent(polledHeight: number, now: number): boolean {
    // What was there when the feed opened it does not tell again.
    if (this.#pushedHeight < 0) this.#pushedHeight = polledHeight;
    if (polledHeight <= this.#pushedHeight) {
      this.#behindSince = undefined;
      return false;
    }
    this.#behindSince ??= now;
    return now - this.#behindSince >= this.#graceMs;
  }
}
