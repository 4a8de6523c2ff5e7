import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BalanceEntry, type ObservedEntry, observe } from "../../../../src/core/ledger/account.ts";

const entry = (change: Partial<BalanceEntry> = {}): BalanceEntry => ({
  asset: "coin",
  sum: 30n,
  changedAt: 5,
  baseline: undefined,
  disputed: false,
  ...change,
});

describe("an observation at height 9", () => {
  it.each<[string, BalanceEntry, bigint, ObservedEntry["outcome"], Partial<BalanceEntry>]>([
    ["gives the baseline", entry(), 100n, "learned", { baseline: 70n, changedAt: 9 }],
    ["gives a baseline of zero", entry(), 30n, "learned", { baseline: 0n, changedAt: 9 }],
    ["gives it where more went out than came in", entry({ sum: -30n }), 0n, "learned", { baseline: 30n, changedAt: 9 }],
    [
      "contradicts movements that leave less than nothing before them",
      entry(),
      29n,
      "disputed",
      { disputed: true, changedAt: 9 },
    ],
    ["confirms", entry({ baseline: 70n }), 100n, "confirmed", {}],
    ["confirms zero", entry({ sum: -70n, baseline: 70n }), 0n, "confirmed", {}],
    ["contradicts by more", entry({ baseline: 70n }), 101n, "disputed", { disputed: true, changedAt: 9 }],
    ["contradicts by less", entry({ baseline: 70n }), 99n, "disputed", { disputed: true, changedAt: 9 }],
    ["does not end a dispute", entry({ baseline: 70n, disputed: true }), 100n, "confirmed", {}],
    ["does not repeat a dispute", entry({ baseline: 70n, disputed: true }), 7n, "confirmed", {}],
    ["teaches nothing in a dispute", entry({ disputed: true }), 100n, "confirmed", {}],
  ])("%s", (_name, before, amount, outcome, change) => {
    const frozen = Object.freeze(before);
    expect(observe(frozen, { account: "alice", asset: "coin", amount }, 9)).toEqual({
      entry: { ...before, ...change },
      outcome,
    });
  });

  it("of an honest history never contradicts it, whenever it is made", () => {
    const history = fc.record({
      start: fc.bigInt({ min: 0n, max: 1000n }),
      steps: fc.array(fc.record({ delta: fc.bigInt({ min: -50n, max: 50n }), seen: fc.boolean() }), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(history, ({ start, steps }) => {
        let balance = start;
        let state = entry({ sum: 0n });
        for (const [height, { delta, seen }] of steps.entries()) {
          const moved = balance + delta < 0n ? -balance : delta;
          balance += moved;
          state = { ...state, sum: state.sum + moved };
          if (!seen) continue;
          const observed = observe(state, { account: "alice", asset: "coin", amount: balance }, height);
          expect(observed.outcome).toBe(state.baseline === undefined ? "learned" : "confirmed");
          state = observed.entry;
          expect(state.baseline).toBe(start);
        }
      }),
    );
  });
});
