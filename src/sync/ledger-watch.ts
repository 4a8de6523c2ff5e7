import type { Clock } from "../core/clock.ts";

const ENDED = "ended";

/** Lets others wait for what the ledger comes to, without asking it again and again. */
export class LedgerWatch {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The ledger has changed. */
  note(): void {
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Resolves with true when the condition holds, at once or after a change, and with false when that does not come in time.
   * @throws the signal's reason
   */
  async until(holds: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (holds()) return true;
    const scope = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const look = () => {
      try {
        if (holds()) resolve(true);
      } catch (error) {
        // A ledger that cannot be asked is the waiting one's trouble, never that of whoever has written.
        reject(error);
      }
    };
    this.#waiting.add(look);
    try {
      const timeIsUp = this.#clock.sleep(ms, AbortSignal.any([signal, scope.signal])).then(() => false);
      return await Promise.race([promise, timeIsUp]);
    } finally {
      this.#waiting.delete(look);
      scope.abort(ENDED);
    }
  }
}
