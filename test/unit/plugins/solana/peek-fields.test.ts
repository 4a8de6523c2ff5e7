import { expect, it } from "vitest";
import { peekFields } from "../../../../src/plugins/solana/peek-fields.ts";
import { RECORDED_SLOTS, type RecordedSlot, readSolanaFixture } from "../../../support/solana-fixtures.ts";

const answer = (text: string) => Buffer.from(`{"jsonrpc":"2.0","result":${text},"id":1}`);
const filler = JSON.stringify(["x".repeat(10_000), 'log: {"blockhash":"wrong","blockTime":1}']);

it.each([
  ["before the transactions", `{"blockTime":17,"blockhash":"Hash","parentSlot":4,"transactions":${filler}}`],
  ["after them", `{"previousBlockhash":"P","transactions":${filler},"blockhash": "Hash" ,"blockTime" : 17}`],
  ["at both ends", `{"blockhash":"Hash","transactions":${filler},"blockTime":17}`],
  ["in a small answer", '{"blockhash":"Hash","blockTime":17}'],
])("fields are found %s", (_where, text) => {
  expect(peekFields(answer(text))).toEqual({ blockhash: "Hash", blockTime: "17" });
});

it("what is not there is not found, and a null is told", () => {
  expect(peekFields(answer("null"))).toEqual({});
  expect(peekFields(Buffer.alloc(0))).toEqual({});
  expect(peekFields(answer(`{"blockTime":null,"recentBlockhash":"R","previousBlockhash":"P","x":${filler}}`))).toEqual({
    blockTime: "null",
  });
});

it("the recorded blocks' are found, in whatever order their fields stand", () => {
  for (const path of RECORDED_SLOTS) {
    const { block } = readSolanaFixture<RecordedSlot>(path);
    const { transactions, rewards, ...own } = block;
    for (const ordered of [
      { ...own, rewards, transactions },
      { transactions, rewards, ...own },
    ]) {
      expect(peekFields(answer(JSON.stringify(ordered)))).toEqual({
        blockhash: block.blockhash,
        blockTime: String(block.blockTime),
      });
    }
  }
});
