import { describe, expect, it } from "vitest";
import { closingLine } from "../../support/closing-line-reporter.ts";

type Module = Parameters<typeof closingLine>[0][number];
type State = "passed" | "failed" | "skipped" | "pending";

/** A module as the runner reports it: the states of its tests, and how many errors loading it gave. */
function moduleWith(states: readonly State[], errors = 0): Module {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  return {
    errors: () => Array.from({ length: errors }, () => ({ message: "broken" })),
    children: { allTests: () => tests.values() },
  } as unknown as Module;
}

describe("the closing line", () => {
  it.each<[string, readonly Module[], number, string]>([
    ["a good run", [moduleWith(["passed", "passed"])], 0, "2 passed, 0 failed"],
    [
      "failures over several files",
      [moduleWith(["passed"]), moduleWith(["failed", "failed"])],
      0,
      "1 passed, 2 failed",
    ],
    ["a skipped test", [moduleWith(["passed", "skipped"])], 0, "1 passed, 0 failed, 1 skipped"],
    ["a file that does not load", [moduleWith([], 1), moduleWith(["passed"])], 0, "1 passed, 1 failed"],
    ["an error outside any test", [moduleWith(["passed"])], 1, "1 passed, 1 failed"],
    ["a test that never ran", [moduleWith(["pending"])], 0, "0 passed, 1 failed"],
  ])("of %s", (_name, modules, errors, line) => {
    expect(closingLine(modules, errors)).toBe(line);
  });
});
