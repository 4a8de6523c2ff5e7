import assert from "node:assert/strict";
import { initialDigest, nextDigest } from "../../core/ledger/seal.ts";
import { openLedger, read, rejects, type SuitePart, sums, terms } from "./harness.ts";
import { parentOfStart, sampleBlock, sampleChain } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";
const pay = (from: string, to: string, amount: bigint) =>
  [
    [from, coin, -amount],
    [to, coin, amount],
  ] as const;

/** Opening, committing, closing and opening again. */
export const commits: SuitePart = {
  terms: {
    "binds a chain to its profile and start height": async (store) => {
      await openLedger(store);
      await rejects(store.openChain({ ...terms, profile: "other" }), "store-incompatible");
      const error = await rejects(store.openChain({ ...terms, startHeight: 6 }), "store-incompatible");
      assert.match(error.message, /5.*6/);
      await openLedger(store);
      assert.deepEqual(await store.chains(), [terms]);
    },
    "keeps chains apart": async (store) => {
      const one = await openLedger(store);
      const two = await store.openChain({ chain: "test:two", profile: "p", startHeight: 0 });
      await one.commit([sampleBlock(start, { transactions: [pay("ann", "bob", 5n)] })]);
      await two.commit([sampleBlock(parentOfStart(0), { transactions: [pay("ann", "bob", 7n)] })]);
      assert.deepEqual(await sums(one, "bob"), { [coin]: 5n });
      assert.deepEqual(await sums(two, "bob"), { [coin]: 7n });
      assert.equal(one.position?.tip.height, 5);
      assert.equal(two.position?.tip.height, 0);
      assert.equal((await store.chains()).length, 2);
    },
  },
  commit: {
    "has no position before the first block": async (store) => {
      const ledger = await openLedger(store);
      assert.equal(ledger.position, undefined);
      await read(ledger, async (view) => {
        assert.equal(view.position, undefined);
        assert.equal(await view.block(5), undefined);
        assert.deepEqual(await view.balances("ann"), []);
        assert.deepEqual(await view.history("ann", undefined, 10), { transactions: [], next: undefined });
      });
    },
    "moves the position and its running digest": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, [
        { transactions: [pay("ann", "bob", 5n)] },
        {},
        { transactions: [pay("bob", "cec", 2n)] },
      ]);
      let digest = initialDigest(terms.chain, terms.profile, terms.startHeight);
      for (const { ledgerHash } of blocks) digest = nextDigest(digest, ledgerHash);
      await ledger.commit(blocks.slice(0, 1));
      await ledger.commit(blocks.slice(1), undefined, true);
      assert.deepEqual(ledger.position, {
        tip: blocks[2]?.ref,
        digest: digest.toString("hex"),
        sequence: 3,
        transactions: 2,
        movements: 4,
        safe: null,
        finalized: null,
      });
    },
    "gives the same digest however the blocks are cut into commits": async (store, harness) => {
      const samples = Array.from({ length: 7 }, (_, i) => ({
        transactions: [pay("ann", `to-${i % 3}`, BigInt(i + 1))],
      }));
      const whole = await openLedger(store);
      await whole.commit(sampleChain(start, samples));
      const other = await harness.open();
      try {
        const pieces = await openLedger(other);
        for (const block of sampleChain(start, samples)) await pieces.commit([block]);
        assert.deepEqual(pieces.position, whole.position);
        for (const account of ["ann", "to-0", "to-2"])
          assert.deepEqual(await sums(pieces, account), await sums(whole, account));
      } finally {
        await harness.destroy(other);
      }
    },
    "refuses a block that is not the child of the tip, and changes nothing": async (store) => {
      const ledger = await openLedger(store);
      const [first, second] = sampleChain(start, [{}, { transactions: [pay("ann", "bob", 1n)] }]);
      assert(first && second);
      await rejects(ledger.commit([second]), "broken-link");
      assert.equal(ledger.position, undefined);
      await ledger.commit([first]);
      const before = ledger.position;
      const stranger = sampleBlock({ ...first.ref, hash: "stranger" });
      for (const wrong of [first, stranger, sampleBlock({ ...first.ref, height: 6 })]) {
        await rejects(ledger.commit([wrong]), "broken-link");
      }
      await rejects(ledger.commit([second, stranger]), "broken-link");
      assert.deepEqual(ledger.position, before);
      assert.deepEqual(await sums(ledger, "bob"), {});
      await ledger.commit([second]);
      assert.deepEqual(await sums(ledger, "bob"), { [coin]: 1n });
    },
    "begins with the first block at or above the start height, and follows skipped heights": async (store) => {
      const ledger = await openLedger(store);
      await rejects(ledger.commit([sampleBlock(parentOfStart(4))]), "broken-link");
      await rejects(ledger.commit([sampleBlock(parentOfStart(7))]), "broken-link");
      const blocks = sampleChain(start, [{ skipped: 3 }, { skipped: 2, transactions: [pay("ann", "bob", 4n)] }]);
      await ledger.commit(blocks);
      assert.equal(ledger.position?.tip.height, 11);
      await read(ledger, async (view) => {
        assert.equal(await view.block(5), undefined);
        assert.equal((await view.block(8))?.ref.parentHeight, 4);
        assert.deepEqual(await view.balances("bob", 10), []);
      });
    },
    "finds the nearest block on either side of skipped heights, in one read": async (store) => {
      const ledger = await openLedger(store);
      await read(ledger, async (view) => assert.equal(await view.nearestBlock(5, "above"), undefined));
      await ledger.commit(sampleChain(start, [{ skipped: 2 }, {}, { skipped: 100_000 }, {}]));
      await read(ledger, async (view) => {
        const beside = async (height: number) => {
          const blocks = await Promise.all([view.nearestBlock(height, "below"), view.nearestBlock(height, "above")]);
          return blocks.map((block) => block?.ref.height);
        };
        assert.deepEqual(await beside(-1), [undefined, 7]);
        assert.deepEqual(await beside(6), [undefined, 7]);
        assert.deepEqual(await beside(7), [7, 7]);
        assert.deepEqual(await beside(9), [8, 100_009]);
        assert.deepEqual(await beside(100_008), [8, 100_009]);
        assert.deepEqual(await beside(100_010), [100_010, 100_010]);
        assert.deepEqual(await beside(100_011), [100_010, undefined]);
        assert.deepEqual(await beside(Number.MAX_SAFE_INTEGER), [100_010, undefined]);
        assert.equal((await view.nearestBlock(9, "above"))?.ref.parentHeight, 8);
      });
    },
    "puts overlapping commits in order; one that fails does not stop the next": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(
        start,
        Array.from({ length: 6 }, () => ({ transactions: [pay("ann", "bob", 1n)] })),
      );
      const stranger = sampleBlock({ ...start, hash: "stranger" });
      const commits = blocks.map((block) => ledger.commit([block]));
      const failing = rejects(ledger.commit([stranger]), "broken-link");
      await Promise.all([...commits, failing]);
      assert.equal(ledger.position?.tip.height, 10);
      assert.deepEqual(await sums(ledger, "bob"), { [coin]: 6n });
    },
    "keeps finality marks: never above the tip, never backwards, never of another block": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, [{}, {}, {}, {}]);
      const [b5, b6, b7, b8] = blocks.map(({ ref }) => ref);
      assert(b5 && b6 && b7 && b8);
      await ledger.commit(blocks.slice(0, 3), { safe: b7, finalized: b5 });
      assert.deepEqual([ledger.position?.safe, ledger.position?.finalized], [b7, b5]);
      await ledger.mark({ safe: b8, finalized: b8 });
      assert.deepEqual([ledger.position?.safe, ledger.position?.finalized], [b7, b5]);
      await ledger.mark({ safe: b6, finalized: { ...b6, hash: "stranger" } });
      assert.deepEqual([ledger.position?.safe, ledger.position?.finalized], [b7, b5]);
      await ledger.mark({ safe: null, finalized: b7 });
      assert.deepEqual([ledger.position?.safe, ledger.position?.finalized], [b7, b7]);
      await ledger.commit(blocks.slice(3), { safe: null, finalized: b8 });
      assert.deepEqual([ledger.position?.safe, ledger.position?.finalized], [b8, b8]);
    },
  },
  close: {
    "may be called twice; afterwards everything is refused": async (store) => {
      const ledger = await openLedger(store);
      const [first, second] = sampleChain(start, [{}, {}]);
      assert(first && second);
      const writing = ledger.commit([first]);
      await Promise.all([store.close(), store.close()]);
      await writing;
      await rejects(ledger.commit([second]), "store-closed");
      await rejects(store.events(0, 1), "store-closed");
      await rejects(store.openChain(terms), "store-closed");
      assert.throws(() => ledger.view(), { code: "store-closed" });
    },
  },
};
