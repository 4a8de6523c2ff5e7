import type { Logger } from "../core/contracts/logger.ts";

/** Runs in reverse what was started, so that a failed start leaves nothing behind and keeps its first error. */
export class Teardown {
  readonly #steps: { readonly what: string; readonly run: () => Promise<void> }[] = [];
  readonly #logger: Logger;
  #running: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(what: string, run: () => Promise<void>): void {
    this.#steps.push({ what, run });
  }

  /** May be called twice. A step that fails is logged and does not keep the others from running. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (const { what, run } of this.#steps.reverse()) {
      try {
        await run();
      } catch (error) {
        this.#logger.error({ error }, `stopping: ${what} failed`);
      }
    }
  }
}
