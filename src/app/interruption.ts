import { LIMITS } from "../core/limits.ts";
import { EXIT } from "./exit-codes.ts";

/** What of a running service a command needs. */
type Stoppable = { stop(): Promise<void>; readonly finished: Promise<void> };

/**
 * Watches for SIGINT and SIGTERM while it is not disposed. The first aborts `signal`; a second ends the process at once
 * with code 130, for whoever does not want to wait.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();

  constructor() {
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }

  readonly #onSignal = () => {
    if (this.signal.aborted) process.exit(EXIT.interrupted);
    this.#controller.abort();
  };
}

/**
 * Waits until the service has finished, and stops it once when the signal aborts. What has not stopped in time is cut
 * off: the process ends with code 1. The store survives that as it survives a crash.
 */
export async function runUntilInterrupted(
  service: Stoppable,
  signal: AbortSignal,
  deadlineMs: number = LIMITS.shutdownMs,
): Promise<void> {
  const stop = () => {
    const deadline = setTimeout(() => {
      process.stderr.write(`stopping took longer than ${deadlineMs / 1000} seconds: cut off\n`);
      process.exit(EXIT.failure);
    }, deadlineMs);
    return service.stop().finally(() => clearTimeout(deadline));
  };
  const { promise: stopped, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => void stop().then(resolve, reject);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([stopped, service.finished]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  await (signal.aborted ? stopped : service.stop());
}
