import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/** Runs the store's writes one after the other. A write that fails does not hold up those behind it. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  /** @throws HeadwaterError `store-closed`, `overloaded`, or what the write throws */
  run<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed)
      return Promise.reject(new HeadwaterError("store-closed", "the store is closed: nothing can be written"));
    if (this.#waiting >= LIMITS.storeQueueLength) {
      const message = `${this.#waiting} writes already wait for the store`;
      return Promise.reject(new HeadwaterError("overloaded", message));
    }
    this.#waiting++;
    const turn = this.#last.then(write);
    this.#last = turn.then(
      () => this.#waiting--,
      () => this.#waiting--,
    );
    return turn;
  }

  /** Takes no more writes and waits for those it has. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
