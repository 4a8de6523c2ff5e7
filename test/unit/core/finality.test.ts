import { expect, it } from "vitest";
import { finalityAt } from "../../../src/core/contracts/service.ts";

const mark = (height: number) => ({
  height,
  hash: `h${height}`,
  parentHash: `h${height - 1}`,
  parentHeight: height - 1,
  time: 0,
});

it.each([
  [5, null, null, "latest"],
  [5, 5, null, "safe"],
  [6, 5, null, "latest"],
  [5, 7, 5, "finalized"],
  [6, 7, 5, "safe"],
  [8, 7, 5, "latest"],
  [4, null, 5, "finalized"],
  [0, null, 0, "finalized"],
] as const)("height %d with safe %s and finalized %s is %s", (height, safe, finalized, expected) => {
  const marks = { safe: safe === null ? null : mark(safe), finalized: finalized === null ? null : mark(finalized) };
  expect(finalityAt(height, marks)).toBe(expected);
});
