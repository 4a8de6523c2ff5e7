import { LIMITS } from "../../core/limits.ts";

/** Gives the thread to timers and sockets now and then, so that a large write does not hold up those who read. */
export class Pace {
  #since = performance.now();

  /** True when it is time for `turn`: asked often, it costs almost nothing. */
  get due(): boolean {
    return performance.now() - this.#since >= LIMITS.storeTurnMs;
  }

  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
