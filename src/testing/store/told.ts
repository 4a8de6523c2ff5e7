import assert from "node:assert/strict";
import { openLedger, read, type SuitePart, terms } from "./harness.ts";
import { parentOfStart, sampleBlock, sampleChain } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";

/** Absolute balances: told by the chain's own data (observations) or by nodes. */
export const told: SuitePart = {
  observations: {
    "give a baseline, confirm it, and contradict it once": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, [
        {
          transactions: [[["ann", coin, -5n]]],
          observations: [
            ["ann", coin, 95n],
            ["bob", coin, 8n],
          ],
        },
        { transactions: [[["ann", coin, -5n]]], observations: [["ann", coin, 90n]] },
        { transactions: [[["ann", coin, -1n]]], observations: [["ann", coin, 80n]] },
        {
          observations: [
            ["ann", coin, 70n],
            ["bob", coin, 8n],
          ],
        },
      ]);
      const returned = [];
      for (const block of blocks) returned.push(...(await ledger.commit([block])));
      const mismatch = { account: "ann", asset: coin, height: 7, expected: 89n, actual: 80n };
      assert.deepEqual(returned, [mismatch]);
      await read(ledger, async (view) => {
        assert.deepEqual(await view.mismatches(10), [mismatch]);
        const [ann] = await view.balances("ann");
        assert.deepEqual(ann, { asset: coin, sum: -11n, changedAt: 7, baseline: 100n, disputed: true });
        const [bob] = await view.balances("bob");
        assert.deepEqual(bob, { asset: coin, sum: 0n, changedAt: 5, baseline: 8n, disputed: false });
        assert.deepEqual((await view.history("bob", undefined, 10)).transactions, []);
      });
      assert.deepEqual((await store.verify()).faults, []);
    },
    "below the sum of all movements contradict them": async (store) => {
      const ledger = await openLedger(store);
      const block = sampleBlock(start, { transactions: [[["ann", coin, 10n]]], observations: [["ann", coin, 9n]] });
      assert.deepEqual(await ledger.commit([block]), [
        { account: "ann", asset: coin, height: 5, expected: 10n, actual: 9n },
      ]);
      const [entry] = await read(ledger, (view) => view.balances("ann"));
      assert.deepEqual([entry?.baseline, entry?.disputed], [undefined, true]);
    },
  },
  "balances told by nodes": {
    "give a baseline as of their block, the first one counts": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, [
        { transactions: [[["ann", coin, 5n]]] },
        { transactions: [[["ann", coin, 7n]]] },
      ]);
      const [b5, b6] = blocks.map(({ ref }) => ref);
      assert(b5 && b6);
      await ledger.commit(blocks);
      const sequence = ledger.position?.sequence;
      const stranger = { ...b6, hash: "6b" };
      await ledger.learnBalances([
        { account: "ann", asset: coin, block: stranger, amount: 1n },
        { account: "ann", asset: coin, block: sampleBlock(b6).ref, amount: 2n },
        { account: "ann", asset: coin, block: b5, amount: 105n },
        { account: "ann", asset: coin, block: b6, amount: 999n },
        { account: "new", asset: "erc20:0x11", block: b5, amount: 3n },
      ]);
      await read(ledger, async (view) => {
        assert.deepEqual(await view.balances("ann"), [
          { asset: coin, sum: 12n, changedAt: 6, baseline: 100n, disputed: false },
        ]);
        const [entry] = await view.balances("new");
        assert.deepEqual([entry?.asset, entry?.sum, entry?.baseline], ["erc20:0x11", 0n, 3n]);
        assert.equal((await view.balances("new", 5))[0]?.baseline, 3n);
      });
      assert.equal(ledger.position?.sequence, sequence);
      await ledger.commit([
        sampleBlock(b6, { transactions: [[["new", "erc20:0x11", 4n]]], observations: [["new", "erc20:0x11", 7n]] }),
      ]);
      assert.deepEqual(await read(ledger, (view) => view.mismatches(10)), []);
      assert.deepEqual((await store.verify()).faults, []);
    },
    "that contradict the ledger are kept as evidence": async (store) => {
      const ledger = await openLedger(store);
      const [first, second] = sampleChain(start, [{ transactions: [[["ann", "t:rebasing", 5n]]] }, {}]);
      assert(first && second);
      await ledger.commit([first, second]);
      const found = { account: "ann", asset: "t:rebasing", expected: 5n, actual: 6n, wholeAsset: true };
      await ledger.dispute({ ...found, block: { ...second.ref, hash: "6b" } });
      assert.deepEqual([...ledger.partialAssets], []);
      await ledger.dispute({ ...found, block: second.ref });
      assert.deepEqual([...ledger.partialAssets], ["t:rebasing"]);
      const evidence = [{ account: "ann", asset: "t:rebasing", height: 6, expected: 5n, actual: 6n }];
      assert.deepEqual(await read(ledger, (view) => view.mismatches(10)), evidence);
      assert.equal((await read(ledger, (view) => view.balances("ann")))[0]?.disputed, true);
      assert.deepEqual((await store.verify()).faults, []);
      // What was found of a block goes with the block; what was found of an asset's contract stays.
      await ledger.rollback(first.ref);
      assert.deepEqual(await read(ledger, (view) => view.mismatches(10)), []);
      assert.equal((await read(ledger, (view) => view.balances("ann")))[0]?.disputed, false);
    },
  },
};
