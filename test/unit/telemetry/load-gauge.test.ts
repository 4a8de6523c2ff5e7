import { afterEach, expect, it } from "vitest";
import { measureLoad, type ProcessLoad } from "../../../src/telemetry/load-gauge.ts";

let load: ProcessLoad | undefined;

afterEach(() => load?.close());

it("sees that the event loop was held up", async () => {
  load = measureLoad();
  // A monitor counts from its second look on.
  await turns(3);
  const until = performance.now() + 200;
  while (performance.now() < until);
  await turns(3);
  expect(load.eventLoopDelayMs()).toBeGreaterThan(150);
  expect(load.apiLatencyMs()).toBeUndefined();
  // Who was answered within a millisecond had waited to be read.
  for (let i = 0; i < 100; i++) load.noteApiRequest(1, false);
  expect(load.apiLatencyMs()).toBeGreaterThan(150);
});

it("tells the API's slowest requests, and nothing of too few", () => {
  load = measureLoad();
  const note = (times: number, durationMs: number, askedNodes = false) => {
    for (let i = 0; i < times; i++) load?.noteApiRequest(durationMs, askedNodes);
  };
  note(9, 1);
  expect(load.apiLatencyMs()).toBeUndefined();
  note(1, 32);
  expect(load.apiLatencyMs()).toBe(1);
  note(1, 32);
  expect(load.apiLatencyMs()).toBe(32);
  note(80, 1);
  note(7, 5_000, true);
  expect(load.apiLatencyMs()).toBe(1);
  note(2, 64);
  expect(load.apiLatencyMs()).toBe(64);
});

it("tells each chain whether the tip of another waits", () => {
  load = measureLoad();
  expect(load.tipWaits("a")).toBe(false);
  load.noteTipWaits("a", true);
  load.noteTipWaits("a", true);
  expect([load.tipWaits("a"), load.tipWaits("b")]).toEqual([false, true]);
  load.noteTipWaits("b", true);
  expect([load.tipWaits("a"), load.tipWaits("b")]).toEqual([true, true]);
  load.noteTipWaits("a", false);
  expect([load.tipWaits("a"), load.tipWaits("b")]).toEqual([true, false]);
});

/** The monitor looks every 10 ms: timers of the event loop's own bring it about. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 15));
}
