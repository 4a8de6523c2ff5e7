import { expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/solana/decode/decode-block.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";

const VOTE = "Vote111111111111111111111111111111111111111";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

/** A transaction that calls the programs; `moved` lamports go from its payer to its second account. */
function transaction(id: string, programs: readonly string[], { moved = 0, more = 0 } = {}) {
  const accountKeys = ["Payer", "VoteAccount", ...programs, ...Array.from({ length: more }, (_, i) => `More${i}`)];
  const none = accountKeys.slice(2).map(() => 1);
  return {
    transaction: {
      signatures: [id],
      message: {
        accountKeys,
        instructions: programs.map((_, i) => ({ programIdIndex: 2 + i, accounts: [0, 1], data: "" })),
      },
    },
    meta: { err: null, fee: 5, preBalances: [100, 7, ...none], postBalances: [95 - moved, 7 + moved, ...none] },
  };
}

const block = {
  blockhash: "b",
  previousBlockhash: "a",
  parentSlot: 7,
  blockTime: 1,
  rewards: [],
  transactions: [
    transaction("vote", [VOTE]),
    transaction("vote and memo", [VOTE, MEMO]),
    transaction("memo", [MEMO]),
    transaction("vote that moves", [VOTE], { moved: 1 }),
    transaction("crowded vote", [VOTE], { more: 4 }),
  ],
};

test.each([
  ["kept", ["vote", "vote and memo", "memo", "vote that moves", "crowded vote"]],
  ["by-programs", ["vote and memo", "memo", "vote that moves"]],
  ["by-accounts", ["memo", "vote that moves", "crowded vote"]],
] as const)("votes %s: what is left are %j, and what votes paid stands in the block's entry", (rule, left) => {
  const { transactions } = decodeBlock(readBlock(block, { node: "n", asked: { height: 9 } }), rule);
  const ids = transactions.map(({ id }) => id);
  expect(ids.filter((id) => id !== "block:b")).toEqual(left);
  const paid = transactions.flatMap(({ movements }) => movements).reduce((sum, { delta }) => sum + delta, 0n);
  expect(paid).toBe(-25n);
  const own = transactions.find(({ id }) => id === "block:b")?.movements ?? [];
  expect(own.map(({ account, delta, kind }) => [account, delta, kind])).toEqual(
    rule === "kept" ? [] : [["Payer", BigInt(-5 * (5 - left.length)), "fee"]],
  );
});
