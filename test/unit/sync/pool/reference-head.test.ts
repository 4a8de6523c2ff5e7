import { describe, expect, it } from "vitest";
import { isLagging, lagBounds, ReferenceHead } from "../../../../src/sync/pool/reference-head.ts";

describe("the height that nodes are held against", () => {
  it("is the one that enough operators have reached, not the highest that anybody tells", () => {
    const reference = new ReferenceHead(2);
    reference.note([1_000_000, 10, 9], 0);
    expect(reference.height).toBe(10);
    expect(new ReferenceHead(2).lagOf(5, 0)).toBeUndefined();
  });

  it("does not go back when nodes do", () => {
    const reference = new ReferenceHead(1);
    reference.note([10], 0);
    reference.note([8], 0);
    expect(reference.height).toBe(10);
  });

  it("tells blocks, and the time since the next block was there", () => {
    const reference = new ReferenceHead(1);
    for (let height = 10; height <= 14; height++) reference.note([height], height * 1000);
    expect(reference.lagOf(14, 20_000)).toEqual({ blocks: 0, seconds: 0 });
    expect(reference.lagOf(12, 20_000)).toEqual({ blocks: 2, seconds: 7 });
    expect(reference.lagOf(20, 20_000)).toEqual({ blocks: 0, seconds: 0 });
  });

  it("remembers no more heights than its cap, and then takes the oldest that it knows", () => {
    const reference = new ReferenceHead(1);
    for (let height = 0; height < 1_000; height++) reference.note([height], height * 1000);
    expect(reference.lagOf(0, 1_000_000)).toEqual({ blocks: 999, seconds: 1_000 - 744 });
  });
});

describe("lagging", () => {
  const slow = lagBounds(12_000);
  const fast = lagBounds(400);

  it.each([
    [slow, { blocks: 4, seconds: 29 }, false, false],
    [slow, { blocks: 1, seconds: 30 }, false, true],
    [slow, { blocks: 5, seconds: 0 }, false, true],
    [fast, { blocks: 20, seconds: 8 }, false, false],
    [fast, { blocks: 25, seconds: 10 }, false, true],
    [fast, { blocks: 38, seconds: 0 }, false, true],
    [slow, { blocks: 2, seconds: 0 }, true, true],
    [slow, { blocks: 1, seconds: 16 }, true, true],
    [slow, { blocks: 1, seconds: 15 }, true, false],
    [fast, { blocks: 9, seconds: 4 }, true, false],
  ])("of bounds %o with lag %o, having been %s, is %s", (bounds, lag, was, is) => {
    expect(isLagging(lag, was, bounds)).toBe(is);
  });
});
