import assert from "node:assert/strict";
import { openLedger, read, type SuitePart, terms } from "./harness.ts";
import { parentOfStart, sampleChain } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";

/** The journal of all chains, and the check of the whole store. */
export const journal: SuitePart = {
  journal: {
    "numbers the entries of all chains without gaps and chains them by hash": async (store) => {
      const one = await openLedger(store);
      const two = await store.openChain({ chain: "test:two", profile: "p", startHeight: 5 });
      assert.deepEqual(await store.events(0, 10), []);
      const blocks = sampleChain(start, [{}, { transactions: [[["ann", coin, 1n]]] }, {}]);
      await Promise.all([one.commit(blocks.slice(0, 2)), two.commit(blocks.slice(0, 1)), one.commit(blocks.slice(2))]);
      const entries = await store.events(0, 10);
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        [1, 2, 3, 4],
      );
      assert.deepEqual(
        entries.filter(({ chain }) => chain === terms.chain).map(({ ref }) => ref),
        blocks.map(({ ref }) => ref),
      );
      assert.equal(entries[0]?.previousHash, "00".repeat(32));
      for (const [i, entry] of entries.entries()) {
        assert.match(entry.hash, /^[0-9a-f]{64}$/);
        assert.equal(entry.type, "commit");
        assert.deepEqual(entry.retracted, []);
        if (i > 0) assert.equal(entry.previousHash, entries[i - 1]?.hash);
      }
      assert.equal(new Set(entries.map(({ hash }) => hash)).size, 4);
      assert.equal(one.position?.digest, entries.filter(({ chain }) => chain === terms.chain).at(-1)?.digest);
      assert.deepEqual(await store.events(2, 1), entries.slice(2, 3));
      assert.deepEqual(await store.events(4, 10), []);
      assert.deepEqual(await store.events(0, 0), []);
    },
  },
  verify: {
    "finds no fault in a ledger of commits, observations and rollbacks, and says how far it is": async (store) => {
      const ledger = await openLedger(store);
      const samples = Array.from({ length: 20 }, (_, i) => ({
        transactions: Array.from(
          { length: i % 5 },
          (_, j) =>
            [
              [`a${j}`, coin, BigInt(i)],
              [`a${i}`, `t:${j}`, -1n],
            ] as const,
        ),
        observations: [
          ["a1", coin, 1000n],
          [`a${i}`, "t:seen", BigInt(i)],
        ] as const,
      }));
      const blocks = sampleChain(start, samples);
      await ledger.commit(blocks.slice(0, 10));
      await ledger.rollback(blocks[4]?.ref ?? start);
      await ledger.commit(blocks.slice(5));
      const progress: number[] = [];
      const report = await store.verify((done, total) => progress.push(done / total));
      assert.deepEqual(report.faults, []);
      assert.equal(report.journalEntries, 30);
      const transactions = (await read(ledger, async (view) => view.position))?.transactions;
      const { chain } = terms;
      const all = { chain, scope: "all", blocks: 20, recomputed: 20, transactions, kept: transactions };
      assert.deepEqual(report.chains, [all]);
      assert.equal(progress.at(-1), 1);
      assert.deepEqual(
        progress,
        [...progress].sort((a, b) => a - b),
      );
    },
    "can be broken off": async (store) => {
      const ledger = await openLedger(store);
      await ledger.commit(sampleChain(start, [{}, {}]));
      await assert.rejects(store.verify(undefined, AbortSignal.abort(new Error("enough"))), /enough/);
    },
  },
};
