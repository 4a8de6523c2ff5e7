import PQueue from "p-queue";
import type { Clock } from "../../core/clock.ts";
import type { CallOptions, FeedMessage, NodeFeed, NodeTransport, WorkClass } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Gravest first: the order in which waiting work is sent. */
const WORK_BY_URGENCY = [
  "tip",
  "read",
  "pending",
  "reconciliation",
  "backfill",
] as const satisfies readonly WorkClass[];
const PRIORITIES: Readonly<Record<WorkClass, number>> = { tip: 4, read: 3, pending: 2, reconciliation: 1, backfill: 0 };

/** Ends the timer of a request that has ended: nobody sees it, and no stack has to be taken for it. */
const ENDED = "ended";

export type MeteredTransportOptions = {
  readonly node: string;
  readonly wire: NodeWire;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
};

/** One request over the wire, of either kind. */
type Ask = (request: Omit<WireRequest, "body">) => Promise<WireAnswer>;

/**
 * The metered way to one node: a bounded queue with priorities, the allowed rate, a timeout for every request. Waiting
 * requests keep no slot: what is more urgent goes first until the very moment of sending.
 */
export class MeteredTransport implements NodeTransport {
  readonly node: string;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;
  readonly subscribe?: (topics: readonly string[], signal: AbortSignal) => Promise<AsyncIterable<FeedMessage>>;
  readonly get?: (path: string, options?: CallOptions) => Promise<Uint8Array>;
  readonly #wire: NodeWire;
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #queue = new PQueue({ concurrency: LIMITS.nodeConcurrency });
  readonly #waiting: Record<WorkClass, number> = { tip: 0, read: 0, pending: 0, reconciliation: 0, backfill: 0 };
  readonly #closed = new AbortController();
  /** Ends the wait for the rate, to begin a shorter one. */
  #pacing: { readonly until: number; readonly abort: AbortController } | undefined;

  constructor({ node, wire, clock, limiter }: MeteredTransportOptions) {
    this.node = node;
    this.#wire = wire;
    this.#clock = clock;
    this.#limiter = limiter;
    const { openFeed, subscribe, get } = wire;
    if (get) this.get = (path, options) => this.#enqueue((request) => get.call(wire, { path, ...request }), options);
    if (openFeed) this.openFeed = (signal) => openFeed.call(wire, signal);
    if (subscribe) this.subscribe = (topics, signal) => subscribe.call(wire, topics, signal);
  }

  /** Requests that wait to be sent. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Requests under way. */
  get running(): number {
    return this.#queue.pending;
  }

  /** Requests that wait or are under way, as a share of those that may be under way at once. */
  get load(): number {
    return (this.#queue.size + this.#queue.pending) / LIMITS.nodeConcurrency;
  }

  post(body: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#enqueue((request) => this.#wire.post({ body, ...request }), options);
  }

  async #enqueue(ask: Ask, options: CallOptions = {}): Promise<Uint8Array> {
    this.#closed.signal.throwIfAborted();
    const { work = "read", signal } = options;
    // The few questions for the tip find room whatever else waits.
    if (work !== "tip" && this.#queue.size >= LIMITS.nodeQueueLength) {
      throw new HeadwaterError("overloaded", `node ${this.node}: ${this.#queue.size} requests wait already`, {
        retry: { sameNode: false, otherNode: true, afterMs: 1000 },
      });
    }
    let waits = true;
    const leave = () => {
      if (waits) this.#waiting[work]--;
      waits = false;
    };
    const start = () => {
      leave();
      this.#limiter.take(this.#clock.now());
      this.#pace();
      return this.#send(ask, options);
    };
    this.#waiting[work]++;
    // Held before it stands in the queue, let go after: or what is less urgent would go in its place.
    if (this.#limiter.waitMs(work, this.#clock.now()) > 0) this.#queue.pause();
    const sent = this.#queue.add(start, { priority: PRIORITIES[work], ...(signal && { signal }) });
    this.#pace();
    try {
      return await sent;
    } catch (error) {
      throw this.#closed.signal.aborted ? this.#closed.signal.reason : error;
    } finally {
      leave();
    }
  }

  /** Ends open connections at once; requests under way or waiting fail. */
  async close(): Promise<void> {
    this.#closed.abort(new HeadwaterError("shutting-down", `node ${this.node}: the connection was closed`));
    this.#pacing?.abort.abort();
    this.#queue.clear();
    await this.#wire.close();
  }

  /** Lets the queue go on, or holds it for as long as the rate asks the most urgent waiting work to wait. */
  #pace(): void {
    const now = this.#clock.now();
    const work = WORK_BY_URGENCY.find((each) => this.#waiting[each] > 0);
    const waitMs = work === undefined ? 0 : this.#limiter.waitMs(work, now);
    if (waitMs > 0) {
      this.#queue.pause();
      this.#paceAgain(now + waitMs, waitMs);
    } else if (this.#queue.isPaused) {
      this.#pacing?.abort.abort();
      this.#pacing = undefined;
      this.#queue.start();
    }
  }

  #paceAgain(until: number, waitMs: number): void {
    if (this.#pacing && this.#pacing.until <= until) return;
    this.#pacing?.abort.abort();
    const pacing = { until, abort: new AbortController() };
    this.#pacing = pacing;
    this.#clock.sleep(waitMs, pacing.abort.signal).then(
      () => {
        this.#pacing = undefined;
        this.#pace();
      },
      // A shorter wait took its place, or none is needed.
      () => {},
    );
  }

  async #send(ask: Ask, options: CallOptions): Promise<Uint8Array> {
    const timeoutMs = options.timeoutMs ?? LIMITS.nodeRequestTimeoutMs;
    const ending = new AbortController();
    const end = () => ending.abort(options.signal?.reason ?? this.#closed.signal.reason);
    options.signal?.addEventListener("abort", end, { once: true });
    this.#closed.signal.addEventListener("abort", end, { once: true });
    try {
      // The wire may know no time but the machine's: this clock's decides.
      const late = this.#clock.sleep(timeoutMs, ending.signal).then(() => {
        throw new HeadwaterError("node-timeout", `node ${this.node}: no answer within ${timeoutMs} ms`, {
          details: { node: this.node },
        });
      });
      return this.#judge(await Promise.race([ask({ timeoutMs, signal: ending.signal }), late]));
    } finally {
      options.signal?.removeEventListener("abort", end);
      this.#closed.signal.removeEventListener("abort", end);
      ending.abort(ENDED);
    }
  }

  #judge({ status, retryAfter, body }: WireAnswer): Uint8Array {
    if (status >= 200 && status < 300) return body;
    const text = Buffer.from(body.subarray(0, LIMITS.answerExcerptBytes)).toString("utf8");
    const details = { node: this.node, status, body: text };
    const now = this.#clock.now();
    const afterMs = retryAfterMs(retryAfter, now);
    if (status === 429) {
      this.#limiter.noteThrottled(now, afterMs);
      this.#pace();
      const waitMs = afterMs ?? Math.ceil(this.#limiter.pauseMs(now));
      throw new HeadwaterError("node-throttled", `node ${this.node}: HTTP 429, asks to wait ${waitMs} ms`, {
        details,
        retry: { sameNode: true, otherNode: true, afterMs: waitMs },
      });
    }
    if (afterMs !== undefined) {
      this.#limiter.pause(now, afterMs);
      this.#pace();
    }
    throw new HeadwaterError("node-http-error", `node ${this.node}: HTTP status ${status}, expected 200`, { details });
  }
}
