import { TokenBucket } from "./token-bucket.ts";

/** What operators allow over all their nodes and all chains. One object serves every engine of a process. */
export class RateBudgets {
  readonly #buckets: ReadonlyMap<string, TokenBucket>;

  /** @param operators requests per second by operator; operators that are not named have no shared budget */
  constructor(operators: Readonly<Record<string, { readonly requestsPerSecond: number }>>, now: number) {
    this.#buckets = new Map(
      Object.entries(operators).map(([name, { requestsPerSecond }]) => [name, new TokenBucket(requestsPerSecond, now)]),
    );
  }

  of(operator: string): TokenBucket | undefined {
    return this.#buckets.get(operator);
  }
}
