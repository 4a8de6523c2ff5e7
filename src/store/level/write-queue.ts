import { noMetrics } from "../../core/contracts/metrics.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { meterWrites, type WriteMeter } from "./metrics.ts";

/** Runs the store's writes one after the other. A write that fails does not hold up those behind it. */
export class WriteQueue {
  readonly #meter: WriteMeter;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(meter: WriteMeter = meterWrites(noMetrics)) {
    this.#meter = meter;
    meter.watchQueue(() => this.#waiting);
  }

  /** @throws HeadwaterError `store-closed`, `overloaded`, or what the write throws */
  run<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed)
      return Promise.reject(new HeadwaterError("store-closed", "the store is closed: nothing can be written"));
    if (this.#waiting >= LIMITS.storeQueueLength) {
      const message = `${this.#waiting} writes already wait for the store`;
      return Promise.reject(new HeadwaterError("overloaded", message));
    }
    this.#waiting++;
    let startedAt = 0;
    const turn = this.#last.then(() => {
      startedAt = performance.now();
      return write();
    });
    const settled = () => {
      this.#waiting--;
      this.#meter.noteWrite(performance.now() - startedAt);
    };
    this.#last = turn.then(settled, settled);
    return turn;
  }

  /** Takes no more writes and waits for those it has. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
