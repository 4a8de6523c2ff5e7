import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

describe("FakeClock", () => {
  it("stands still until it is told to go on", async () => {
    const clock = new FakeClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it("wakes sleepers in the order of their time, then of their falling asleep, each at its own time", async () => {
    const clock = new FakeClock(0);
    const woken: string[] = [];
    const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(`${name}@${clock.now()}`));
    const all = [sleep("c", 30), sleep("a", 10), sleep("b", 10), sleep("late", 31), sleep("now", 0), sleep("past", -5)];
    await clock.advance(30);
    expect(woken).toEqual(["now@0", "past@0", "a@10", "b@10", "c@30"]);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    await Promise.all(all);
    expect(woken.at(-1)).toBe("late@31");
    expect(clock.sleeping).toBe(0);
  });

  it("wakes one that sleeps again as often as it is due", async () => {
    const clock = new FakeClock(0);
    const woken: number[] = [];
    const abort = new AbortController();
    const loop = async () => {
      for (;;) {
        await clock.sleep(10, abort.signal);
        woken.push(clock.now());
      }
    };
    const running = loop();
    await clock.advance(35);
    expect(woken).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });

  it("rejects an aborted sleep with the signal's reason, at once or in the middle, and forgets it", async () => {
    const clock = new FakeClock(0);
    await expect(clock.sleep(5, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
    const abort = new AbortController();
    const sleeping = clock.sleep(5, abort.signal);
    abort.abort(new Error("meanwhile"));
    await expect(sleeping).rejects.toThrow("meanwhile");
    expect(clock.sleeping).toBe(0);
  });

  it("does not go back", async () => {
    await expect(new FakeClock().advance(-1)).rejects.toThrow(RangeError);
    await expect(new FakeClock().advance(Number.NaN)).rejects.toThrow(RangeError);
  });
});
