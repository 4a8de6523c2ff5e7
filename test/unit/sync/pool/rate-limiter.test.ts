import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/core/limits.ts";
import { RateBudgets } from "../../../../src/sync/pool/rate-budgets.ts";
import { RateLimiter } from "../../../../src/sync/pool/rate-limiter.ts";

/** How many reads are sent within the time, each as soon as it may be. */
function sendFor(limiters: readonly RateLimiter[], from: number, ms: number): number {
  let sent = 0;
  for (let now = from; now < from + ms; now++) {
    for (const limiter of limiters) {
      while (limiter.waitMs("read", now) === 0 && sent < 100_000) {
        limiter.take(now);
        sent++;
      }
    }
  }
  return sent;
}

/** Sends `rate` requests a second, evenly, as far as the limiter lets them. */
function use(limiter: RateLimiter, from: number, ms: number, rate: number): void {
  for (let now = from; now < from + ms; now += 1000 / rate) {
    if (limiter.waitMs("read", Math.floor(now)) === 0) limiter.take(Math.floor(now));
  }
}

describe("the configured rate", () => {
  it("is kept, from the first second on", () => {
    const limiter = new RateLimiter({ ceiling: 20, now: 0 });
    expect(sendFor([limiter], 0, 1000)).toBeLessThanOrEqual(22);
    expect(sendFor([limiter], 1000, 9000)).toBeGreaterThanOrEqual(178);
    expect(limiter.allowedRate).toBe(20);
  });

  it("is kept below one request a second, too", () => {
    expect(sendFor([new RateLimiter({ ceiling: 0.5, now: 0 })], 0, 10_000)).toBe(5);
  });

  it("lets tip work borrow from what comes next, and no more than a quarter of a second's worth", () => {
    const limiter = new RateLimiter({ ceiling: 20, now: 0 });
    while (limiter.waitMs("read", 0) === 0) limiter.take(0);
    let borrowed = 0;
    while (limiter.waitMs("tip", 0) === 0) {
      limiter.take(0);
      borrowed++;
    }
    expect(borrowed).toBe(5);
    expect(limiter.waitMs("read", 0)).toBeGreaterThan(250);
  });
});

describe("a node that refuses", () => {
  it("is not limited before it does, and held to less than what it was sent afterwards", () => {
    const limiter = new RateLimiter({ now: 0 });
    expect(limiter.allowedRate).toBeNull();
    use(limiter, 0, 2000, 100);
    limiter.noteThrottled(2000);
    expect(limiter.allowedRate).toBeCloseTo(70, -1);
  });

  it("loses rate once for many refusals at a time, and again after the cool-down", () => {
    const limiter = new RateLimiter({ ceiling: 100, now: 0 });
    use(limiter, 0, 2000, 100);
    for (let i = 0; i < 8; i++) limiter.noteThrottled(2000 + i);
    const first = limiter.allowedRate as number;
    expect(first).toBeCloseTo(70, -1);
    limiter.noteThrottled(3100);
    expect(limiter.allowedRate).toBeLessThan(first);
  });

  it("is left alone for as long as Retry-After says, also by tip work, and at most for the cap", () => {
    const limiter = new RateLimiter({ now: 0 });
    limiter.noteThrottled(0, 7000);
    expect(limiter.waitMs("tip", 0)).toBe(7000);
    expect(limiter.waitMs("tip", 6999)).toBe(1);
    limiter.noteThrottled(7000, 10 ** 9);
    expect(limiter.pauseMs(7000)).toBe(LIMITS.nodePauseMs);
  });

  it("is left alone for longer from refusal to refusal where it does not say, and for the first time again after an answer", () => {
    const limiter = new RateLimiter({ now: 0 });
    const pauses: number[] = [];
    let now = 0;
    for (let i = 0; i < 7; i++) {
      limiter.noteThrottled(now);
      pauses.push(limiter.pauseMs(now));
      now += 10_000;
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    limiter.noteServed();
    limiter.noteThrottled(now);
    expect(limiter.pauseMs(now)).toBe(250);
  });

  it("is never sent nothing", () => {
    const limiter = new RateLimiter({ ceiling: 10, now: 0 });
    for (let i = 0; i < 100; i++) limiter.noteThrottled(i * 2000, 0);
    expect(limiter.allowedRate).toBe(1);
  });

  it("gets its rate back: fast to where it refused, slowly beyond, never above what is configured", () => {
    const limiter = new RateLimiter({ ceiling: 100, now: 0 });
    use(limiter, 0, 2000, 100);
    for (let i = 0; i < 4; i++) limiter.noteThrottled(2000 + i * 1500, 0);
    const low = limiter.allowedRate as number;
    expect(low).toBeLessThan(30);
    use(limiter, 10_000, 5000, 1000);
    const soon = limiter.allowedRate as number;
    expect(soon).toBeGreaterThan(low * 1.2);
    use(limiter, 15_000, 300_000, 1000);
    expect(limiter.allowedRate).toBe(100);
  });

  it("does not get rate that it is not asked for", () => {
    const limiter = new RateLimiter({ ceiling: 100, now: 0 });
    use(limiter, 0, 2000, 100);
    limiter.noteThrottled(2000, 0);
    const low = limiter.allowedRate as number;
    use(limiter, 4000, 60_000, low / 3);
    expect(limiter.allowedRate).toBe(low);
  });

  it("loses a known rate by timeouts, but gets none by them: it may as well be dead", () => {
    const known = new RateLimiter({ ceiling: 10, now: 0 });
    use(known, 0, 2000, 10);
    known.noteTimeout(2000);
    expect(known.allowedRate).toBeCloseTo(8.5, 0);
    const unknown = new RateLimiter({ now: 0 });
    unknown.noteTimeout(0);
    expect(unknown.allowedRate).toBeNull();
    expect(unknown.waitMs("read", 0)).toBe(0);
  });
});

describe("an operator's budget", () => {
  it("is shared by all its nodes, evenly", () => {
    const budgets = new RateBudgets({ acme: { requestsPerSecond: 30 } }, 0);
    const shared = budgets.of("acme");
    if (!shared) throw new Error("acme has a budget");
    const limiters = [new RateLimiter({ shared, now: 0 }), new RateLimiter({ shared, ceiling: 100, now: 0 })];
    expect(sendFor(limiters, 0, 10_000)).toBeLessThanOrEqual(304);
    expect(limiters.map(({ allowedRate }) => allowedRate)).toEqual([30, 30]);
    expect(budgets.of("other")).toBeUndefined();
  });
});
