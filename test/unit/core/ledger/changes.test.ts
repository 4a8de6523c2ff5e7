import fc from "fast-check";
import { expect, test } from "vitest";
import { sumChanges } from "../../../../src/core/ledger/changes.ts";
import type { LedgerTransaction } from "../../../../src/core/model.ts";

const movement = fc.record({
  account: fc.constantFrom("ann", "bob", "cat", "dan"),
  asset: fc.constantFrom("coin", "gold"),
  delta: fc.bigInt({ min: -3n, max: 3n }),
  kind: fc.constant("transfer" as const),
});
const transactions = fc
  .array(fc.array(movement, { maxLength: 6 }), { maxLength: 6 })
  .map((lists) =>
    lists.map(
      (movements, index): LedgerTransaction => ({ id: `t${index}`, index, status: "success", fee: null, movements }),
    ),
  );

test("a block without movements changes nothing", () => {
  const { changes } = sumChanges([{ id: "t0", index: 0, status: "success", fee: null, movements: [] }]);
  expect(changes).toEqual({
    movements: 0,
    accounts: [],
    assets: [],
    places: new Uint32Array(),
    deltas: [],
    touches: new Uint32Array(),
    touchEnds: new Uint32Array(),
  });
});

test("the changes are what counting the movements one by one comes to, in the order of their first movements", () => {
  fc.assert(
    fc.property(transactions, (block) => {
      const sums = new Map<string, bigint>();
      const touched = new Map<string, number[]>();
      for (const { index, movements } of block) {
        for (const { account, asset, delta } of movements) {
          sums.set(`${account} ${asset}`, (sums.get(`${account} ${asset}`) ?? 0n) + delta);
          touched.set(account, [...new Set([...(touched.get(account) ?? []), index])]);
        }
      }
      const { changes } = sumChanges(block);
      const told = changes.deltas.map((delta, i) => {
        const account = changes.accounts[changes.places[2 * i] as number];
        return [`${account} ${changes.assets[changes.places[2 * i + 1] as number]}`, delta];
      });
      expect(told).toEqual([...sums]);
      const ends = [0, ...changes.touchEnds];
      const indexes = changes.accounts.map((account, i) => [account, [...changes.touches.slice(ends[i], ends[i + 1])]]);
      expect(indexes).toEqual([...touched]);
      expect(changes.movements).toBe(block.flatMap(({ movements }) => movements).length);
    }),
  );
});

test("an account with outputs and no movements is named, with a change of nothing", () => {
  const outputs = { spends: [], makes: [{ id: "t0:0", account: "eve", asset: "gold", amount: 0n }], coinbase: false };
  const moved = { account: "ann", asset: "coin", delta: 1n, kind: "transfer" as const };
  const { changes, names } = sumChanges([
    { id: "t0", index: 0, status: "success", fee: null, movements: [moved], outputs },
  ]);
  expect(changes).toEqual({
    movements: 1,
    accounts: ["ann", "eve"],
    assets: ["coin", "gold"],
    places: Uint32Array.of(0, 0, 1, 1),
    deltas: [1n, 0n],
    touches: Uint32Array.of(0),
    touchEnds: Uint32Array.of(1, 1),
  });
  expect([...names.accounts]).toEqual([
    ["ann", 0],
    ["eve", 1],
  ]);
});
