import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { ArrivalMeter } from "../../../../src/sync/pool/arrival-meter.ts";
import { CallMeter } from "../../../../src/sync/pool/call-meter.ts";
import { HeadArrivals } from "../../../../src/sync/pool/head-arrivals.ts";
import { HistoryBounds } from "../../../../src/sync/pool/history-bounds.ts";
import { RollingHistogram } from "../../../../src/sync/pool/rolling-histogram.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

describe("a rolling histogram", () => {
  it("tells quantiles to within a tenth", () => {
    const histogram = new RollingHistogram(1000);
    for (let ms = 1; ms <= 1000; ms++) histogram.add(ms, 0);
    for (const quantile of [0.05, 0.5, 0.95, 0.99]) {
      const told = histogram.quantile(quantile, 0) as number;
      expect(Math.abs(told / (quantile * 1000) - 1)).toBeLessThan(0.1);
    }
  });

  it("takes what is below a millisecond for nothing, and what is beyond its last bucket for that", () => {
    const histogram = new RollingHistogram(1000);
    histogram.add(0.3, 0);
    expect(histogram.quantile(0.5, 0)).toBe(0);
    histogram.add(10 ** 12, 0);
    expect(histogram.quantile(1, 0)).toBeGreaterThan(500_000);
  });

  it("forgets what is older than its window, and nothing that is younger than half of it", () => {
    const histogram = new RollingHistogram(1000);
    histogram.add(100, 0);
    expect(histogram.count(499)).toBe(1);
    expect(histogram.count(999)).toBe(1);
    expect(histogram.count(1000)).toBe(0);
    expect(histogram.quantile(0.5, 1000)).toBeUndefined();
  });
});

describe("the meter of calls", () => {
  const timeout = new HeadwaterError("node-timeout", "late");

  it("tells shares of errors and refusals apart, and of neither what is no misbehaviour", () => {
    const meter = new CallMeter(new FakeClock());
    for (let i = 0; i < 4; i++) meter.served("read", 10);
    expect(meter.shares()).toEqual({ errorRate: null, throttleRate: null });
    meter.failed("read", 10, new HeadwaterError("node-throttled", "less"));
    meter.failed("read", 10, timeout);
    meter.failed("read", 10, new HeadwaterError("integrity-violation", "wrong"));
    meter.failed("read", 10, new HeadwaterError("node-block-missing", "not here"));
    expect(meter.shares()).toEqual({ errorRate: 2 / 8, throttleRate: 1 / 8 });
    meter.failed("read", 10, new HeadwaterError("overloaded", "our own queue"));
    meter.givenUp("read", 10);
    expect(meter.shares()).toEqual({ errorRate: 2 / 8, throttleRate: 1 / 8 });
  });

  it("keeps latencies by the kind of work, and tells none of too few", () => {
    const meter = new CallMeter(new FakeClock());
    for (let i = 0; i < 5; i++) meter.served("poll", 2);
    for (let i = 0; i < 4; i++) meter.served("read", 50);
    expect(meter.latency("read", 0.5)).toBeUndefined();
    meter.served("read", 50);
    expect(meter.latency("read", 0.5)).toBeCloseTo(50, -1);
    expect(meter.latency("poll", 0.5)).toBeCloseTo(2, 0);
    expect(meter.latencyMs?.p95).toBeCloseTo(50, -1);
  });

  it("does not make a node look fast that is always overtaken, nor one that was overtaken at once", () => {
    const meter = new CallMeter(new FakeClock());
    for (let i = 0; i < 10; i++) meter.served("read", 20);
    for (let i = 0; i < 30; i++) meter.givenUp("read", 1);
    expect(meter.latency("read", 0.5)).toBeCloseTo(20, -1);
    for (let i = 0; i < 30; i++) meter.givenUp("read", 400);
    expect(meter.latency("read", 0.5)).toBeGreaterThan(300);
  });
});

describe("arrivals of heads", () => {
  it("are held against the first of each block, of a bounded number of blocks", () => {
    const arrivals = new HeadArrivals();
    expect(arrivals.note("a", 100)).toBe(0);
    expect(arrivals.note("a", 130)).toBe(30);
    for (let i = 0; i < LIMITS.headArrivals; i++) arrivals.note(`b${i}`, 200);
    expect(arrivals.note("a", 500)).toBe(0);
  });

  it("tell how late a node is, and how unevenly", () => {
    const meter = new ArrivalMeter();
    expect(meter.jitterMs(0)).toBeNull();
    expect(meter.firstSeenDeltaMs(0)).toBeNull();
    expect([100, 100, 140, 100].map((deltaMs) => meter.note(deltaMs, 0))).toEqual([0, 0, 40, 40]);
    expect(Math.round((meter.firstSeenDeltaMs(0)?.p50 ?? 0) / 10)).toBe(9);
    expect(Math.round((meter.jitterMs(0) ?? 0) / 10)).toBe(4);
  });
});

describe("the lower bound of a node's history", () => {
  it("is learnt from refusals, by kind of data, lowered by answers and forgotten after a while", () => {
    const bounds = new HistoryBounds();
    expect(bounds.from("blocks", 0)).toBe(0);
    bounds.noteRefused({ data: "state", height: 99 }, 0);
    expect([bounds.from("state", 0), bounds.from("blocks", 0)]).toEqual([100, 0]);
    bounds.noteRefused({ data: "state", height: 50 }, 0);
    expect(bounds.from("state", 0)).toBe(100);
    expect(bounds.covers({ data: "state", height: 99 }, 0)).toBe(false);
    expect(bounds.covers({ data: "state", height: 100 }, 0)).toBe(true);
    bounds.noteServed({ data: "state", height: 80 }, 0);
    expect(bounds.from("state", 0)).toBe(80);
    expect(bounds.from("state", 11 * 60_000)).toBe(0);
  });
});
