import { expect, test } from "vitest";
import { formatStatus, type StatusSource } from "../../../../src/app/demo/status-text.ts";

const ref = { height: 1_214, hash: "0xa", parentHash: "0xb", parentHeight: 1_213, time: 0 };
const status = { state: "synced", since: 0, reason: null, lagBlocks: 0, lagSeconds: 0, tipAgeSeconds: 1.2 } as const;

function source(alias: string, height: number | undefined, over: Partial<ReturnType<StatusSource["status"]>> = {}) {
  const tip = { ...ref, agreement: { operators: 3, required: 2, regions: ["eu-west"] } };
  const position = { tip: { ...ref, height: height ?? 0 }, transactions: 1_523 };
  return {
    id: `chain:${alias}`,
    alias,
    status: () => ({ ...status, tip, agreedTip: tip, ...over }),
    nodes: () => ["alder", "birch", "cedar", "cedar"].map((operator) => ({ operator })),
    view: () => ({ position: height === undefined ? undefined : position, [Symbol.dispose]() {} }),
  };
}

test("what is well takes a few words, so that three chains fit on a narrow terminal", () => {
  const line = formatStatus([source("demo", 1_214), source("regtest", 126), source("cluster", 98_304)]);
  expect(line).toBe("demo 1,214 synced · regtest 126 synced · cluster 98,304 synced · 4,569 transactions");
  expect(line.indexOf("4,569")).toBeLessThan(80);
});

test("what is not well is said", () => {
  const tip = { ...ref, agreement: { operators: 1, required: 2, regions: ["eu-west"] } };
  const bad = { state: "stalled", reason: "no quorum", lagBlocks: 1, tipAgeSeconds: 31.4, tip } as const;
  expect(formatStatus([source("demo", 1, bad)])).toBe(
    "demo 1 stalled, 1 block late, 1 of 3 agree, tip 31 s old, (no quorum) · 1,523 transactions",
  );
  const nothing = {
    state: "unknown",
    reason: "no node answers",
    lagBlocks: null,
    tipAgeSeconds: null,
    tip: null,
  } as const;
  expect(formatStatus([source("demo", undefined, nothing)])).toBe(
    "demo nothing yet unknown, (no node answers) · 0 transactions",
  );
});
