import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assessSync,
  type SyncMeasurements,
  type SyncState,
  tipAgeBudgetSeconds,
} from "../../../src/core/sync-state.ts";

const fresh: SyncMeasurements = {
  conflict: false,
  tipHeight: 1_000,
  indexedHeight: 1_000,
  lagSeconds: 0,
  tipAgeSeconds: 3,
  silenceSeconds: 1,
  expectedIntervalSeconds: 12,
  lagTargetSeconds: 15,
  lagMaxSeconds: 120,
};

// With these settings the budget for the tip's age is 30 intervals of 12 s: 360 s.
describe("the judgement", () => {
  it.each<[string, Partial<SyncMeasurements>, SyncState]>([
    ["all well", {}, "synced"],
    ["one block waiting inside the target", { indexedHeight: 999, lagSeconds: 15 }, "synced"],
    ["one block waiting longer", { indexedHeight: 999, lagSeconds: 15.1 }, "behind"],
    ["a burst of three, just seen", { indexedHeight: 997, lagSeconds: 0.1 }, "synced"],
    ["far behind and only just told so", { indexedHeight: 0, lagSeconds: 0 }, "behind"],
    [
      "fast blocks inside the target's time",
      { indexedHeight: 970, expectedIntervalSeconds: 0.4, lagSeconds: 12 },
      "synced",
    ],
    ["fast blocks beyond it", { indexedHeight: 960, expectedIntervalSeconds: 0.4, lagSeconds: 12 }, "behind"],
    ["nothing indexed yet", { indexedHeight: undefined }, "behind"],
    ["a block at our height waiting: it is another fork's", { lagSeconds: 16 }, "behind"],
    ["nodes behind ourselves, and fresh", { tipHeight: 990 }, "synced"],
    ["the tip's age at its budget", { tipAgeSeconds: 360 }, "synced"],
    ["the tip older than its budget", { tipAgeSeconds: 360.1 }, "stalled"],
    ["nodes silent for the budget", { silenceSeconds: 360 }, "synced"],
    ["nodes silent for longer", { silenceSeconds: 360.1 }, "stalled"],
    ["old and nothing indexed", { tipAgeSeconds: 10_000, indexedHeight: undefined }, "stalled"],
    ["old and behind", { tipAgeSeconds: 10_000, indexedHeight: 1, lagSeconds: 9_999 }, "stalled"],
    ["a fast chain's floor of 30 s", { expectedIntervalSeconds: 0.4, lagMaxSeconds: 5, tipAgeSeconds: 30 }, "synced"],
    ["beyond the floor", { expectedIntervalSeconds: 0.4, lagMaxSeconds: 5, tipAgeSeconds: 31 }, "stalled"],
    ["an operator's longer budget", { expectedIntervalSeconds: 1, lagMaxSeconds: 500, tipAgeSeconds: 499 }, "synced"],
    ["beyond that", { expectedIntervalSeconds: 1, lagMaxSeconds: 500, tipAgeSeconds: 501 }, "stalled"],
    ["a slow chain between two blocks", { expectedIntervalSeconds: 600, tipAgeSeconds: 7_200 }, "synced"],
    ["no tip", { tipHeight: undefined }, "unknown"],
    ["no age", { tipAgeSeconds: undefined }, "unknown"],
    ["no word from a node", { silenceSeconds: undefined }, "unknown"],
    ["an age that is no number", { tipAgeSeconds: Number.NaN }, "unknown"],
    ["a silence that is no number", { silenceSeconds: Number.NaN }, "unknown"],
    ["a tip a little in the future", { tipAgeSeconds: -5 }, "synced"],
    ["a tip far in the future: one of the clocks is wrong", { tipAgeSeconds: -3_600 }, "unknown"],
    ["a lag that is no number", { lagSeconds: Number.NaN }, "behind"],
    ["a height that is no number", { indexedHeight: Number.NaN }, "behind"],
    ["a conflict", { conflict: true }, "conflict"],
    ["a conflict, whatever else", { conflict: true, tipHeight: undefined, tipAgeSeconds: 1e9 }, "conflict"],
  ])("%s", (_name, change, state) => {
    expect(assessSync({ ...fresh, ...change })).toBe(state);
  });
});

const odd = fc.constantFrom(0, -1, 1e12, -1e12, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const seconds = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -50, max: 800, noNaN: true }) },
  { weight: 1, arbitrary: odd },
);
const height = fc.option(fc.oneof(fc.integer({ min: 990, max: 1_010 }), fc.nat(), odd), { nil: undefined });
const measured: fc.Arbitrary<SyncMeasurements> = fc.record({
  conflict: fc.boolean(),
  tipHeight: height,
  indexedHeight: height,
  lagSeconds: seconds,
  tipAgeSeconds: fc.option(seconds, { nil: undefined }),
  silenceSeconds: fc.option(seconds, { nil: undefined }),
  expectedIntervalSeconds: seconds,
  lagTargetSeconds: seconds,
  lagMaxSeconds: seconds,
});

it("never says synced without every proof of it", () => {
  let synced = 0;
  fc.assert(
    fc.property(measured, (any) => {
      const state = assessSync(any);
      expect(state === "conflict").toBe(any.conflict);
      if (state !== "synced") return;
      synced++;
      const budget = tipAgeBudgetSeconds(any);
      expect(any.tipAgeSeconds).toBeLessThanOrEqual(budget);
      expect(any.silenceSeconds).toBeLessThanOrEqual(budget);
      expect(any.lagSeconds).toBeLessThanOrEqual(any.lagTargetSeconds);
      const missing = (any.tipHeight as number) - (any.indexedHeight as number);
      expect(missing <= 3 || missing * any.expectedIntervalSeconds <= any.lagTargetSeconds).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(synced).toBeGreaterThan(100);
});

it("does not become better by an older tip, a longer silence or a longer wait", () => {
  const rank: Record<SyncState, number> = { synced: 0, behind: 1, stalled: 2, unknown: 3, conflict: 4 };
  fc.assert(
    fc.property(
      measured,
      fc.constantFrom("tipAgeSeconds" as const, "silenceSeconds" as const, "lagSeconds" as const),
      fc.double({ min: 0, max: 1_000, noNaN: true }),
      (any, key, more) => {
        // From "the clocks disagree" an older tip leads back to a judgement: that is no worse news.
        const before = assessSync(any);
        if (before === "unknown") return;
        expect(rank[assessSync({ ...any, [key]: (any[key] as number) + more })]).toBeGreaterThanOrEqual(rank[before]);
      },
    ),
    { numRuns: 5_000 },
  );
});
