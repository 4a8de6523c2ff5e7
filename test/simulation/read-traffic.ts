import type { Clock } from "../../src/core/clock.ts";
import { asHeadwaterError, HeadwaterError } from "../../src/core/errors.ts";
import { LIMITS } from "../../src/core/limits.ts";
import type { ChainEngine } from "../../src/sync/chain-engine.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { BrokenPromise, type Invariants } from "./invariants.ts";
import type { Trace } from "./trace.ts";

const EVERY_MS = 1_500;
/** How much later than its deadline a read may end: what it does then is let go, not waited for. */
const GRACE_MS = 1_000;

export type ReadTrafficParts = {
  readonly engine: ChainEngine;
  readonly clock: Clock;
  readonly invariants: Invariants;
  readonly random: SeededRandom;
  readonly trace: Trace;
  /** Six. */
  readonly accounts: readonly string[];
};

/** Callers that ask for balances all along, each with the API's own deadline. */
export class ReadTraffic {
  readonly #parts: ReadTrafficParts;
  /** When each open read was begun. */
  readonly #open = new Map<Promise<void>, number>();
  #nextAt: number;
  #failure: unknown;

  constructor(parts: ReadTrafficParts) {
    this.#parts = parts;
    this.#nextAt = parts.clock.now();
  }

  get open(): number {
    return this.#open.size;
  }

  /** Begins a read when its time has come. */
  step(): void {
    const now = this.#parts.clock.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + EVERY_MS;
    const read: Promise<void> = this.#read().then(
      () => {
        this.#open.delete(read);
      },
      (error: unknown) => {
        this.#open.delete(read);
        this.#failure ??= error;
      },
    );
    this.#open.set(read, now);
  }

  /** @throws BrokenPromise when a read told a wrong number or did not end */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const now = this.#parts.clock.now();
    for (const begun of this.#open.values()) {
      if (now - begun > LIMITS.apiRequestTimeoutMs + GRACE_MS) {
        throw new BrokenPromise(`a read has not ended after ${now - begun} ms`);
      }
    }
  }

  async #read(): Promise<void> {
    const { engine, clock, invariants, random, trace, accounts } = this.#parts;
    const account = accounts[random.integer(0, 5)] as string;
    using view = engine.view();
    const at = view?.position?.tip;
    if (!view || !at) return;
    const deadline = new AbortController();
    const done = new AbortController();
    clock.sleep(LIMITS.apiRequestTimeoutMs, done.signal).then(
      () => deadline.abort(new HeadwaterError("deadline-exceeded", "the read took too long")),
      () => {},
    );
    try {
      const [sheet] = await engine.readBalances(view, at, [{ account, assets: undefined }], deadline);
      if (!sheet) throw new BrokenPromise("a read was answered with nothing");
      invariants.checkBalances(account, at, sheet);
      const refused = sheet.errors.map(({ error }) => error.code);
      trace.note(`read ${account} ${sheet.balances.length} told${refused.length > 0 ? `, ${refused.join("+")}` : ""}`);
    } catch (error) {
      if (error instanceof BrokenPromise) throw error;
      const { code, fault, message } = asHeadwaterError(error);
      if (fault === "internal" && code === "internal") throw new BrokenPromise(`a read failed: ${message}`);
      trace.note(`read ${account} ${code}`);
    } finally {
      done.abort();
    }
  }
}
