import { describe, expect, it } from "vitest";
import type { BlockOutputs } from "../../../../src/core/contracts/plugin.ts";
import type { Output } from "../../../../src/core/model.ts";
import { UncommittedOutputs } from "../../../../src/sync/outputs/uncommitted-outputs.ts";

function output(id: string, height: number): Output {
  return { id, account: "a", asset: "coin", amount: 1n, height, coinbase: false };
}

function block(height: number, spends: readonly string[], makes: readonly string[]): BlockOutputs {
  const ref = { height, hash: `h${height}`, parentHash: `h${height - 1}`, parentHeight: height - 1, time: height };
  return { ref, spends, makes: makes.map((id) => output(id, height)) };
}

describe("outputs of uncommitted blocks", () => {
  it("are found by later blocks, in the order asked, and others are left to the ledger", () => {
    const uncommitted = new UncommittedOutputs();
    uncommitted.take(block(1, [], ["one:0", "one:1"]));
    uncommitted.take(block(2, [], ["two:0"]));
    expect(uncommitted.take(block(3, ["two:0", "old:0", "one:1"], []))).toEqual([
      output("two:0", 2),
      undefined,
      output("one:1", 1),
    ]);
  });

  it.each([
    ["an uncommitted block made", [block(1, [], ["a:0"]), block(2, ["a:0"], [])], block(3, ["a:0"], [])],
    ["the ledger has", [block(1, ["old:0"], [])], block(2, ["old:0"], [])],
    ["the block itself has spent", [], block(1, ["old:0", "old:0"], [])],
  ] as const)("cannot be spent twice: one that %s", (_, before, again) => {
    const uncommitted = new UncommittedOutputs();
    for (const each of before) uncommitted.take(each);
    expect(() => uncommitted.take(again)).toThrowError(
      expect.objectContaining({
        code: "integrity-violation",
        details: expect.objectContaining({ field: "spent output" }),
      }),
    );
  });

  it("can be made again under the same id, and spent again", () => {
    const uncommitted = new UncommittedOutputs();
    uncommitted.take(block(1, [], ["twin:0"]));
    uncommitted.take(block(2, ["twin:0"], ["twin:0"]));
    expect(uncommitted.take(block(3, ["twin:0"], []))).toEqual([output("twin:0", 2)]);
  });

  it("are forgotten with the commit, but for what newer blocks did to them", () => {
    const uncommitted = new UncommittedOutputs();
    uncommitted.take(block(1, [], ["a:0", "b:0"]));
    uncommitted.take(block(2, ["a:0"], ["c:0"]));
    uncommitted.forget(1);
    // b:0 is the ledger's now; a:0 is there too, but block 2 has spent it.
    expect(uncommitted.take(block(3, ["b:0"], []))).toEqual([undefined]);
    expect(() => uncommitted.take(block(4, ["a:0"], []))).toThrowError(/a:0, which block 2 has spent/);
    uncommitted.forget(4);
    expect(uncommitted.size).toBe(0);
  });
});
