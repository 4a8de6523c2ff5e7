import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { ByteReader } from "../../../../src/core/bytes.ts";
import { MADE_FIELDS, type OutputChanges } from "../../../../src/core/ledger/output-changes.ts";
import { unpackOutputId } from "../../../../src/core/ledger/output-id.ts";
import { type SealedBlock, sealBlock } from "../../../../src/core/ledger/seal.ts";
import type { LedgerTransaction, TransactionOutput } from "../../../../src/core/model.ts";
import { codeOf } from "../../../support/error-code.ts";

const ref = { height: 7, hash: "b", parentHash: "a", parentHeight: 6, time: 0 };

type Given = { readonly id?: string; readonly spends?: readonly string[]; readonly makes?: readonly string[] };

function seal(...given: readonly Given[]): SealedBlock {
  const transactions = given.map(({ id, spends = [], makes = [] }, index): LedgerTransaction => {
    const output = (text: string): TransactionOutput => ({ id: text, account: "ann", asset: "coin", amount: 1n });
    const outputs = { spends: spends.map(output), makes: makes.map(output), coinbase: index === 0 };
    return { id: id ?? `t${index}`, index, status: "success", fee: null, movements: [], outputs };
  });
  return sealBlock({ ref, transactions, observations: [] });
}

function spendsOf({ spends, spendEnds }: OutputChanges): string[] {
  return [...spendEnds].map((end, i) => unpackOutputId(new ByteReader(spends.subarray(spendEnds[i - 1] ?? 0, end))));
}

/** Transaction's index and position of each output that is left. */
function makesOf({ makes, amounts }: OutputChanges): [number, number][] {
  return amounts.map((_, i) => [makes[i * MADE_FIELDS] as number, makes[i * MADE_FIELDS + 1] as number]);
}

describe("what a block does to the set of unspent outputs", () => {
  it("is nothing where no transaction has outputs", () => {
    const plain: LedgerTransaction = { id: "t0", index: 0, status: "success", fee: null, movements: [] };
    expect(sealBlock({ ref, transactions: [plain], observations: [] }).outputs).toBeUndefined();
  });

  it("leaves out what is made and spent within it", () => {
    const { outputs } = seal({ makes: ["t0:0", "t0:1"] }, { spends: ["t0:0", "x:5"], makes: ["t1:9"] });
    expect(spendsOf(outputs as OutputChanges)).toEqual(["x:5"]);
    expect(makesOf(outputs as OutputChanges)).toEqual([
      [0, 1],
      [1, 9],
    ]);
  });

  it("has an id that is spent and made again in both lists", () => {
    const { outputs } = seal({ id: "a", spends: ["a:0"], makes: ["a:0"] });
    expect(spendsOf(outputs as OutputChanges)).toEqual(["a:0"]);
    expect(makesOf(outputs as OutputChanges)).toEqual([[0, 0]]);
  });

  it("leaves out what is made after it is spent: some chains sort transactions by their ids", () => {
    const { outputs } = seal({ spends: ["t1:0"], makes: ["t0:0"] }, { spends: ["old:0"], makes: ["t1:0", "t1:1"] });
    expect(spendsOf(outputs as OutputChanges)).toEqual(["old:0"]);
    expect(makesOf(outputs as OutputChanges)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it.each<[string, readonly Given[]]>([
    ["an output under the id of another transaction", [{ makes: ["t1:0"] }]],
    ["an output without a position", [{ makes: ["t0"] }]],
    ["a position with a leading zero", [{ makes: ["t0:00"] }]],
    ["a position beyond the largest", [{ makes: ["t0:16777216"] }]],
    ["the same output twice", [{ makes: ["t0:0", "t0:0"] }]],
    [
      "an output made twice, whether spent between or not",
      [
        { id: "a", makes: ["a:0"] },
        { id: "a", spends: ["a:0"], makes: ["a:0"] },
      ],
    ],
    ["a spend of what is no output", [{ spends: ["t9"] }]],
  ])("refuses %s", (_name, given) => {
    expect(codeOf(() => seal(...given))).toBe("plugin-invalid");
  });
});

test("the net of a block is what all transactions make less what others spend, in the block's order", () => {
  const id = fc
    .tuple(fc.constantFrom("t0", "t1", "t2", "t3", "old"), fc.nat({ max: 2 }))
    .map(([tx, at]) => `${tx}:${at}`);
  const given = fc.array(fc.record({ spends: fc.array(id), makes: fc.uniqueArray(fc.nat({ max: 2 })) }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(given, (list) => {
      const all = list.flatMap(({ spends }, i) => spends.map((id) => ({ id, i })));
      // Each id once, as in every block there is.
      fc.pre(new Set(all.map(({ id }) => id)).size === all.length);
      const made = list.flatMap(({ makes }, i) => makes.map((at) => `t${i}:${at}`));
      const within = all.filter(({ id, i }) => made.includes(id) && !id.startsWith(`t${i}:`)).map(({ id }) => id);
      const { outputs } = seal(
        ...list.map(({ spends, makes }, i) => ({ spends, makes: makes.map((at) => `t${i}:${at}`) })),
      );
      expect(spendsOf(outputs as OutputChanges)).toEqual(all.map(({ id }) => id).filter((id) => !within.includes(id)));
      const left = makesOf(outputs as OutputChanges).map(([index, at]) => `t${index}:${at}`);
      expect(left).toEqual(made.filter((id) => !within.includes(id)));
    }),
  );
});
