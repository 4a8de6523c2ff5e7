import { expect, it } from "vitest";
import type { Clock } from "../../../../src/core/clock.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import { genesisTimeFor, runSlots } from "../../../../src/testing/solana/run-slots.ts";

it("makes a slot each 400 ms, skips those it comes too late for, and keeps the time of the day", async () => {
  const time = new FakeClock();
  let jumpedMs = 0;
  const clock: Clock = { now: () => time.now() + jumpedMs, sleep: (ms, signal) => time.sleep(ms, signal) };
  const cluster = new SolanaCluster({ genesisTime: genesisTimeFor(clock, 10), votes: false });
  cluster.makeSlots(10);
  const end = new AbortController();
  const slots: number[] = [];
  const beforeSlot = () => {
    slots.push(cluster.followed.nextSlot);
    // The third slot takes longer than two others.
    if (slots.length === 3) jumpedMs = 1_300;
  };
  const running = runSlots(cluster, { clock, signal: end.signal, beforeSlot });
  await time.advance(4_000);
  end.abort();
  await running;
  expect(slots).toEqual([11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23]);
  expect(cluster.tip).toMatchObject({ slot: 23, height: 21, time: Math.floor(clock.now() / 1000) });
});

it("gives the slots that are skipped on purpose their time, too", async () => {
  const clock = new FakeClock();
  const cluster = new SolanaCluster({ genesisTime: genesisTimeFor(clock, 0), votes: false });
  const end = new AbortController();
  const beforeSlot = () => {
    if (cluster.followed.nextSlot === 4) cluster.skipSlots(3);
  };
  const running = runSlots(cluster, { clock, signal: end.signal, beforeSlot });
  await clock.advance(2_400);
  expect(cluster.tip.slot).toBe(3);
  await clock.advance(400);
  expect([cluster.tip.slot, cluster.tip.parentSlot]).toEqual([7, 3]);
  end.abort();
  await running;
});
