import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WorkClass } from "../../../../src/core/contracts/plugin.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { SYNC_STATES } from "../../../../src/core/sync-state.ts";
import { assessNodes, LEAST_DEPTH, type NodeLoad, nextDepth } from "../../../../src/sync/governor/depth.ts";
import {
  assessLoad,
  LEAST_SHARE,
  nextShare,
  type ProcessLoad,
  type Verdict,
} from "../../../../src/sync/governor/share.ts";
import { allowsWork } from "../../../../src/sync/governor/work-classes.ts";

describe("the share of the time", () => {
  it.each<[string, Partial<ProcessLoad>, Verdict]>([
    ["nobody asks", {}, "rise"],
    ["callers are answered at once", { apiLatencyMs: 3 }, "rise"],
    ["callers are answered in time", { apiLatencyMs: 59 }, "rise"],
    ["callers wait nearly as long as they may", { apiLatencyMs: 60 }, "hold"],
    ["at the goal", { apiLatencyMs: 100 }, "hold"],
    ["callers wait too long", { apiLatencyMs: 101 }, "fall"],
    ["another chain's tip waits", { tipWaits: true }, "fall"],
    ["another chain's tip waits, and callers do not", { tipWaits: true, apiLatencyMs: 1 }, "fall"],
  ])("%s: %s", (_name, change, verdict) => {
    expect(assessLoad({ apiLatencyMs: undefined, tipWaits: false, ...change })).toBe(verdict);
  });

  it("halves, and comes back in steps, between its bounds", () => {
    expect(nextShare(1, "fall")).toBe(0.5);
    expect(nextShare(0.5, "hold")).toBe(0.5);
    expect(nextShare(0.5, "rise")).toBeCloseTo(0.55);
    const verdicts = fc.array(fc.constantFrom<Verdict>("fall", "hold", "rise"), { maxLength: 100 });
    fc.assert(
      fc.property(verdicts, (all) => {
        let share = 1;
        for (const verdict of all) {
          const next = nextShare(share, verdict);
          expect(Math.sign(next - share) === { fall: 1, hold: 2, rise: -1 }[verdict]).toBe(false);
          expect(next >= LEAST_SHARE && next <= 1).toBe(true);
          share = next;
        }
      }),
    );
  });
});

describe("the depth", () => {
  const well: NodeLoad = { throttleRate: 0, latencyMs: 50 };
  const refusing: NodeLoad = { throttleRate: 0.06, latencyMs: 50 };
  const late: NodeLoad = { throttleRate: 0, latencyMs: 5_001 };
  it.each<[string, readonly NodeLoad[], Verdict]>([
    ["a node that is well", [well], "rise"],
    ["a node of which nothing is known", [{ throttleRate: null, latencyMs: null }], "rise"],
    ["no node", [], "hold"],
    ["a node that refuses", [refusing], "fall"],
    ["a node that answers late", [late], "fall"],
    ["all refuse", [refusing, { ...refusing, throttleRate: 1 }], "fall"],
    ["one refuses, another does not", [refusing, well], "rise"],
    ["one is late, another is not", [late, well], "rise"],
    ["a few refusals", [{ throttleRate: 0.02, latencyMs: 50 }], "hold"],
    ["rather late", [{ throttleRate: 0, latencyMs: 3_000 }], "hold"],
    ["one is late, the other refuses: each does what the other does not", [late, refusing], "rise"],
  ])("%s: %s", (_name, nodes, verdict) => {
    expect(assessNodes(nodes)).toBe(verdict);
  });

  it("falls to a floor within seconds, and comes back", () => {
    let depth: number = LIMITS.pipelineBlocks;
    let falls = 0;
    for (; depth > LEAST_DEPTH; falls++) depth = nextDepth(depth, "fall");
    expect(falls).toBeLessThan(10);
    expect(nextDepth(depth, "fall")).toBe(LEAST_DEPTH);
    for (let i = 0; i < 15; i++) depth = nextDepth(depth, "rise");
    expect(depth).toBe(LIMITS.pipelineBlocks);
    expect(nextDepth(depth, "rise")).toBe(LIMITS.pipelineBlocks);
    expect(nextDepth(33, "hold")).toBe(33);
  });
});

describe("the work classes", () => {
  const all = (["tip", "read", "pending", "reconciliation", "backfill"] as const).flatMap((work) =>
    SYNC_STATES.flatMap((state) =>
      [0, 15, 15.1].flatMap((lagSeconds) => [true, false].map((atEase) => ({ work, state, lagSeconds, atEase }))),
    ),
  );
  it("lets all go on but reconciliation, which waits for quiet moments", () => {
    const allowed = (work: WorkClass) =>
      all
        .filter((one) => one.work === work && allowsWork(work, { ...one, lagTargetSeconds: 15 }))
        .map(({ state, lagSeconds, atEase }) => [state, lagSeconds, atEase]);
    for (const work of ["tip", "read", "pending", "backfill"] as const) {
      expect(allowed(work)).toHaveLength(all.length / 5);
    }
    expect(allowed("reconciliation")).toEqual([
      ["synced", 0, true],
      ["synced", 15, true],
    ]);
  });
});
