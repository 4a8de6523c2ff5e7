import { LIMITS } from "../core/limits.ts";
import { EXIT } from "./exit-codes.ts";

/** What of a running service a command needs. */
type Stoppable = { stop(): Promise<void>; readonly finished: Promise<void> };

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The terminal may be gone: what is still written to it goes nowhere, and must not end the process before its store is closed. */
function forgetTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error").on("error", () => {});
}

/**
 * Watches for SIGINT, SIGTERM and SIGHUP while it is not disposed. The first aborts `signal`; a further SIGINT or
 * SIGTERM ends the process at once with code 130, for whoever does not want to wait.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals) => {
    if (name === "SIGHUP") forgetTerminal();
    // A terminal that is closed may say so twice, itself and through its shell: that is nobody's impatience.
    else if (this.signal.aborted) process.exit(EXIT.interrupted);
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
