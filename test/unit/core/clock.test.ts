import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 86_400_000;

describe("the system's clock", () => {
  it("tells the system's time", () => {
    vi.setSystemTime(1_700_000_000_000);
    expect(systemClock.now()).toBe(1_700_000_000_000);
  });

  it.each([0, 1, 1_000, 2 ** 31, 90 * DAY_MS])("sleeps %d ms, no less", async (ms) => {
    let awake = false;
    const sleeping = systemClock.sleep(ms).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(Math.max(0, ms - 1));
    expect(awake).toBe(ms === 0);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the signal's reason at once, and leaves no timer and no listener", async () => {
    await expect(systemClock.sleep(1, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
    const abort = new AbortController();
    const removed = vi.spyOn(abort.signal, "removeEventListener");
    const finished = systemClock.sleep(5, abort.signal);
    await vi.advanceTimersByTimeAsync(5);
    await finished;
    expect(removed).toHaveBeenCalledOnce();
    const sleeping = systemClock.sleep(90 * DAY_MS, abort.signal);
    abort.abort(new Error("meanwhile"));
    await expect(sleeping).rejects.toThrow("meanwhile");
    expect(vi.getTimerCount()).toBe(0);
  });
});
