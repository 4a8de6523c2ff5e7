import { FairTurns } from "./fair-turns.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What several nodes share. Each gets its turn, however many requests the others have. */
export class SharedBudget {
  readonly #bucket: TokenBucket;
  readonly #turns = new FairTurns();

  /** @param rate requests per second */
  constructor(rate: number, now: number) {
    this.#bucket = new TokenBucket(rate, now);
  }

  get rate(): number {
    return this.#bucket.rate;
  }

  /**
   * Milliseconds until a request may be sent; 0: now.
   * @param borrows whether it is sent before its turn, at the cost of those after it
   * @param who asks, always the same of one node
   */
  waitMs(now: number, borrows: boolean, who: object): number {
    const waitMs = this.#bucket.waitMs(now, borrows);
    if (borrows) return waitMs;
    if (waitMs === 0 && this.#turns.isNext(who, now)) return 0;
    this.#turns.wait(who);
    return Math.max(1, waitMs);
  }

  /** As `waitMs`, by the rate alone: for whoever only wants to know, and does not stand in line. */
  delayMs(now: number, borrows: boolean): number {
    return this.#bucket.waitMs(now, borrows);
  }

  take(now: number, who: object): void {
    this.#bucket.take(now);
    this.#turns.take(who);
  }
}

/** What operators allow over all their nodes and all chains. One object serves every engine of a process. */
export class RateBudgets {
  readonly #buckets: ReadonlyMap<string, SharedBudget>;

  /** @param operators requests per second by operator; operators that are not named have no shared budget */
  constructor(operators: Readonly<Record<string, { readonly requestsPerSecond: number }>>, now: number) {
    this.#buckets = new Map(
      Object.entries(operators).map(([name, { requestsPerSecond }]) => [
        name,
        new SharedBudget(requestsPerSecond, now),
      ]),
    );
  }

  of(operator: string): SharedBudget | undefined {
    return this.#buckets.get(operator);
  }
}
