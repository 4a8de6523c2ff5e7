import { describe, expect, test } from "vitest";
import { sumOutputs } from "../../../../src/core/ledger/output-changes.ts";
import type { LedgerTransaction, OutputId } from "../../../../src/core/model.ts";

/** Transactions by what they spend and make. */
function block(...parts: { spends: OutputId[]; makes: OutputId[] }[]): LedgerTransaction[] {
  const output = (id: OutputId) => ({ id, account: "a", asset: "coin", amount: 1n });
  return parts.map(({ spends, makes }, index) => ({
    id: `t${index}`,
    index,
    status: "success",
    fee: null,
    movements: [],
    outputs: { spends: spends.map(output), makes: makes.map(output), coinbase: index === 0 },
  }));
}

function net(...parts: { spends: OutputId[]; makes: OutputId[] }[]) {
  const changes = sumOutputs(block(...parts), 7);
  return { spends: changes?.spends, makes: changes?.makes.map(({ id, index, height }) => [id, index, height]) };
}

describe("what a block's transactions come to for the set of unspent outputs", () => {
  const maker = { spends: ["old:0"], makes: ["t1:0", "t1:1"] };
  const spender = { spends: ["t1:0"], makes: ["t2:0"] };

  test("what one makes and another spends is in neither list, whichever stands first", () => {
    expect(net({ spends: [], makes: [] }, maker, spender)).toEqual({
      spends: ["old:0"],
      makes: [
        ["t1:1", 1, 7],
        ["t2:0", 2, 7],
      ],
    });
    expect(net({ spends: [], makes: [] }, spender, maker)).toEqual({
      spends: ["old:0"],
      makes: [
        ["t2:0", 1, 7],
        ["t1:1", 2, 7],
      ],
    });
  });

  test("an id that one transaction spends and makes is in both: the earlier block's is spent, the new one stays", () => {
    expect(net({ spends: ["c:0"], makes: ["c:0"] })).toEqual({ spends: ["c:0"], makes: [["c:0", 0, 7]] });
  });

  test("there are none where no transaction has any", () => {
    expect(sumOutputs([{ id: "t", index: 0, status: "success", fee: null, movements: [] }], 7)).toBeUndefined();
  });
});
