import { beforeEach, describe, expect, it } from "vitest";
import { idleLoad, type LoadGauge, noMetrics } from "../../../../src/core/contracts/metrics.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import type { NodeLoad } from "../../../../src/sync/governor/depth.ts";
import { LagGovernor } from "../../../../src/sync/governor/lag-governor.ts";
import { LEAST_SHARE } from "../../../../src/sync/governor/share.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

const signal = new AbortController().signal;
let clock: FakeClock;
let governor: LagGovernor;
let apiLatencyMs: number | undefined;
let tipWaits: boolean;
let nodes: NodeLoad[];
let told: [string, boolean][];

beforeEach(() => {
  clock = new FakeClock();
  apiLatencyMs = undefined;
  tipWaits = false;
  nodes = [{ throttleRate: 0, latencyMs: 20 }];
  told = [];
  const load: LoadGauge = {
    ...idleLoad,
    apiLatencyMs: () => apiLatencyMs,
    tipWaits: (besides) => besides === "test:one" && tipWaits,
    noteTipWaits: (chain, waits) => told.push([chain, waits]),
  };
  const lag = { targetSeconds: 15, maxSeconds: 120 };
  governor = new LagGovernor({ chain: "test:one", clock, load, metrics: noMetrics, lag, nodes: () => nodes });
});

/** Catches up block by block, each taking `blockMs`, until `ms` have passed. @returns how many blocks it made */
async function catchUp(ms: number, blockMs: number, onBlock: () => void = () => {}): Promise<number> {
  const end = clock.now() + ms;
  let blocks = 0;
  governor.resume();
  while (clock.now() < end) {
    await clock.advance(blockMs);
    onBlock();
    blocks++;
    let rested = false;
    const rest = governor.rest(signal).then(() => {
      rested = true;
    });
    await clock.advance(0);
    while (!rested) await clock.advance(1);
    await rest;
  }
  return blocks;
}

describe("catching up", () => {
  it("is not slowed by a millisecond while nobody asks and the nodes bear it", async () => {
    expect(await catchUp(60_000, 7)).toBe(Math.ceil(60_000 / 7));
    expect([governor.depth, governor.share]).toEqual([LIMITS.pipelineBlocks, 1]);
  });

  it("finds the share at which callers are answered in time, and stays there", async () => {
    // Callers wait for what the main thread does: 40 ms by themselves, 160 ms while all goes into catching up.
    const feel = () => {
      apiLatencyMs = 40 + 120 * governor.share;
    };
    await catchUp(15_000, 10, feel);
    expect(apiLatencyMs).toBeLessThanOrEqual(100);
    const share = governor.share;
    expect(share).toBeGreaterThan(LEAST_SHARE);
    const waits: number[] = [];
    await catchUp(30_000, 10, () => {
      feel();
      waits.push(apiLatencyMs as number);
    });
    const late = waits.filter((wait) => wait > 100).length / waits.length;
    expect(late).toBeLessThan(0.1);
  });

  it("goes on at its least however long callers wait, and comes back when they are gone", async () => {
    apiLatencyMs = 5_000;
    await catchUp(10_000, 10);
    expect(governor.share).toBe(LEAST_SHARE);
    const slowed = await catchUp(10_000, 10);
    expect(slowed).toBeGreaterThan((10_000 / 10) * LEAST_SHARE * 0.9);
    expect(slowed).toBeLessThan((10_000 / 10) * LEAST_SHARE * 1.1);
    apiLatencyMs = undefined;
    await catchUp(20_000, 10);
    expect(governor.share).toBe(1);
  });

  it("gives way at once to another chain's tip, and takes its time to come back", async () => {
    tipWaits = true;
    await catchUp(1_100, 10);
    expect(governor.share).toBe(0.5);
    tipWaits = false;
    await catchUp(2_000, 10);
    expect(governor.share).toBeLessThan(0.7);
  });

  it("does not fall twice for what it has measured once", async () => {
    apiLatencyMs = 500;
    await catchUp(2_500, 10);
    expect(governor.share).toBe(0.5);
  });

  it("does not rest for time that went by before it began", async () => {
    tipWaits = true;
    await catchUp(1_100, 10);
    tipWaits = false;
    await clock.advance(600);
    governor.resume();
    const rest = governor.rest(signal);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    await rest;
  });

  it("ends its rest when it is told to stop", async () => {
    tipWaits = true;
    await catchUp(1_100, 10);
    await clock.advance(300);
    const stop = new AbortController();
    const rest = governor.rest(stop.signal);
    stop.abort(new Error("stopping"));
    await expect(rest).rejects.toThrow("stopping");
  });

  it("asks fewer blocks ahead of nodes that refuse, and more when they bear it", async () => {
    nodes = [{ throttleRate: 0.5, latencyMs: 20 }];
    await catchUp(4_500, 10);
    expect(governor.depth).toBe(Math.floor(Math.floor(LIMITS.pipelineBlocks * 0.7) * 0.7));
    nodes = [{ throttleRate: 0, latencyMs: 20 }];
    await catchUp(15_000, 10);
    expect(governor.depth).toBe(LIMITS.pipelineBlocks);
    expect(governor.share).toBe(1);
  });
});

describe("other work", () => {
  const quiet = { state: "synced", lagSeconds: 0 } as const;

  it("waits while catching up is held back", async () => {
    expect(governor.allows("reconciliation", quiet)).toBe(true);
    apiLatencyMs = 500;
    await clock.advance(1_000);
    expect(governor.allows("reconciliation", quiet)).toBe(false);
    expect(governor.allows("tip", quiet)).toBe(true);
  });

  it("gives way when the lag passes its target", () => {
    expect(governor.allows("reconciliation", { ...quiet, lagSeconds: 15.1 })).toBe(false);
  });
});

it.each([
  ["at its tip", 0, 0, false],
  ["one block waits shortly", 1, 15, false],
  ["one block waits too long", 1, 15.1, true],
  ["as many as one step takes wait too long", LIMITS.pipelineBlocks, 60, true],
  ["deep in its backfill", LIMITS.pipelineBlocks + 1, 60, false],
  ["waiting for longer than anybody can help", 1, 120.1, false],
  ["nothing is known", null, 60, false],
] as const)("tells others that its tip waits: %s", (_name, lagBlocks, lagSeconds, waits) => {
  governor.noteStatus({ lagBlocks, lagSeconds });
  expect(told).toEqual([["test:one", waits]]);
});
