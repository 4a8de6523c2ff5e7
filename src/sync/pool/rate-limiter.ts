import type { WorkClass } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { SharedBudget } from "./rate-budgets.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What a rate is multiplied by when the node asks for less, and when it does not answer in time. */
const FALL_THROTTLED = 0.7;
const FALL_TIMEOUT = 0.85;
/** One refusal seldom comes alone: requests under way are refused for the same reason, and count once. */
const COOL_DOWN_MS = 1_000;
/** A rate rises after each stretch of this length in which nearly all of it was used and nothing was refused. */
const STRETCH_MS = 1_000;
const NEARLY_ALL = 0.8;
/** Per stretch: back towards the rate at which the node last refused, and beyond it. */
const RISE_BACK = 1.2;
const RISE_BEYOND = 1.02;
const CLOSE_TO_REFUSED = 0.9;
/** A measured rate above this is none: nothing here sends as much to one node. Requests per second. */
const AS_GOOD_AS_UNLIMITED = 10_000;
/** What is sent in a quiet second tells nothing of a limit: it is measured from here on. Requests per second. */
const QUIET = 4;
/** The least that a node is sent however often it refuses, requests per second: at none it could never do better. */
const FLOOR = 1;
/** Pauses after refusals that name none, doubled from one to the next. */
const PAUSE_FIRST_MS = 250;
const PAUSE_LONGEST_MS = 5_000;

export type RateLimiterOptions = {
  /** Requests per second as configured: the most there will be. Without it nothing is limited until a node refuses. */
  readonly ceiling?: number;
  /** What the node shares with its operator's others. */
  readonly shared?: SharedBudget;
  readonly now: number;
};

/**
 * How much one node is sent: rises slowly, falls fast (once per cool-down), pauses where the node asks for it, and never
 * falls to nothing. The caller tells the time, in milliseconds.
 */
export class RateLimiter {
  readonly #ceiling: number | undefined;
  readonly #shared: SharedBudget | undefined;
  #bucket: TokenBucket | undefined;
  #pausedUntil = 0;
  #fellAt = Number.NEGATIVE_INFINITY;
  /** The rate at which the node refused last. */
  #refusedAt = Number.POSITIVE_INFINITY;
  /** Refusals in a row. */
  #refusals = 0;
  #stretchAt: number;
  #stretchSent = 0;
  #lastStretchRate = 0;

  constructor({ ceiling, shared, now }: RateLimiterOptions) {
    this.#ceiling = ceiling;
    this.#shared = shared;
    this.#stretchAt = now;
    if (ceiling !== undefined) this.#bucket = new TokenBucket(ceiling, now);
  }

  /** Requests per second that are allowed now, the operator's shared budget included; null: any number. */
  get allowedRate(): number | null {
    const rate = Math.min(
      this.#bucket?.rate ?? Number.POSITIVE_INFINITY,
      this.#shared?.rate ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(rate) ? rate : null;
  }

  /** Milliseconds for which the node asked to be left alone; 0: it does not. */
  pauseMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** Milliseconds until a request for this work may be sent; 0: now. Tip work borrows rather than wait its turn. */
  waitMs(work: WorkClass, now: number): number {
    const borrows = work === "tip";
    const ownMs = Math.max(this.pauseMs(now), this.#bucket?.waitMs(now, borrows) ?? 0);
    // A node that waits for itself does not stand in line with the others.
    return ownMs > 0 ? ownMs : (this.#shared?.waitMs(now, borrows, this) ?? 0);
  }

  /** How long a request for this work would have to wait, milliseconds, were it made: nothing is kept of the question. */
  delayMs(work: WorkClass, now: number): number {
    const borrows = work === "tip";
    return Math.max(
      this.pauseMs(now),
      this.#bucket?.waitMs(now, borrows) ?? 0,
      this.#shared?.delayMs(now, borrows) ?? 0,
    );
  }

  /** One request is sent. */
  take(now: number): void {
    this.#endStretch(now);
    this.#stretchSent++;
    this.#bucket?.take(now);
    this.#shared?.take(now, this);
  }

  /** A request was answered as it should be. */
  noteServed(): void {
    this.#refusals = 0;
  }

  /** @param retryAfterMs how long the node asks to wait, where it says so */
  noteThrottled(now: number, retryAfterMs?: number): void {
    const cooling = now - this.#fellAt < COOL_DOWN_MS;
    if (!cooling) this.#refusals++;
    const backOffMs = Math.min(PAUSE_FIRST_MS * 2 ** (this.#refusals - 1), PAUSE_LONGEST_MS);
    // "At once" from a node that has just refused is no time to be taken at its word.
    this.pause(now, retryAfterMs || backOffMs);
    if (!cooling) this.#fall(now, FALL_THROTTLED);
  }

  /**
   * A request was not answered in time. That lowers a rate that is known to be a limit; a node of which none is known may
   * as well be dead, and would come back to a rate that was measured while it died.
   */
  noteTimeout(now: number): void {
    if (this.#bucket && now - this.#fellAt >= COOL_DOWN_MS) this.#fall(now, FALL_TIMEOUT);
  }

  /** Sends nothing for so long, at most `LIMITS.nodePauseMs`. */
  pause(now: number, ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(ms, LIMITS.nodePauseMs));
  }

  #fall(now: number, factor: number): void {
    this.#fellAt = now;
    const sent = this.#throughput(now);
    const before = Math.min(this.#bucket?.rate ?? Number.POSITIVE_INFINITY, Math.max(sent, QUIET));
    this.#refusedAt = before;
    const rate = Math.max(before * factor, FLOOR);
    this.#setRate(this.#ceiling === undefined ? rate : Math.min(rate, this.#ceiling), now);
    this.#beginStretch(now);
  }

  #endStretch(now: number): void {
    const elapsedMs = now - this.#stretchAt;
    if (elapsedMs < STRETCH_MS) return;
    const rate = (this.#stretchSent * 1000) / elapsedMs;
    const bucket = this.#bucket;
    if (bucket && rate >= bucket.rate * NEARLY_ALL) {
      const risen = bucket.rate * (bucket.rate < this.#refusedAt * CLOSE_TO_REFUSED ? RISE_BACK : RISE_BEYOND);
      if (this.#ceiling !== undefined) this.#setRate(Math.min(risen, this.#ceiling), now);
      else if (risen < AS_GOOD_AS_UNLIMITED) this.#setRate(risen, now);
      else this.#bucket = undefined;
    }
    this.#lastStretchRate = rate;
    this.#beginStretch(now);
  }

  #setRate(rate: number, now: number): void {
    if (this.#bucket) this.#bucket.setRate(rate, now);
    else this.#bucket = new TokenBucket(rate, now);
  }

  #beginStretch(now: number): void {
    this.#stretchAt = now;
    this.#stretchSent = 0;
  }

  /** Requests per second as sent of late. */
  #throughput(now: number): number {
    const seconds = Math.max(STRETCH_MS, now - this.#stretchAt) / 1000;
    return Math.max(this.#lastStretchRate, this.#stretchSent / seconds);
  }
}
