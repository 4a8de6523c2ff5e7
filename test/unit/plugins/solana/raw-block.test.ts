import fc from "fast-check";
import { expect, test } from "vitest";
import type { RawBlock } from "../../../../src/core/contracts/plugin.ts";
import { openRaw } from "../../../../src/plugins/solana/raw-block.ts";

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
  fc.bigInt({ min: 0n, max: 9n }),
);

function raw(before: string, after: string, fee: string, reward: string): RawBlock {
  const text = `{"jsonrpc":"2.0","id":1,"result":{"blockhash":"b","previousBlockhash":"a","parentSlot":7,"blockTime":1,"rewards":[
    {"pubkey":"L","lamports":${reward},"postBalance":${reward},"rewardType":"Fee"}],"transactions":[{"transaction":
    {"signatures":["s"],"accountKeys":[{"pubkey":"A"}]},"meta":{"err":null,"fee":${fee},"preBalances":[${before}],
    "postBalances":[${after}],"logMessages":["a log of 12345678901234567890, 2"]}}]}}`;
  return { asked: { height: 9 }, profile: "solana/1+accounts", node: "n", parts: { answer: Buffer.from(text) } };
}

test("every amount of a node's bytes is exact, whether or not one needs more than 53 bits", () => {
  fc.assert(
    fc.property(u64, u64, u64, u64, (before, after, fee, reward) => {
      const { transactions, rewards } = openRaw(raw(`${before}`, `${after}`, `${fee}`, `${reward}`));
      const meta = transactions[0]?.meta;
      expect([meta?.before, meta?.after, meta?.fee]).toEqual([[before], [after], fee]);
      expect([meta?.change(0), rewards[0]?.lamports]).toEqual([after - before, reward]);
    }),
  );
});

test.each(["18446744073709551616", "-1", "1.5", "1e30"])("%s lamports are refused, with where they stand", (amount) => {
  expect(() => openRaw(raw(amount, "1", "1", "1"))).toThrow(/node n, slot 9, .*preBalances\[0\]: expected an amount/);
  expect(() => openRaw(raw("1", "1", amount, "1"))).toThrow(/node n, slot 9, .*meta.fee: expected an amount/);
});
