import type { Clock } from "../core/clock.ts";

/** What the promise gives, or undefined when that takes longer than `ms` milliseconds: it is then not waited for. */
export async function settledWithin<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  try {
    const late = clock.sleep(ms, done.signal).then(
      () => undefined,
      () => undefined,
    );
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}
