import type { Clock } from "../../core/clock.ts";

/** A sleep that can be cut short, again and again. One sleeper at a time. */
export class Nap {
  readonly #clock: Clock;
  #awake: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends when the time is up or `wake` is called. @throws the signal's reason when it aborts */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const awake = new AbortController();
    this.#awake = awake;
    const end = () => awake.abort();
    signal.addEventListener("abort", end, { once: true });
    try {
      await this.#clock.sleep(ms, awake.signal);
    } catch {
      // Woken, or stopping: the next line tells.
    } finally {
      signal.removeEventListener("abort", end);
      this.#awake = undefined;
    }
    signal.throwIfAborted();
  }

  wake(): void {
    this.#awake?.abort();
  }
}
