import assert from "node:assert/strict";
import type { HistoryPlace } from "../../core/contracts/store.ts";
import { openLedger, read, type SuitePart, sums, terms } from "./harness.ts";
import { parentOfStart, type SampleBlock, sampleBlock, sampleChain, sampleId } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";
const ann = `0x${"a1".repeat(20)}`;
const bob = `0x${"b0".repeat(20)}`;

/** What a view answers. */
export const reads: SuitePart = {
  view: {
    "finds blocks and transactions, and nothing that is not there": async (store) => {
      const ledger = await openLedger(store);
      const block = sampleBlock(start, {
        transactions: [
          [[ann, coin, -3n, "fee"]],
          [
            [ann, coin, -7n],
            [bob, coin, 7n],
          ],
        ],
      });
      await ledger.commit([block]);
      await read(ledger, async (view) => {
        const stored = { ref: block.ref, transactions: 2, digest: ledger.position?.digest, trail: undefined };
        assert.deepEqual(await view.block(5), stored);
        assert.deepEqual(await view.block("5a"), stored);
        for (const at of [4, 6, -1, 5.5, Number.NaN, 2 ** 60, "5b", ""]) assert.equal(await view.block(at), undefined);
        const [failed, transfer] = block.transactions;
        assert.deepEqual(await view.transaction(sampleId("5a", 0)), { ...failed, block: block.ref });
        assert.deepEqual(await view.transaction(sampleId("5a", 1)), { ...transfer, block: block.ref });
        assert.equal(failed?.status, "failed");
        // Alike at its end, so that only the whole id tells.
        assert.equal(await view.transaction(`x${sampleId("5a", 1)}`), undefined);
        assert.equal(await view.transaction(""), undefined);
      });
    },
    "sums movements exactly, below zero and beyond 256 bits": async (store) => {
      const ledger = await openLedger(store);
      const huge = 2n ** 300n;
      await ledger.commit(
        sampleChain(start, [
          {
            transactions: [
              [
                [ann, coin, -5n],
                [ann, coin, -6n],
              ],
              [[ann, "b:big", huge]],
            ],
          },
          {
            transactions: [
              [
                [ann, coin, 1n],
                [ann, "c:self", 9n],
                [ann, "c:self", -9n],
              ],
              [[ann, "b:big", -huge - 1n]],
            ],
          },
        ]),
      );
      assert.deepEqual(await sums(ledger, ann), { "b:big": -1n, "c:self": 0n, [coin]: -10n });
      assert.deepEqual(await sums(ledger, ann, 5), { "b:big": huge, [coin]: -11n });
      assert.deepEqual(await sums(ledger, ann, 4), {});
      assert.deepEqual(await sums(ledger, ann, 1000), await sums(ledger, ann));
      assert.deepEqual(await sums(ledger, "nobody"), {});
    },
    "keeps accounts apart whose names begin alike, up to 128 characters": async (store) => {
      const ledger = await openLedger(store);
      const names = ["a", "aa", "a".repeat(127), "a".repeat(128), "0xabcdefab", "abcdefab", "0xABCDEFAB"];
      const transactions = names.map((name, i) => [[name, coin, BigInt(i + 1)] as const]);
      await ledger.commit([sampleBlock(start, { transactions })]);
      for (const [i, name] of names.entries()) {
        assert.deepEqual(await sums(ledger, name), { [coin]: BigInt(i + 1) });
        const page = await read(ledger, (view) => view.history(name, undefined, 10));
        assert.deepEqual(
          page.transactions.map(({ index }) => index),
          [i],
        );
      }
    },
    "gives all assets of an account that has hundreds, in the order of their names": async (store) => {
      const ledger = await openLedger(store);
      const asset = (i: number) => `nft:${(i * 7919) % 1000}/${i}`;
      const samples = Array.from({ length: 5 }, (_, block) => ({
        transactions: Array.from({ length: 40 }, (_, i) => [
          [ann, asset(block * 40 + i), BigInt(block * 40 + i)] as const,
        ]),
      }));
      for (const block of sampleChain(start, [...samples, { transactions: [[[ann, asset(3), 100n]]] }]))
        await ledger.commit([block]);
      const entries = await read(ledger, (view) => view.balances(ann));
      const names = entries.map((entry) => entry.asset);
      assert.deepEqual(names, [...names].sort());
      const expected = Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [asset(i), i === 3 ? 103n : BigInt(i)]),
      );
      assert.deepEqual(await sums(ledger, ann), Object.fromEntries(names.map((name) => [name, expected[name]])));
      assert.equal(Object.keys(await sums(ledger, ann, 6)).length, 80);
      assert.equal((await sums(ledger, ann, 9))[asset(3)], 3n);
    },
    "pages through history newest first, with no gap and no repetition, also while blocks arrive": async (store) => {
      const ledger = await openLedger(store);
      const samples: SampleBlock[] = Array.from({ length: 12 }, (_, i) => ({
        transactions: Array.from({ length: i % 4 }, (_, j) => [[(i + j) % 3 === 0 ? bob : ann, coin, 1n] as const]),
      }));
      const blocks = sampleChain(start, samples);
      await ledger.commit(blocks.slice(0, 11));
      const all = blocks.slice(0, 11).flatMap((block) => block.transactions.map((t) => ({ ...t, block: block.ref })));
      const expected = all.filter((t) => t.movements.some(({ account }) => account === ann)).reverse();
      for (const limit of [1, 2, 3, expected.length, 100]) {
        const found = [];
        let place: HistoryPlace | undefined;
        do {
          const page = await read(ledger, (view) => view.history(ann, place, limit));
          assert(page.transactions.length <= limit);
          found.push(...page.transactions);
          place = page.next;
          if (ledger.position?.tip.height === 15) await ledger.commit(blocks.slice(11));
        } while (place);
        // The block that arrived after the first page is above every later page.
        assert.deepEqual(
          found.filter(({ block }) => block.height <= 15),
          expected,
        );
      }
    },
    "tells the heights at which a balance changed": async (store) => {
      const ledger = await openLedger(store);
      const change = (delta: bigint): SampleBlock => ({ transactions: [[[ann, coin, delta]]] });
      const quiet: SampleBlock = {
        transactions: [
          [
            [ann, "b:other", 1n],
            [ann, coin, 2n],
            [ann, coin, -2n],
          ],
        ],
      };
      const seen: SampleBlock = { observations: [[ann, coin, 1000n]] };
      await ledger.commit(sampleChain(start, [change(1n), quiet, change(10n), seen, change(-4n), change(8n)]));
      const points = [
        [10, 15n],
        [9, 7n],
        [7, 11n],
        [5, 1n],
      ] as const;
      const expected = points.map(([height, sum]) => ({ height, sum }));
      await read(ledger, async (view) => {
        const all = await view.balanceHistory(ann, coin, 0, 100, 10);
        assert.deepEqual(all, { points: expected, next: undefined });
        const some = await view.balanceHistory(ann, coin, 6, 9, 10);
        assert.deepEqual(some.points, expected.slice(1, 3));
        const found = [];
        let to: number | undefined = 100;
        while (to !== undefined) {
          const page = await view.balanceHistory(ann, coin, 0, to, 1);
          assert.equal(page.points.length, 1);
          found.push(...page.points);
          to = page.next;
        }
        assert.deepEqual(found, expected);
        assert.deepEqual((await view.balanceHistory(ann, "b:unknown", 0, 100, 10)).points, []);
        assert.deepEqual((await view.balanceHistory("nobody", coin, 0, 100, 10)).points, []);
      });
    },
    "stands on one commit, whatever happens meanwhile": async (store) => {
      const ledger = await openLedger(store);
      const give = (amount: bigint, fork = "a"): SampleBlock => ({ transactions: [[[ann, coin, amount]]], fork });
      const [first, second] = sampleChain(start, [give(1n), give(2n)]);
      assert(first && second);
      await ledger.commit([first]);
      using old = ledger.view();
      // Read once before, so that an answer kept in memory would be found.
      const before = await old.balances(ann);
      await ledger.commit([second]);
      using middle = ledger.view();
      assert.equal((await middle.balances(ann))[0]?.sum, 3n);
      await ledger.rollback(first.ref);
      await ledger.commit([sampleBlock(first.ref, give(50n, "b"))]);
      assert.deepEqual(await old.balances(ann), before);
      assert.equal((await old.balances(bob)).length, 0);
      assert.equal(old.position?.tip.hash, "5a");
      assert.equal(await old.block(6), undefined);
      assert.equal((await old.history(ann, undefined, 10)).transactions.length, 1);
      assert.equal((await middle.balances(ann))[0]?.sum, 3n);
      assert.equal((await middle.block(6))?.ref.hash, "6a");
      assert.equal((await middle.transaction(sampleId("6a", 0)))?.id, sampleId("6a", 0));
      assert.deepEqual(await sums(ledger, ann), { [coin]: 51n });
    },
    "remembers what tokens say of themselves": async (store) => {
      const ledger = await openLedger(store);
      const asset = "erc20:0x00";
      assert.equal(await read(ledger, (view) => view.assetInfo(asset)), undefined);
      await ledger.putAssetInfo([
        { asset, info: { symbol: "Ł", decimals: 0 } },
        { asset: coin, info: { symbol: null, decimals: null } },
      ]);
      assert.deepEqual(await read(ledger, (view) => view.assetInfo(asset)), { symbol: "Ł", decimals: 0 });
      assert.deepEqual(await read(ledger, (view) => view.assetInfo(coin)), { symbol: null, decimals: null });
      await ledger.putAssetInfo([{ asset, info: { symbol: "NEW", decimals: 18 } }]);
      assert.deepEqual(await read(ledger, (view) => view.assetInfo(asset)), { symbol: "NEW", decimals: 18 });
    },
  },
};
