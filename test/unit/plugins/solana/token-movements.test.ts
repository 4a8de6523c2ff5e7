import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBlock } from "../../../../src/plugins/solana/decode/decode-block.ts";
import { readBlock } from "../../../../src/plugins/solana/read-block.ts";

const U64_MAX = 2n ** 64n - 1n;

type Told = {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner: string | null;
  readonly amount: bigint;
};

const told: fc.Arbitrary<Told> = fc.record({
  accountIndex: fc.nat(3),
  mint: fc.constantFrom("M", "N"),
  owner: fc.constantFrom("O", "P", null),
  amount: fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: U64_MAX })),
});
/** In any order, each place once at most. */
const list = fc.uniqueArray(told, { selector: ({ accountIndex }) => accountIndex });

function tokensOf(before: readonly Told[], after: readonly Told[]) {
  const write = (each: readonly Told[]) =>
    each.map(({ amount, ...rest }) => ({ ...rest, uiTokenAmount: { amount: String(amount), decimals: 0 } }));
  const meta = {
    err: null,
    fee: 0,
    preBalances: [1, 1, 1, 1],
    postBalances: [1, 1, 1, 1],
    preTokenBalances: write(before),
    postTokenBalances: write(after),
  };
  const transaction = { signatures: ["s"], accountKeys: ["A", "B", "C", "D"].map((pubkey) => ({ pubkey })) };
  const block = {
    blockhash: "b",
    previousBlockhash: "a",
    parentSlot: 7,
    blockTime: 1,
    transactions: [{ transaction, meta }],
  };
  const { transactions } = decodeBlock(readBlock(block, { node: "n", asked: { height: 9 } }), "kept");
  return transactions[0]?.movements ?? [];
}

test("whatever order nodes list token balances in, the movements are the sums by owner and mint", () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const owners = new Map<number, string>();
      for (const { accountIndex, owner } of [...before, ...after]) if (owner !== null) owners.set(accountIndex, owner);
      const expected = new Map<string, bigint>();
      const add = ({ accountIndex, mint, owner, amount }: Told, sign: bigint) => {
        const key = `${owner ?? owners.get(accountIndex) ?? "ABCD"[accountIndex]} token:${mint}`;
        expected.set(key, (expected.get(key) ?? 0n) + sign * amount);
      };
      for (const each of before) add(each, -1n);
      for (const each of after) add(each, 1n);
      const moved = [...expected].filter(([, delta]) => delta !== 0n).sort();
      const movements = tokensOf(before, after);
      expect(movements.map(({ account, asset, delta }) => [`${account} ${asset}`, delta]).sort()).toEqual(moved);
    }),
  );
});

test.each([["1".repeat(21)], ["18446744073709551616"], ["-1"], ["1.5"], [""], [5]])(
  "%j as an amount of tokens is refused",
  (amount) => {
    const entry = { accountIndex: 0, mint: "M", owner: "O", uiTokenAmount: { amount } };
    const meta = { err: null, fee: 0, preBalances: [1], postBalances: [1], preTokenBalances: [entry] };
    const transaction = { signatures: ["s"], accountKeys: [{ pubkey: "A" }] };
    const block = {
      blockhash: "b",
      previousBlockhash: "a",
      parentSlot: 7,
      blockTime: 1,
      transactions: [{ transaction, meta }],
    };
    expect(() => readBlock(block, { node: "n", asked: { height: 9 } })).toThrow(/amount: expected the digits/);
  },
);
