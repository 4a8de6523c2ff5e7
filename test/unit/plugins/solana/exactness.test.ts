import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExact } from "../../../../src/plugins/solana/codec/exact-json.ts";
import { decodeBlock, NATIVE_ASSET } from "../../../../src/plugins/solana/decode/decode-block.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";
import { verifyBlock } from "../../../../src/plugins/solana/verify/verify-block.ts";

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

function parse(text: string) {
  return readBlock(parseExact(Buffer.from(text), "test"), { node: "n", asked: { height: 9 } });
}

function blockText(before: bigint, sent: bigint, fee: bigint): string {
  return `{"blockhash":"b","previousBlockhash":"a","parentSlot":7,"blockTime":1,"rewards":[
    {"pubkey":"Leader","lamports":${fee},"postBalance": ${before},"rewardType":"Fee","commission":null}],
    "transactions":[{"transaction":{"signatures":["s"],"accountKeys":[{"pubkey":"A"},{"pubkey":"B"}]},
    "meta":{"err":null,"fee":${fee},"preBalances":[${before},0],"postBalances":[ ${before - sent - fee}, ${sent}]}}]}`;
}

describe("lamports", () => {
  test("stay exact from the node's bytes to movements and observations", () => {
    fc.assert(
      fc.property(u64, u64, u64, (total, part, share) => {
        const fee = total === 0n ? 0n : share % (total + 1n);
        const sent = total === fee ? 0n : part % (total - fee + 1n);
        const block = parse(blockText(total, sent, fee));
        verifyBlock(block, "full");
        const { transactions, observations } = decodeBlock(block, "kept");
        const sum = (account: string) =>
          transactions
            .flatMap(({ movements }) => movements)
            .filter((movement) => movement.account === account)
            .reduce((all, { delta }) => all + delta, 0n);
        expect([sum("A"), sum("B"), sum("Leader")]).toEqual([-sent - fee, sent, fee]);
        const told = new Map(observations.map(({ account, amount }) => [account, amount]));
        if (sent > 0n) expect(told.get("B")).toBe(sent);
        if (sent + fee > 0n) expect(told.get("A")).toBe(total - sent - fee);
        expect(observations.every(({ asset }) => asset === NATIVE_ASSET)).toBe(true);
      }),
    );
  });

  test("are refused where they are no u64", () => {
    for (const text of ["-1", "1.5", "18446744073709551616", "1e30", '"5"', "null"]) {
      const block = blockText(5n, 0n, 0n).replace('"preBalances":[5,', `"preBalances":[${text},`);
      expect(() => parse(block)).toThrow(expect.objectContaining({ code: "node-bad-response" }));
    }
  });
});

describe("parseExact", () => {
  test("gives every whole number as it stands in the text", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })), (numbers) => {
        const parsed = parseExact(Buffer.from(`{"list":[${numbers.join(" , ")}]}`), "test") as { list: unknown[] };
        expect(parsed.list.map((value) => BigInt(value as number | bigint))).toEqual(numbers);
      }),
    );
  });

  test("leaves digits within texts and fractions alone", () => {
    const text = '{"a":":12345678901234567890","b":1.2345678901234567,"c":[12345678901234567890]}';
    expect(parseExact(Buffer.from(text), "test")).toEqual({
      a: ":12345678901234567890",
      b: 1.2345678901234567,
      c: [12345678901234567890n],
    });
  });

  test("names what is no JSON", () => {
    expect(() => parseExact(Buffer.from("<html>"), "node n, slot 3")).toThrow(
      /node n, slot 3: expected JSON, got "<html>"/,
    );
    expect(() => parseExact(Buffer.alloc(0), "node n")).toThrow(/got nothing/);
  });
});

test("a block with ten thousand rewards", () => {
  const rewards = Array.from(
    { length: 10_000 },
    (_, i) =>
      `{"pubkey":"V${i}","lamports":${i},"postBalance":${9_007_199_254_740_993n + BigInt(i)},"rewardType":"Voting"}`,
  );
  const block = parse(
    `{"blockhash":"b","previousBlockhash":"a","parentSlot":7,"blockTime":null,"transactions":[],"rewards":[${rewards}]}`,
  );
  verifyBlock(block, "full");
  const { transactions, observations } = decodeBlock(block, "by-programs");
  expect(transactions.length).toBe(1);
  // The one of nothing moves nothing.
  expect(transactions[0]?.movements.length).toBe(9_999);
  expect(observations.at(-1)).toEqual({ account: "V9999", asset: NATIVE_ASSET, amount: 9_007_199_254_750_992n });
});
