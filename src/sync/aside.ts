import type { Logger } from "../core/contracts/logger.ts";
import { asHeadwaterError } from "../core/errors.ts";

/** Work beside an engine's steps, one piece at a time, so that a new tip never waits for it. What fails is told to the log. */
export class Aside {
  readonly #chain: string;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;

  constructor(chain: string, logger: Logger) {
    this.#chain = chain;
    this.#logger = logger;
  }

  /** Begins the work, unless some is under way. */
  begin(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): void {
    this.#running ??= work(signal)
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const { code, message, stack } = asHeadwaterError(error);
        this.#logger.warn({ chain: this.#chain, code, stack }, message);
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }
}
