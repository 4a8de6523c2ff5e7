import type { StoreFault } from "../../../core/contracts/store.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import { Pace } from "../pace.ts";

/** What a check of the store has found so far, and how far it is. */
export class Findings {
  readonly faults: StoreFault[] = [];
  readonly #total: number;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #pace = new Pace();
  #done = 0;

  constructor(total: number, onProgress?: (done: number, total: number) => void, signal?: AbortSignal) {
    this.#total = Math.max(1, total);
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /** Faults beyond the cap are let go: one that many says enough. */
  fault(where: string, expected: string | number, actual: string | number): void {
    if (this.faults.length < LIMITS.verifyFaults) {
      this.faults.push({ where, expected: String(expected), actual: String(actual) });
    }
  }

  equal(where: string, expected: string | number, actual: string | number): void {
    if (expected !== actual) this.fault(where, expected, actual);
  }

  /** Runs one check. What cannot be read is a fault and ends this check, not the whole. */
  async attempt(where: string, check: () => Promise<void>): Promise<void> {
    this.#signal?.throwIfAborted();
    try {
      await check();
    } catch (error) {
      if (!(error instanceof HeadwaterError && (error.code === "store-corrupt" || error.code === "store-failure")))
        throw error;
      this.fault(where, "rows that can be read", error.message);
    }
  }

  /** Gives way to other work now and then. Rejects with the signal's reason when the check was broken off. */
  async breathe(): Promise<void> {
    if (!this.#pace.due) return;
    await this.#pace.turn();
    this.#signal?.throwIfAborted();
  }

  progress(steps: number): void {
    this.#done = Math.min(this.#total, this.#done + steps);
    this.#onProgress?.(this.#done, this.#total);
  }
}
