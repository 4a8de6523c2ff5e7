import { describe, expect, test } from "vitest";
import { Progress } from "../../../src/app/progress.ts";

function setUp(isTTY: boolean, columns = 80) {
  let now = 1_000;
  let written = "";
  const stream = {
    isTTY,
    columns,
    write: (text: string) => {
      written += text;
    },
  };
  const clock = { now: () => now };
  const take = () => {
    const text = written;
    written = "";
    return text;
  };
  return {
    progress: new Progress(stream, clock),
    take,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const REWRITE = "\r\u001b[2K";

describe("on a terminal", () => {
  test("the line is rewritten in place, at most every 100 ms", () => {
    const { progress, take, pass } = setUp(true);
    progress.update("1 of 3");
    expect(take()).toBe(`${REWRITE}1 of 3`);
    pass(99);
    progress.update("2 of 3");
    expect(take()).toBe("");
    pass(1);
    progress.update("3 of 3");
    expect(take()).toBe(`${REWRITE}3 of 3`);
  });

  test("its end shows what was held back, once", () => {
    const { progress, take } = setUp(true);
    progress.update("1 of 2");
    progress.update("2 of 2");
    take();
    progress.end();
    progress.end();
    expect(take()).toBe(`${REWRITE}2 of 2\n`);
  });

  test("another line goes above it", () => {
    const { progress, take } = setUp(true);
    progress.print("first");
    progress.update("half");
    take();
    progress.print("note");
    expect(take()).toBe(`${REWRITE}note\nhalf`);
  });

  test.each([
    [30, 29],
    [8, 7],
    [1, 1],
    // A terminal that does not know its width.
    [0, 79],
  ])("of %i columns it never wraps", (columns, shown) => {
    const { progress, take } = setUp(true, columns);
    progress.update("x".repeat(100));
    expect(take()).toBe(`${REWRITE}${"x".repeat(shown)}`);
    progress.print("note");
    expect(take()).toBe(`${REWRITE}note\n${"x".repeat(shown)}`);
  });
});

describe("elsewhere", () => {
  test("plain lines come at once, then at most every ten seconds, and at the end", () => {
    const { progress, take, pass } = setUp(false);
    progress.update("1");
    pass(9_999);
    progress.update("2");
    expect(take()).toBe("1\n");
    pass(1);
    progress.update("3");
    progress.update("4");
    expect(take()).toBe("3\n");
    progress.print("note");
    progress.end();
    expect(take()).toBe("note\n4\n");
  });

  test("nothing is repeated, and nothing is said when there was nothing", () => {
    const { progress, take } = setUp(false);
    progress.end();
    progress.update("same");
    progress.end();
    expect(take()).toBe("same\n");
  });
});
