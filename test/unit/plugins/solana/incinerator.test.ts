import { expect, test } from "vitest";
import { decodeBlock, NATIVE_ASSET } from "../../../../src/plugins/solana/decode/decode-block.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";

const INCINERATOR = "1nc1nerator11111111111111111111111111111111";

test("what is sent to the incinerator is gone when the block ends", () => {
  const sent = (before: number, amount: number, burnt: number) => ({
    transaction: { signatures: [`s${burnt}`], accountKeys: [{ pubkey: "A" }, { pubkey: INCINERATOR }] },
    meta: {
      err: null,
      fee: 5,
      preBalances: [before, burnt],
      postBalances: [before - amount - 5, burnt + amount],
    },
  });
  const block = {
    blockhash: "b",
    previousBlockhash: "a",
    parentSlot: 7,
    blockTime: 1,
    transactions: [sent(1000, 100, 0), sent(895, 20, 100)],
    rewards: [],
  };
  const { transactions, observations } = decodeBlock(readBlock(block, { node: "n", asked: { height: 9 } }), "kept");
  expect(transactions.at(-1)).toMatchObject({
    id: "block:b",
    movements: [{ account: INCINERATOR, asset: NATIVE_ASSET, delta: -120n, kind: "burn" }],
  });
  expect(observations).toContainEqual({ account: INCINERATOR, asset: NATIVE_ASSET, amount: 0n });
});
