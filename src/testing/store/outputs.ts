import assert from "node:assert/strict";
import type { ChainLedger, LedgerStore, LedgerTerms, OutputPlace } from "../../core/contracts/store.ts";
import type { Output } from "../../core/model.ts";
import { read, rejects, type SuitePart, sums } from "./harness.ts";
import { outputOf, parentOfStart, type Sample, type SampleCoins, sampleBlock, sampleChain } from "./sample-blocks.ts";

const coin = "slip44:1";
/** A chain indexed from its beginning: the ledger knows every output. */
const whole: LedgerTerms = { chain: "test:coins", profile: "sample-1", startHeight: 0 };
const start = parentOfStart(0);
const hash = (digit: string) => digit.repeat(64);

/** A block's reward, paid in as many outputs as there are accounts. */
function reward(id: string | undefined, ...accounts: readonly string[]): SampleCoins {
  return {
    ...(id !== undefined && { id }),
    makes: accounts.map((account, i) => [account, coin, BigInt(10 + i)] as const),
    coinbase: true,
  };
}

function unspentOf(ledger: ChainLedger, account: string): Promise<readonly Output[]> {
  return read(ledger, async (view) => (await view.unspent(account, undefined, 1000)).outputs);
}

function found(ledger: ChainLedger, ...ids: readonly string[]): Promise<readonly (Output | undefined)[]> {
  return read(ledger, (view) => view.outputs(ids));
}

/** A block's output as the ledger tells it. */
function told(block: Sample, index: number, position: number): Output {
  const coinbase = block.transactions[index]?.outputs?.coinbase ?? false;
  return { ...outputOf(block, index, position), height: block.ref.height, coinbase };
}

async function clean(store: LedgerStore): Promise<void> {
  assert.deepEqual((await store.verify()).faults, []);
}

/** Chains whose coins are outputs: what is made, what is spent. */
export const outputs: SuitePart = {
  outputs: {
    "are unspent once they are made, by id and by account": async (store) => {
      const ledger = await store.openChain(whole);
      const block = sampleBlock(start, { transactions: [reward(hash("a"), "ann", "bob"), reward("text id", "ann")] });
      await ledger.commit([block]);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(block, 0, 0), told(block, 1, 0)]);
      assert.deepEqual(await unspentOf(ledger, "bob"), [told(block, 0, 1)]);
      assert.deepEqual(await unspentOf(ledger, "cec"), []);
      const ids = ["text id:0", `${hash("a")}:1`, `${hash("a")}:2`, `${hash("b")}:0`, "no id", ""];
      assert.deepEqual(await found(ledger, ...ids), [
        told(block, 1, 0),
        told(block, 0, 1),
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      assert.deepEqual(await sums(ledger, "ann"), { [coin]: 20n });
      await clean(store);
    },
    "are gone once they are spent, in a later commit": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann", "bob")] });
      await ledger.commit([first]);
      const second = sampleBlock(first.ref, {
        transactions: [
          {
            spends: [outputOf(first, 0, 0)],
            makes: [
              ["cec", coin, 4n],
              ["ann", coin, 6n],
            ],
          },
        ],
      });
      await ledger.commit([second]);
      assert.deepEqual(await found(ledger, `${hash("a")}:0`), [undefined]);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(second, 0, 1)]);
      assert.deepEqual(await unspentOf(ledger, "bob"), [told(first, 0, 1)]);
      assert.deepEqual(await unspentOf(ledger, "cec"), [told(second, 0, 0)]);
      await clean(store);
    },
    "are gone once they are spent, within a block and over blocks of one commit": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann", "bob")] });
      const chained = sampleBlock(first.ref, {
        transactions: [
          { id: hash("b"), spends: [outputOf(first, 0, 0)], makes: [["cec", coin, 10n]] },
          {
            id: hash("c"),
            spends: [{ id: `${hash("b")}:0`, account: "cec", asset: coin, amount: 10n }],
            makes: [["dan", coin, 10n]],
          },
        ],
      });
      const third = sampleBlock(chained.ref, {
        transactions: [{ id: hash("d"), spends: [outputOf(chained, 1, 0)], makes: [["ann", coin, 10n]] }],
      });
      await ledger.commit([first, chained, third]);
      for (const account of ["cec", "dan"]) assert.deepEqual(await unspentOf(ledger, account), []);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(third, 0, 0)]);
      const ids = ["a", "b", "c", "d"].map((digit) => `${hash(digit)}:0`);
      assert.deepEqual(await found(ledger, ...ids), [undefined, undefined, undefined, told(third, 0, 0)]);
      await clean(store);
    },
    "that are not there cannot be spent: nothing is written": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann")] });
      await ledger.commit([first]);
      const before = ledger.position;
      const spent = outputOf(first, 0, 0);
      const unknown = { ...spent, id: `${hash("f")}:0` };
      for (const spends of [[unknown], [spent, spent], [spent, unknown]]) {
        const block = sampleBlock(first.ref, { transactions: [{ spends, makes: [["bob", coin, 1n]] }] });
        const error = await rejects(ledger.commit([block]), "broken-link");
        assert.match(error.message, /block 1 .*output/);
      }
      const once = sampleBlock(first.ref, { transactions: [{ spends: [spent], makes: [["bob", coin, 10n]] }] });
      const twice = sampleBlock(once.ref, { transactions: [{ spends: [spent], makes: [["bob", coin, 10n]] }] });
      await rejects(ledger.commit([once, twice]), "broken-link");
      assert.deepEqual(ledger.position, before);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(first, 0, 0)]);
      await ledger.commit([once]);
      await rejects(ledger.commit([twice]), "broken-link");
      assert.deepEqual(await unspentOf(ledger, "bob"), [told(once, 0, 0)]);
      await clean(store);
    },
    "of before the first block of a later index are passed over": async (store) => {
      const ledger = await store.openChain({ ...whole, startHeight: 5 });
      const before = { id: `${hash("e")}:3`, account: "ann", asset: coin, amount: 8n };
      const first = sampleBlock(parentOfStart(5), {
        transactions: [{ id: hash("a"), spends: [before], makes: [["bob", coin, 8n]] }],
      });
      await ledger.commit([first]);
      const second = sampleBlock(first.ref, {
        transactions: [
          {
            id: hash("b"),
            spends: [{ ...before, id: `${hash("e")}:4` }, outputOf(first, 0, 0)],
            makes: [["cec", coin, 16n]],
          },
        ],
      });
      await ledger.commit([second]);
      assert.deepEqual(await sums(ledger, "ann"), { [coin]: -16n });
      assert.deepEqual(await unspentOf(ledger, "bob"), []);
      await clean(store);
      await ledger.rollback(first.ref);
      assert.deepEqual(await unspentOf(ledger, "bob"), [told(first, 0, 0)]);
      assert.deepEqual(await found(ledger, before.id, `${hash("e")}:4`), [undefined, undefined]);
      await clean(store);
    },
    "may be made again under their id by the transaction that spends them (BIP 30)": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann")] });
      const again = sampleBlock(first.ref, {
        transactions: [{ id: hash("a"), spends: [outputOf(first, 0, 0)], makes: [["ann", coin, 10n]], coinbase: true }],
      });
      const spending = sampleBlock(again.ref, {
        transactions: [{ id: hash("b"), spends: [outputOf(again, 0, 0)], makes: [["bob", coin, 10n]] }],
      });
      for (const batches of [
        [[first], [again], [spending]],
        [[first, again], [spending]],
        [[first], [again, spending]],
      ]) {
        for (const batch of batches) await ledger.commit(batch);
        assert.deepEqual(await found(ledger, `${hash("a")}:0`), [undefined]);
        assert.deepEqual(await unspentOf(ledger, "ann"), []);
        await clean(store);
        await ledger.rollback(again.ref);
        assert.deepEqual(await unspentOf(ledger, "ann"), [told(again, 0, 0)]);
        assert.deepEqual(await found(ledger, `${hash("a")}:0`), [told(again, 0, 0)]);
        await clean(store);
        await ledger.rollback(first.ref);
        assert.deepEqual(await unspentOf(ledger, "ann"), [told(first, 0, 0)]);
        await clean(store);
        await ledger.rollback(null);
        assert.deepEqual(await unspentOf(ledger, "ann"), []);
      }
    },
    "of nothing belong to their account, which has no history by them": async (store) => {
      const ledger = await store.openChain(whole);
      const block = sampleBlock(start, { transactions: [{ id: hash("a"), makes: [["ann", coin, 0n]] }] });
      await ledger.commit([block]);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(block, 0, 0)]);
      assert.deepEqual(await sums(ledger, "ann"), { [coin]: 0n });
      const history = await read(ledger, (view) => view.history("ann", undefined, 10));
      assert.deepEqual(history, { transactions: [], next: undefined });
      await clean(store);
      const next = sampleBlock(block.ref, {
        transactions: [{ spends: [outputOf(block, 0, 0)], makes: [["bob", coin, 0n]] }],
      });
      await ledger.commit([next]);
      assert.deepEqual(await unspentOf(ledger, "ann"), []);
      await ledger.rollback(block.ref);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(block, 0, 0)]);
      assert.deepEqual(await unspentOf(ledger, "bob"), []);
      await clean(store);
    },
    "are told in pages, oldest first, without skips and repeats": async (store) => {
      const ledger = await store.openChain(whole);
      const blocks = sampleChain(
        start,
        Array.from({ length: 12 }, (_, i) => ({
          transactions: Array.from({ length: 1 + (i % 3) }, () =>
            reward(undefined, ...Array<string>(1 + (i % 4)).fill("ann")),
          ),
        })),
      );
      await ledger.commit(blocks);
      const all = blocks.flatMap((block) =>
        block.transactions.flatMap(({ index, outputs }) => (outputs?.makes ?? []).map((_, i) => told(block, index, i))),
      );
      assert.deepEqual(await unspentOf(ledger, "ann"), all);
      for (const limit of [1, 2, 7, all.length - 1, all.length, all.length + 1]) {
        const pages: Output[] = [];
        let place: OutputPlace | undefined;
        do {
          const page = await read(ledger, (view) => view.unspent("ann", place, limit));
          assert.equal(page.outputs.length, Math.min(limit, all.length - pages.length));
          pages.push(...page.outputs);
          place = page.next;
        } while (place);
        assert.deepEqual(pages, all);
      }
      assert.deepEqual(await read(ledger, (view) => view.unspent("ann", undefined, 0)), {
        outputs: [],
        next: undefined,
      });
    },
    "that were the last of a page may be spent before the next page": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann", "ann", "ann", "ann")] });
      await ledger.commit([first]);
      const { next } = await read(ledger, (view) => view.unspent("ann", undefined, 2));
      const spends = [outputOf(first, 0, 0), outputOf(first, 0, 1)];
      await ledger.commit([sampleBlock(first.ref, { transactions: [{ spends, makes: [["bob", coin, 21n]] }] })]);
      assert.deepEqual(await read(ledger, (view) => view.unspent("ann", next, 2)), {
        outputs: [told(first, 0, 2), told(first, 0, 3)],
        next: undefined,
      });
    },
    "are told after all others were spent, and taken back, and new ones made": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann", "ann")] });
      const empty = sampleBlock(first.ref, {
        transactions: [{ spends: [outputOf(first, 0, 0), outputOf(first, 0, 1)], makes: [["bob", coin, 21n]] }],
      });
      const again = sampleBlock(empty.ref, { transactions: [reward(hash("b"), "ann")] });
      await ledger.commit([first]);
      assert.equal((await unspentOf(ledger, "ann")).length, 2);
      await ledger.commit([empty]);
      using between = ledger.view();
      assert.deepEqual(await unspentOf(ledger, "ann"), []);
      await ledger.commit([again]);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(again, 0, 0)]);
      assert.deepEqual((await between.unspent("ann", undefined, 5)).outputs, []);
      await ledger.rollback(first.ref);
      assert.deepEqual(await unspentOf(ledger, "ann"), [told(first, 0, 0), told(first, 0, 1)]);
    },
    "are told by a view as they were when it was opened": async (store) => {
      const ledger = await store.openChain(whole);
      const first = sampleBlock(start, { transactions: [reward(hash("a"), "ann")] });
      await ledger.commit([first]);
      using earlier = ledger.view();
      const spending = { id: hash("b"), spends: [outputOf(first, 0, 0)], makes: [["bob", coin, 10n]] as const };
      const second = sampleBlock(first.ref, { transactions: [spending] });
      await ledger.commit([second]);
      using later = ledger.view();
      await ledger.rollback(first.ref);
      const ids = [`${hash("a")}:0`, `${hash("b")}:0`];
      for (let round = 0; round < 2; round++) {
        assert.deepEqual(await earlier.outputs(ids), [told(first, 0, 0), undefined]);
        assert.deepEqual((await earlier.unspent("ann", undefined, 5)).outputs, [told(first, 0, 0)]);
        assert.deepEqual(await later.outputs(ids), [undefined, told(second, 0, 0)]);
        assert.deepEqual((await later.unspent("ann", undefined, 5)).outputs, []);
        assert.deepEqual(await found(ledger, ...ids), [told(first, 0, 0), undefined]);
      }
    },
  },
  trail: {
    "is told with its block": async (store) => {
      const ledger = await store.openChain(whole);
      const trail = Uint8Array.from({ length: 256 }, (_, i) => i);
      const blocks = sampleChain(start, [{ trail }, {}, { trail: new Uint8Array(0) }]);
      await ledger.commit(blocks);
      const trails = await read(ledger, (view) => Promise.all([0, 1, 2].map((height) => view.block(height))));
      assert.deepEqual(
        trails.map((block) => block?.trail),
        [trail, undefined, new Uint8Array(0)],
      );
    },
  },
};
