import type { Clock } from "../../core/clock.ts";

/** The reason of what is ended because nobody waits for it any more. It is never seen, so no stack is taken for it. */
const ENDED = "ended";

/**
 * Runs something that must be over in time, also when it does not look at its signal.
 *
 * @param signal the caller's: rejects at once with its reason
 * @param late makes the error that it rejects with when the time is up
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const scope = new AbortController();
  const end = () => scope.abort(signal?.reason);
  signal?.addEventListener("abort", end, { once: true });
  try {
    const timeIsUp = clock.sleep(ms, scope.signal).then(() => {
      const error = late();
      scope.abort(error);
      throw error;
    });
    return await Promise.race([run(scope.signal), timeIsUp]);
  } finally {
    signal?.removeEventListener("abort", end);
    scope.abort(ENDED);
  }
}
