import { afterEach, expect, it } from "vitest";
import { offerCluster } from "../../../../src/app/demo/demo-cluster.ts";
import type { DemoPart } from "../../../../src/app/demo/demo-part.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

let demo: DemoPart | undefined;

afterEach(() => demo?.stop());

it("says what is missing where there is no virtual machine for the platform, and is left out", () => {
  const { text, start } = offerCluster("sunos-sparc");
  expect(start).toBeUndefined();
  expect(text).toMatch(/^Solana is left out.*this is sunos-sparc/);
});

it("skips slots and leaves its newest blocks at times, at the pace of the clock", async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const { text, start } = offerCluster();
  expect(text).toContain("It is no validator");
  demo = await start?.(clock);
  const [url = ""] = Object.values(demo?.variables ?? {});
  const ended = new AbortController();
  await demo?.makeHistory(ended.signal, () => {});
  const told: string[] = [];
  const going = demo?.keepGoing(ended.signal, (what) => told.push(what));
  while (told.length < 2) await clock.advance(400);
  ended.abort();
  await going;
  expect(told[0]).toMatch(/^cluster: the nodes left their newest [2-4] blocks for others, [1-3] of them confirmed\.$/);
  const slot = (await ask(url, "getSlot", { commitment: "processed" })) as number;
  const { absoluteSlot, blockHeight } = (await ask(url, "getEpochInfo", { commitment: "processed" })) as {
    absoluteSlot: number;
    blockHeight: number;
  };
  expect(absoluteSlot).toBe(slot);
  expect(blockHeight).toBeLessThan(slot);
  expect(Math.abs(clock.now() / 1000 - ((await ask(url, "getBlockTime", slot)) as number))).toBeLessThan(2);
});

async function ask(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const { result } = (await (await fetch(url, { method: "POST", headers, body })).json()) as { result: unknown };
  return result;
}
