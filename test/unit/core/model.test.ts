import { expect, it } from "vitest";
import { blockEntryId, FINALITIES, MOVEMENT_KINDS } from "../../../src/core/model.ts";

it("keeps the codes of the kinds of movement: stores and digests are written with them", () => {
  expect(MOVEMENT_KINDS.slice(0, 10)).toEqual([
    "transfer",
    "internal",
    "fee",
    "reward",
    "withdrawal",
    "mint",
    "burn",
    "deposit",
    "create",
    "selfdestruct",
  ]);
  expect(new Set(MOVEMENT_KINDS).size).toBe(MOVEMENT_KINDS.length);
  // A kind is one byte of the canonical form.
  expect(MOVEMENT_KINDS.length).toBeLessThanOrEqual(256);
});

it("orders finality from the newest to the most final", () => {
  expect(FINALITIES).toEqual(["latest", "safe", "finalized"]);
});

it("names a block's own entry so that it can be no transaction's id", () => {
  expect(blockEntryId("0xab")).toBe("block:0xab");
});
