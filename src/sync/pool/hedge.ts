import type { Clock } from "../../core/clock.ts";

const ENDED = "ended";

export type Begin<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Begins something, and the same a second time beside it when it takes long; the first to succeed wins, and the other's
 * signal aborts. Fails when all that was begun failed. Knows nothing of what it runs.
 *
 * @param second what to begin after `delayMs`; undefined where there is nothing
 */
export async function hedge<T>(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
  first: Begin<T>,
  second: () => Begin<T> | undefined,
): Promise<T> {
  signal.throwIfAborted();
  const scope = new AbortController();
  const end = () => scope.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    const running = first(scope.signal);
    const slow = clock.sleep(delayMs, scope.signal).then(() => SLOW);
    const early = await Promise.race([running, slow]);
    if (early !== SLOW) return early as T;
    const beside = second();
    if (!beside) return await running;
    return await firstSuccess([running, beside(scope.signal)]);
  } finally {
    signal.removeEventListener("abort", end);
    scope.abort(ENDED);
  }
}

const SLOW = Symbol("slow");

async function firstSuccess<T>(attempts: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(attempts);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors.at(-1) : error;
  }
}

/** A second request is begun for so small a share of all: when every node is slow, more requests make it worse. */
const SHARE = 0.1;
/** So many may be begun at once after a quiet time. */
const AT_ONCE = 10;

export class HedgeBudget {
  #left = AT_ONCE;

  noteRequest(): void {
    this.#left = Math.min(AT_ONCE, this.#left + SHARE);
  }

  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
