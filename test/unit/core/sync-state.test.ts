import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assessSync,
  quietSeconds,
  type SyncMeasurements,
  type SyncState,
  standstillSeconds,
  tipAgeBudgetSeconds,
} from "../../../src/core/sync-state.ts";

const fresh: SyncMeasurements = {
  conflict: false,
  agreedHeight: 1_000,
  agreedAgeSeconds: 3,
  indexedHeight: 1_000,
  indexedAgeSeconds: 3,
  lagSeconds: 0,
  idleSeconds: 0,
  quorumSilenceSeconds: 1,
  expectedIntervalSeconds: 12,
  lagTargetSeconds: 20,
  lagMaxSeconds: 120,
};

// With these settings a tip may be 30 intervals of 12 s old: 360 s. A quorum may be quiet for 20 s and silent for 120 s.
describe("the judgement", () => {
  it.each<[string, Partial<SyncMeasurements>, SyncState]>([
    ["all well", {}, "synced"],
    ["one block waiting inside the target", { indexedHeight: 999, lagSeconds: 20 }, "synced"],
    ["one block waiting longer", { indexedHeight: 999, lagSeconds: 20.1 }, "behind"],
    ["a burst of three, just seen", { indexedHeight: 997, lagSeconds: 0.1 }, "synced"],
    ["far behind and only just told so", { indexedHeight: 0, lagSeconds: 0 }, "behind"],
    [
      "fast blocks inside the target's time",
      { indexedHeight: 950, expectedIntervalSeconds: 0.4, lagSeconds: 12 },
      "synced",
    ],
    ["fast blocks beyond it", { indexedHeight: 949, expectedIntervalSeconds: 0.4, lagSeconds: 12 }, "behind"],
    ["a block at our height waiting: it is another fork's", { lagSeconds: 21 }, "behind"],
    ["the agreed tip gone back below ourselves, and fresh", { agreedHeight: 990 }, "synced"],
    [
      "an operator's longer budget",
      { expectedIntervalSeconds: 1, lagMaxSeconds: 500, agreedAgeSeconds: 499 },
      "synced",
    ],
    ["beyond that", { expectedIntervalSeconds: 1, lagMaxSeconds: 500, agreedAgeSeconds: 501 }, "stalled"],
    [
      "a fast chain's floor of 30 s",
      { expectedIntervalSeconds: 0.4, lagMaxSeconds: 5, agreedAgeSeconds: 30 },
      "synced",
    ],
    ["beyond the floor", { expectedIntervalSeconds: 0.4, lagMaxSeconds: 5, agreedAgeSeconds: 31 }, "stalled"],
    ["a slow chain between two blocks", { expectedIntervalSeconds: 600, agreedAgeSeconds: 7_200 }, "synced"],
    ["a slow chain whose quorum is gone", { expectedIntervalSeconds: 600, quorumSilenceSeconds: 121 }, "stalled"],
    ["a committed tip beyond the budget while the agreed one is fresh", { indexedAgeSeconds: 361 }, "behind"],
    ["a backfill that goes on", { indexedHeight: 1, indexedAgeSeconds: 9e6, lagSeconds: 9_999 }, "behind"],
    [
      "a backfill that does not",
      { indexedHeight: 1, indexedAgeSeconds: 9e6, lagSeconds: 9_999, idleSeconds: 121 },
      "stalled",
    ],
    ["a store that takes nothing from the start", { indexedHeight: undefined, idleSeconds: 121 }, "stalled"],
    ["too few operators ever heard", { agreedHeight: undefined, quorumSilenceSeconds: undefined }, "unknown"],
    ["operators heard that agree on nothing yet", { agreedHeight: undefined, agreedAgeSeconds: undefined }, "unknown"],
    ["an operator cordoned that the quorum needs", { quorumSilenceSeconds: undefined }, "stalled"],
    ["a quorum silent for the target's time", { quorumSilenceSeconds: 20 }, "synced"],
    ["a quorum that may have missed a block", { quorumSilenceSeconds: 20.1 }, "behind"],
    ["a quorum silent for less than polls take", { lagTargetSeconds: 1, quorumSilenceSeconds: 15 }, "synced"],
    ["a tip a little in the future", { agreedAgeSeconds: -5, indexedAgeSeconds: -5 }, "synced"],
    ["a tip far in the future: one of the clocks is wrong", { agreedAgeSeconds: -3_600 }, "unknown"],
    ["a conflict", { conflict: true }, "conflict"],
  ])("%s", (_name, change, state) => {
    expect(assessSync({ ...fresh, ...change })).toBe(state);
  });
});

const RANK: Record<SyncState, number> = { synced: 0, behind: 1, stalled: 2, unknown: 3, conflict: 4 };

/** What one measurement in this class makes of the chain when all others are well. */
type Class = readonly [change: Partial<SyncMeasurements>, alone: SyncState];

/**
 * Every class of every measurement, each with its verdict written down by hand. The state of any combination is the gravest
 * of the verdicts: no measurement can excuse another.
 */
const CLASSES: Readonly<Record<string, readonly Class[]>> = {
  conflict: [
    [{ conflict: false }, "synced"],
    [{ conflict: true }, "conflict"],
  ],
  agreedHeight: [
    [{ agreedHeight: 1_000 }, "synced"],
    [{ agreedHeight: undefined }, "unknown"],
  ],
  agreedAge: [
    [{ agreedAgeSeconds: 3 }, "synced"],
    [{ agreedAgeSeconds: -360 }, "synced"],
    [{ agreedAgeSeconds: 360 }, "synced"],
    [{ agreedAgeSeconds: 360.1 }, "stalled"],
    [{ agreedAgeSeconds: Number.POSITIVE_INFINITY }, "stalled"],
    [{ agreedAgeSeconds: -360.1 }, "unknown"],
    [{ agreedAgeSeconds: Number.NaN }, "unknown"],
    [{ agreedAgeSeconds: undefined }, "unknown"],
  ],
  indexedHeight: [
    [{ indexedHeight: 1_000 }, "synced"],
    [{ indexedHeight: 1_010 }, "synced"],
    [{ indexedHeight: 997 }, "synced"],
    [{ indexedHeight: 996 }, "behind"],
    [{ indexedHeight: 0 }, "behind"],
    [{ indexedHeight: Number.NaN }, "behind"],
    [{ indexedHeight: undefined }, "behind"],
  ],
  indexedAge: [
    [{ indexedAgeSeconds: 3 }, "synced"],
    [{ indexedAgeSeconds: -360 }, "synced"],
    [{ indexedAgeSeconds: 360 }, "synced"],
    [{ indexedAgeSeconds: 360.1 }, "behind"],
    [{ indexedAgeSeconds: undefined }, "behind"],
    [{ indexedAgeSeconds: -360.1 }, "unknown"],
    [{ indexedAgeSeconds: Number.NaN }, "unknown"],
  ],
  lag: [
    [{ lagSeconds: 0 }, "synced"],
    [{ lagSeconds: 20 }, "synced"],
    [{ lagSeconds: 20.1 }, "behind"],
    [{ lagSeconds: 1e9 }, "behind"],
    [{ lagSeconds: Number.NaN }, "behind"],
  ],
  idle: [
    [{ idleSeconds: 0 }, "synced"],
    [{ idleSeconds: 120 }, "synced"],
    [{ idleSeconds: Number.NaN }, "behind"],
    [{ idleSeconds: 120.1 }, "stalled"],
  ],
  quorum: [
    [{ quorumSilenceSeconds: 1 }, "synced"],
    [{ quorumSilenceSeconds: -360 }, "synced"],
    [{ quorumSilenceSeconds: 20 }, "synced"],
    [{ quorumSilenceSeconds: 20.1 }, "behind"],
    [{ quorumSilenceSeconds: 120 }, "behind"],
    [{ quorumSilenceSeconds: 120.1 }, "stalled"],
    [{ quorumSilenceSeconds: undefined }, "stalled"],
    [{ quorumSilenceSeconds: -360.1 }, "unknown"],
    [{ quorumSilenceSeconds: Number.NaN }, "unknown"],
  ],
};

it("gives the gravest verdict of all, for every combination of classes", () => {
  const groups = Object.values(CLASSES);
  const wrong: string[] = [];
  const seen: Record<SyncState, number> = { synced: 0, behind: 0, stalled: 0, unknown: 0, conflict: 0 };
  const visit = (group: number, measured: SyncMeasurements, gravest: SyncState): void => {
    const classes = groups[group];
    if (!classes) {
      const state = assessSync(measured);
      seen[state]++;
      if (state !== gravest) wrong.push(`${state}, expected ${gravest}: ${JSON.stringify(measured)}`);
      return;
    }
    for (const [change, alone] of classes) {
      visit(group + 1, { ...measured, ...change }, RANK[alone] > RANK[gravest] ? alone : gravest);
    }
  };
  visit(0, fresh, "synced");
  expect(wrong.slice(0, 5)).toEqual([]);
  const combinations = groups.reduce((product, { length }) => product * length, 1);
  expect(Object.values(seen).reduce((a, b) => a + b)).toBe(combinations);
  // Well in every measurement: 1 x 1 x 3 x 3 x 3 x 2 x 2 x 3 classes. Half of all are in conflict.
  expect(seen.synced).toBe(324);
  expect(seen.conflict).toBe(combinations / 2);
});

const odd = fc.constantFrom(0, -1, 1e12, -1e12, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const seconds = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -50, max: 400, noNaN: true }) },
  { weight: 4, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: odd },
);
const height = fc.option(fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 990, max: 1_010 }) }, fc.nat(), odd), {
  nil: undefined,
});
const maybeSeconds = fc.option(seconds, { nil: undefined, freq: 12 });
const measured: fc.Arbitrary<SyncMeasurements> = fc.record({
  conflict: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  agreedHeight: height,
  agreedAgeSeconds: maybeSeconds,
  indexedHeight: height,
  indexedAgeSeconds: maybeSeconds,
  lagSeconds: seconds,
  idleSeconds: seconds,
  quorumSilenceSeconds: maybeSeconds,
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
      expect(any.agreedAgeSeconds).toBeLessThanOrEqual(budget);
      expect(any.indexedAgeSeconds).toBeLessThanOrEqual(budget);
      expect(any.quorumSilenceSeconds).toBeLessThanOrEqual(Math.min(quietSeconds(any), standstillSeconds(any)));
      expect(any.lagSeconds).toBeLessThanOrEqual(any.lagTargetSeconds);
      expect(any.idleSeconds).toBeLessThanOrEqual(standstillSeconds(any));
      const missing = (any.agreedHeight as number) - (any.indexedHeight as number);
      expect(missing <= 3 || missing * any.expectedIntervalSeconds <= any.lagTargetSeconds).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(synced).toBeGreaterThan(100);
});

/** Ways in which one measurement becomes worse. From an implausible age any other is no worse: these are left alone. */
const WORSE: readonly ((any: SyncMeasurements, by: number) => Partial<SyncMeasurements>)[] = [
  () => ({ conflict: true }),
  () => ({ agreedHeight: undefined }),
  () => ({ agreedAgeSeconds: undefined }),
  () => ({ indexedHeight: undefined }),
  ({ indexedAgeSeconds: age }, by) => (plausible(age) ? { indexedAgeSeconds: age + by } : {}),
  ({ agreedAgeSeconds: age }, by) => (plausible(age) ? { agreedAgeSeconds: age + by } : {}),
  ({ quorumSilenceSeconds: age }, by) => (plausible(age) ? { quorumSilenceSeconds: age + by } : {}),
  ({ quorumSilenceSeconds: age }) => (plausible(age) ? { quorumSilenceSeconds: undefined } : {}),
  ({ lagSeconds }, by) => ({ lagSeconds: lagSeconds + by }),
  ({ idleSeconds }, by) => (Number.isNaN(idleSeconds) ? {} : { idleSeconds: idleSeconds + by }),
  ({ agreedHeight: agreed }, by) => (agreed === undefined ? {} : { agreedHeight: agreed + Math.round(by) }),
  ({ indexedHeight: indexed }, by) => (indexed === undefined ? {} : { indexedHeight: indexed - Math.round(by) }),
];

function plausible(age: number | undefined): age is number {
  return age !== undefined && age >= -30;
}

it("never becomes better by a measurement that became worse", () => {
  let worsened = 0;
  fc.assert(
    fc.property(
      measured,
      fc.constantFrom(...WORSE),
      fc.double({ min: 0, max: 1_000, noNaN: true }),
      (any, worsen, by) => {
        const before = assessSync(any);
        const after = assessSync({ ...any, ...worsen(any, by) });
        expect(RANK[after]).toBeGreaterThanOrEqual(RANK[before]);
        if (after !== before) worsened++;
      },
    ),
    { numRuns: 20_000 },
  );
  expect(worsened).toBeGreaterThan(1_000);
});
