import type { Clock } from "../core/clock.ts";

type Sleeper = { readonly due: number; readonly wake: () => void };

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start where it stands, milliseconds since the Unix epoch */
  constructor(start = Date.UTC(2025, 0, 1)) {
    this.#now = start;
  }

  /** Whole milliseconds, as a machine's clock tells them, though sleeps may end in between. */
  now(): number {
    return Math.floor(this.#now);
  }

  /** How many sleeps have neither ended nor been aborted. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper: Sleeper = { due: this.#now + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /**
   * Lets `ms` milliseconds pass. Sleepers whose time comes wake in the order of their time, those of one time in the order
   * in which they fell asleep, each at its own time and with all that follows from it done before the next: one that falls
   * asleep again wakes again when that too is due. Only what waits for nothing but promises is done; a socket is not waited for.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time goes forward only: got ${ms} ms`);
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.due);
      next.wake();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  #next(end: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.due <= end && (next === undefined || sleeper.due < next.due)) next = sleeper;
    }
    return next;
  }
}

/**
 * All promises that are settled have run what waits for them when the event loop comes round, and what they put off to its
 * next round is done when none is put off any more. Without this a busy machine would let time pass in the middle of things.
 */
async function settle(): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes("Immediate")) return;
  }
}

/** What puts itself off for ever is not waited for. */
const MOST_ROUNDS = 1_000;
