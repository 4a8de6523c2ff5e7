import { describe, expect, it } from "vitest";
import type { BlockOutputs } from "../../../../src/core/contracts/plugin.ts";
import { sealBlock } from "../../../../src/core/ledger/seal.ts";
import type { LedgerTransaction, Output } from "../../../../src/core/model.ts";
import { assertSameOutputs } from "../../../../src/sync/outputs/same-outputs.ts";
import { codeOf } from "../../../support/error-code.ts";

const ref = { height: 7, hash: "b", parentHash: "a", parentHeight: 6, time: 0 };
const made = { id: "t0:3", account: "ann", asset: "coin", amount: 5n };
const transactions: readonly LedgerTransaction[] = [
  {
    id: "t0",
    index: 0,
    status: "success",
    fee: null,
    movements: [],
    outputs: { spends: [{ ...made, id: "old:1" }], makes: [made], coinbase: true },
  },
];
const output: Output = { ...made, height: 7, coinbase: true };
const listed: BlockOutputs = { ref, spends: ["old:1"], makes: [output] };

function compare(change: Partial<BlockOutputs>, decoded = transactions): string {
  const sealed = sealBlock({ ref, transactions: decoded, observations: [] });
  return codeOf(() => assertSameOutputs("test:1", { ...listed, ...change }, decoded, sealed));
}

describe("what was listed of a block, held against what it was decoded to", () => {
  it("is the same", () => {
    expect(compare({})).toBe("none");
    expect(compare({ spends: [], makes: [] }, [])).toBe("none");
  });

  it.each<[string, Partial<BlockOutputs>]>([
    ["another spent output", { spends: ["old:2"] }],
    ["no spent output", { spends: [] }],
    ["one spent output more", { spends: ["old:1", "old:2"] }],
    ["no output", { makes: [] }],
    ["another id", { makes: [{ ...output, id: "t1:3" }] }],
    ["another position", { makes: [{ ...output, id: "t0:2" }] }],
    ["another account", { makes: [{ ...output, account: "bob" }] }],
    ["another asset", { makes: [{ ...output, asset: "gold" }] }],
    ["another amount", { makes: [{ ...output, amount: 6n }] }],
    ["another height", { makes: [{ ...output, height: 6 }] }],
    ["no reward", { makes: [{ ...output, coinbase: false }] }],
  ])("is not the same with %s", (_name, change) => {
    expect(compare(change)).toBe("plugin-invalid");
  });

  it("is not the same where nothing was decoded", () => {
    expect(compare({}, [])).toBe("plugin-invalid");
  });
});
