import assert from "node:assert/strict";
import type { LedgerStore } from "../../core/contracts/store.ts";
import { openLedger, read, rejects, type StoreHarness, type SuitePart, sums, terms } from "./harness.ts";
import { parentOfStart, sampleBlock, sampleChain } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";
const pay = (from: string, to: string, amount: bigint) =>
  [
    [from, coin, -amount],
    [to, coin, amount],
  ] as const;

async function reopen(harness: StoreHarness, store: LedgerStore): Promise<LedgerStore> {
  assert(harness.reopen, "these tests are for stores that outlive their closing");
  return harness.reopen(store);
}

/** What a closed store leaves behind. */
export const lasting: SuitePart = {
  reopening: {
    "leaves everything for the next time": async (store, harness) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, [
        { transactions: [pay("ann", "bob", 5n)], observations: [["ann", coin, 95n]] },
        { transactions: [pay("ann", "bob", 6n)], observations: [["ann", coin, 80n]] },
      ]);
      await ledger.commit(blocks, { safe: null, finalized: blocks[0]?.ref ?? null });
      await ledger.putAssetInfo([{ asset: coin, info: { symbol: "ONE", decimals: 8 } }]);
      const partial = { account: "bob", asset: "t:rebasing", expected: 0n, actual: 6n, wholeAsset: true };
      await ledger.dispute({ ...partial, block: blocks[1]?.ref ?? start });
      const theirs = blocks[1]?.ref ?? start;
      const evidence = { kind: "equivocation", at: 1, said: [], against: [], theirs, ours: null } as const;
      await store.records.addEvidence(terms.chain, evidence);
      await store.records.cordon(terms.chain, { node: "n1", since: 2, reason: "slow" });
      await store.records.setConflict(terms.chain, { since: 3, message: "two final blocks", evidence });
      const before = ledger.position;
      const balances = await read(ledger, (view) => view.balances("ann"));
      const again = await reopen(harness, store);
      const after = await openLedger(again);
      assert.deepEqual(after.position, before);
      assert.deepEqual(await read(after, (view) => view.balances("ann")), balances);
      assert.equal((await read(after, (view) => view.mismatches(10))).length, 2);
      assert.deepEqual(await read(after, (view) => view.assetInfo(coin)), { symbol: "ONE", decimals: 8 });
      assert.deepEqual([...after.partialAssets], ["t:rebasing"]);
      assert.deepEqual(await again.records.evidence(terms.chain, 10), [{ ...evidence, sequence: 1 }]);
      assert.equal((await again.records.evidenceCounts(terms.chain)).equivocation, 1);
      assert.deepEqual(await again.records.cordons(terms.chain), [{ node: "n1", since: 2, reason: "slow" }]);
      assert.equal((await again.records.conflict(terms.chain))?.message, "two final blocks");
      await rejects(again.openChain({ ...terms, profile: "other" }), "store-incompatible");
      await after.commit([sampleBlock(blocks[1]?.ref ?? start, { transactions: [pay("bob", "ann", 1n)] })]);
      assert.deepEqual(await sums(after, "ann"), { [coin]: -10n });
      assert.deepEqual((await again.verify()).faults, []);
      await again.close();
    },
  },
};
