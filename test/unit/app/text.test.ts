import { expect, test } from "vitest";
import { formatErrorBlock } from "../../../src/app/error-block.ts";
import { exitCodeOf } from "../../../src/app/exit-codes.ts";
import { formatSeconds, formatTable } from "../../../src/app/table.ts";
import { type ErrorCode, HeadwaterError } from "../../../src/core/errors.ts";

test("an error block tells code, title, message, details and advice, and no credential", () => {
  const error = new HeadwaterError("store-locked", "locked by https://u:p@h/key\nsince noon", {
    details: { path: "/data", pids: ["1", "2"] },
  });
  expect(formatErrorBlock(error, false)).toBe(
    [
      "error: store-locked: Another process uses this store",
      "  locked by https://h",
      "  since noon",
      "  path: /data",
      "  pids: 1, 2",
      "  -> Stop the other process that uses this store, or set another store.path.",
      "",
    ].join("\n"),
  );
});

test("a stack is shown only when asked for, with its causes", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  expect(formatErrorBlock(error, false)).not.toContain(" at ");
  const block = formatErrorBlock(error, true);
  expect(block).toContain("error: internal: ");
  expect(block).toMatch(/Error: outer\n +at /);
  expect(block).toMatch(/Error: inner\n +at /);
});

test("what a node or a file says never drives the terminal", () => {
  expect(formatErrorBlock(new Error("a\u001b[2Jb"), false)).toContain("  a\\x1b[2Jb\n");
});

test.each<[ErrorCode, number]>([
  ["config-invalid", 78],
  ["plugin-invalid", 78],
  ["store-locked", 75],
  ["address-in-use", 75],
  ["service-unreachable", 75],
  ["not-ready", 75],
  ["store-corrupt", 1],
  ["internal", 1],
])("%s ends with code %i", (code, exit) => {
  expect(exitCodeOf(new HeadwaterError(code, "x"))).toBe(exit);
});

test("a table has columns as wide as their widest cell", () => {
  expect(
    formatTable(
      ["A", "LONG"],
      [
        ["xyz", "1"],
        ["", "\u001b"],
      ],
    ),
  ).toBe("A    LONG\nxyz  1\n     \\x1b\n");
});

test.each([
  [-1, "0s"],
  [0.9, "0s"],
  [59.9, "59s"],
  [60, "1m 00s"],
  [3_599, "59m 59s"],
  [7_620, "2h 07m"],
  [357_000, "4d 03h"],
])("%d seconds are shown as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
