import type { PoolNode } from "./pool-node.ts";

const POLL_AT_LEAST_MS = 500;
const POLL_AT_MOST_MS = 5_000;
/** Polls of many nodes and replicas do not fall together: each pause is so much longer or shorter. */
const JITTER = 0.1;
/** A node of which news is expected is asked so much more often, for so many polls. */
const EAGER_PART = 4;
const EAGER_POLLS = 4;
/** A node in trouble is asked less and less often, never not at all. */
const TROUBLE_GROWTH = 1.5;
const TROUBLE_AT_MOST_MS = 5_000;
/** Of the requests that a node allows, at most one in so many is a poll. */
const POLL_EVERY = 3;

/** The usual pause between two polls of a node, milliseconds: half the time in which a block is expected, within bounds. */
export function usualPollMs(expectedIntervalMs: number): number {
  return Math.min(Math.max(expectedIntervalMs / 2, POLL_AT_LEAST_MS), POLL_AT_MOST_MS);
}

/** When one node is polled next. */
export class PollPace {
  readonly #pollMs: number;
  readonly #random: () => number;
  #eager = 0;
  #troubles = 0;

  constructor(pollMs: number, random: () => number) {
    this.#pollMs = pollMs;
    this.#random = random;
  }

  /** The shortest pause that there is, milliseconds. */
  get shortestMs(): number {
    return this.#pollMs / EAGER_PART;
  }

  /** Another node has told a block that this one is likely to have in a moment. */
  expectNews(): void {
    this.#eager = EAGER_POLLS;
  }

  /** Before the first poll but one: nodes begin at different moments. */
  phaseMs(): number {
    return this.#pollMs * this.#random();
  }

  /**
   * Never so soon that polls would use up what the node allows: other work needs some of it.
   *
   * @param succeeded whether the last poll was answered
   * @param expectsNews whether other nodes have told a block that this one has not
   * @returns milliseconds until the next poll
   */
  nextMs(node: PoolNode, succeeded: boolean, expectsNews: boolean): number {
    const { allowedRate } = node.limiter;
    const atLeastMs = allowedRate === null ? 0 : (1000 / allowedRate) * POLL_EVERY;
    return Math.max(atLeastMs, this.#wishedMs(node, succeeded, expectsNews));
  }

  #wishedMs(node: PoolNode, succeeded: boolean, expectsNews: boolean): number {
    const jitter = 1 + JITTER * (2 * this.#random() - 1);
    if (node.causes.has("unreachable") && !succeeded) {
      this.#troubles++;
      return Math.min(this.#pollMs * TROUBLE_GROWTH ** this.#troubles, TROUBLE_AT_MOST_MS) * jitter;
    }
    this.#troubles = 0;
    // One failure, or one good answer after many, is soon followed by the next: it shows what it was.
    if (!succeeded || node.isReturning) return this.shortestMs * jitter;
    if (expectsNews && this.#eager > 0) {
      this.#eager--;
      return this.shortestMs * jitter;
    }
    return this.#pollMs * jitter;
  }
}
