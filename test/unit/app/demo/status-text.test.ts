import { expect, test } from "vitest";
import { formatChainStatus, type StatusSource } from "../../../../src/app/demo/status-text.ts";

const ref = { height: 214, hash: "0xa", parentHash: "0xb", parentHeight: 213, time: 0 };
const status = { state: "synced", since: 0, reason: null, lagBlocks: 1, lagSeconds: 0.4, tipAgeSeconds: 1.2 } as const;

function source(over: Partial<ReturnType<StatusSource["status"]>>, height: number | undefined): StatusSource {
  const tip = { ...ref, agreement: { operators: 3, required: 2, regions: ["eu-west"] } };
  const position = { tip: { ...ref, height: height ?? 0 }, finalized: null, transactions: 1_523, movements: 1 };
  return {
    id: "eip155:31337",
    alias: "demo",
    status: () => ({ ...status, tip, agreedTip: tip, ...over }),
    nodes: () => ["alder", "birch", "cedar", "cedar"].map((operator) => ({ operator })),
    view: () => ({ position: height === undefined ? undefined : position, [Symbol.dispose]() {} }),
  };
}

test("a synced chain in one line", () => {
  expect(formatChainStatus(source({}, 213))).toBe(
    "demo: synced · block 213 · 1 block behind · tip 1 s old · 3 of 3 operators agree · final to none · 1,523 transactions, 1 movement",
  );
});

test("a chain whose nodes were never reached says why", () => {
  const nothing = {
    state: "unknown",
    reason: "no node answers",
    lagBlocks: null,
    tipAgeSeconds: null,
    tip: null,
    agreedTip: null,
  } as const;
  expect(formatChainStatus(source(nothing, undefined))).toBe("demo: unknown · nothing indexed yet · no node answers");
});
