import type { Clock } from "../core/clock.ts";

/** Wakes one loop when there is news, so that it need not ask. News that come while it works are not lost. */
export class Bell {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** What was rung for until now is about to be seen to. */
  hush(): void {
    this.#rung = false;
  }

  /** Resolves when the bell rings or was rung since it was hushed, after `ms` milliseconds or an abort at the latest. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#rung) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
    } catch {
      // Woken early, or stopping: the caller looks at its own signal.
    } finally {
      this.#wake = undefined;
    }
  }
}
