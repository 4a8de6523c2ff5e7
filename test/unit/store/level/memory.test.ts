import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../src/core/limits.ts";
import { AnswerCache } from "../../../../src/store/level/answer-cache.ts";
import { ReadGate } from "../../../../src/store/level/read-gate.ts";
import { WriteQueue } from "../../../../src/store/level/write-queue.ts";

describe("AnswerCache", () => {
  test("answers for the version read and later ones, until the key changes", () => {
    const cache = new AnswerCache<string, { n: number }>(10);
    cache.advance(3, []);
    cache.set("a", 3, { n: 1 });
    expect(cache.get("a", 3)).toEqual({ n: 1 });
    expect(cache.get("a", 2)).toBe(undefined);
    cache.advance(4, ["b"]);
    expect(cache.get("a", 4)).toEqual({ n: 1 });
    cache.advance(5, ["a"]);
    expect(cache.get("a", 5)).toBe(undefined);
    expect(cache.get("a", 4)).toBe(undefined);
  });

  test("takes no answer that was read from an older version", () => {
    const cache = new AnswerCache<string, { n: number }>(10);
    cache.advance(1, []);
    cache.set("a", 0, { n: 1 });
    expect(cache.get("a", 1)).toBe(undefined);
  });
});

describe("WriteQueue", () => {
  test("runs one write at a time, in order, also after one that failed", async () => {
    const queue = new WriteQueue();
    const seen: string[] = [];
    const write = (name: string, fails = false) =>
      queue.run(async () => {
        seen.push(`${name} begins`);
        await Promise.resolve();
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([write("a"), write("b", true), write("c")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  test("refuses writes when it is full or closed, and closing waits for those it has", async () => {
    const queue = new WriteQueue();
    const gate = Promise.withResolvers<void>();
    const writes = Array.from({ length: LIMITS.storeQueueLength }, () => queue.run(() => gate.promise));
    await expect(queue.run(async () => undefined)).rejects.toMatchObject({ code: "overloaded" });
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await Promise.resolve();
    expect(closed).toBe(false);
    gate.resolve();
    await Promise.all(writes);
    await closing;
    await expect(queue.run(async () => undefined)).rejects.toMatchObject({ code: "store-closed" });
  });
});

test("ReadGate lets reads end before it is closed, and no new ones in", async () => {
  const gate = new ReadGate();
  const reading = Promise.withResolvers<string>();
  const read = gate.run(() => reading.promise);
  let closed = false;
  const closing = gate.close().then(() => {
    closed = true;
  });
  await expect(gate.run(async () => 1)).rejects.toMatchObject({ code: "store-closed" });
  expect(closed).toBe(false);
  reading.resolve("done");
  expect(await read).toBe("done");
  await closing;
  await gate.close();
});
