import assert from "node:assert/strict";
import type { ChainLedger, LedgerTerms } from "../../core/contracts/store.ts";
import { openLedger, read, rejects, type SuitePart, sums, terms } from "./harness.ts";
import {
  parentOfStart,
  type SampleBlock,
  type SampleMovement,
  sampleBlock,
  sampleChain,
  sampleId,
} from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const watching: LedgerTerms = { ...terms, scope: "watched" };
const coin = "slip44:1";
const AT = 1_700_000_000_000;

function pay(from: string, to: string, amount: bigint): SampleMovement[] {
  return [
    [from, coin, -amount],
    [to, coin, amount],
  ];
}

/** Accounts registered as early as can be, or since a height. */
function watch(ledger: ChainLedger, accounts: readonly string[], since = terms.startHeight - 1) {
  return ledger.watch(accounts.map((account) => ({ account, since, at: AT })));
}

async function history(ledger: ChainLedger, account: string): Promise<string[]> {
  const page = await read(ledger, (view) => view.history(account, undefined, 100));
  return page.transactions.map(({ id }) => id);
}

const ids = (block: { readonly ref: { readonly hash: string } }, ...indexes: number[]) =>
  indexes.map((index) => sampleId(block.ref.hash, index));

/** Blocks in which ann pays bob, dan pays eve, and bob pays dan, sealed as where these accounts are watched. */
function samples(watched: readonly string[]): SampleBlock[] {
  return Array.from({ length: 6 }, (_, i) => ({
    transactions: [pay("dan", "eve", 1n), ...(i % 2 ? [] : [pay("ann", "bob", BigInt(i + 1))]), pay("bob", "dan", 1n)],
    watched,
  }));
}

/** A chain that keeps watched accounts alone. */
export const watched: SuitePart = {
  "watched accounts": {
    "bind the store: neither scope becomes the other": async (store) => {
      await store.openChain(watching);
      const error = await rejects(openLedger(store), "store-incompatible");
      assert.match(error.message, /scope watched, now asked all/);
      assert.deepEqual(await store.chains(), [watching]);
      const other = { ...terms, chain: "test:other" };
      const all = await store.openChain(other);
      await rejects(store.openChain({ ...other, scope: "watched" }), "store-incompatible");
      await rejects(watch(all, ["ann"]), "unsupported");
      await rejects(all.unwatch(["ann"]), "unsupported");
    },

    "are kept alone, with the digest and the totals of everything": async (store, harness) => {
      const other = await harness.open();
      try {
        const all = await openLedger(other);
        await all.commit(
          sampleChain(
            start,
            samples(["ann"]).map(({ watched: _, ...sample }) => sample),
          ),
        );
        const ledger = await store.openChain(watching);
        await watch(ledger, ["ann"]);
        const blocks = sampleChain(start, samples(["ann"]));
        await ledger.commit(blocks);
        assert.deepEqual(ledger.position, all.position);
        const [first, , third] = blocks as [(typeof blocks)[0], unknown, (typeof blocks)[0]];
        assert.deepEqual(await sums(ledger, "ann"), { [coin]: -9n });
        assert.equal((await history(ledger, "ann")).length, 3);
        assert.deepEqual(await sums(ledger, "bob"), {});
        assert.deepEqual(await history(ledger, "bob"), []);
        await read(ledger, async (view) => {
          const kept = await view.transaction(sampleId(third.ref.hash, 1));
          assert.deepEqual(kept?.movements, third.transactions[1]?.movements);
          assert.equal(kept?.index, 1);
          assert.equal(await view.transaction(sampleId(first.ref.hash, 0)), undefined);
          assert.equal((await view.block(first.ref.hash))?.transactions, 3);
        });
      } finally {
        await harness.destroy(other);
      }
    },

    "are told with their height, once, and stay as they are": async (store) => {
      const ledger = await store.openChain(watching);
      await ledger.commit(sampleChain(start, [{ watched: [] }, { watched: [] }]));
      const [ann] = await watch(ledger, ["ann"]);
      assert.deepEqual(ann, { account: "ann", since: terms.startHeight + 1, at: AT }, "lifted to the tip");
      const again = await ledger.watch(["bob", "ann", "bob"].map((account) => ({ account, since: 90, at: AT + 1 })));
      assert.deepEqual(again, [
        { account: "bob", since: 90, at: AT + 1 },
        ann,
        { account: "bob", since: 90, at: AT + 1 },
      ]);
      await read(ledger, (view) => {
        assert.deepEqual(view.watched("ann"), ann);
        assert.equal(view.watched("cec"), undefined);
      });
      const all: string[] = [];
      for await (const { account } of ledger.watched()) all.push(account);
      assert.deepEqual(all.sort(), ["ann", "bob"]);
    },

    "have nothing at or below their height, whatever the blocks bring": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann"]);
      await watch(ledger, ["bob"], terms.startHeight + 1);
      const blocks = sampleChain(start, samples(["ann", "bob", "dan"]));
      await ledger.commit(blocks);
      const above = blocks.slice(2).reverse();
      assert.deepEqual(
        await history(ledger, "bob"),
        above.flatMap((block) => ids(block, ...(block.transactions.length === 3 ? [2, 1] : [1]))),
      );
      assert.deepEqual(await sums(ledger, "bob"), { [coin]: 3n + 5n - 4n });
      assert.deepEqual(await sums(ledger, "bob", terms.startHeight), {}, "not known is not 0");
      assert.deepEqual(await sums(ledger, "dan"), {});
      assert.deepEqual((await store.verify()).faults, []);
    },

    "are taught by what was told at their height or above alone": async (store) => {
      const ledger = await store.openChain(watching);
      const blocks = sampleChain(start, samples(["ann"]));
      await watch(ledger, ["ann"], terms.startHeight + 1);
      await ledger.commit(blocks);
      const told = (place: number, amount: bigint, account = "ann") =>
        ledger.learnBalances([{ account, asset: coin, block: blocks[place]?.ref as never, amount }]);
      await told(0, 70n);
      await told(3, 50n, "bob");
      const baseline = () => read(ledger, async (view) => (await view.balances("ann"))[0]?.baseline);
      assert.equal(await baseline(), undefined);
      await told(1, 100n);
      assert.equal(await baseline(), 100n);
      assert.deepEqual(await sums(ledger, "bob"), {});
      const [block] = blocks.slice(3);
      const found = { asset: coin, block: block?.ref as never, expected: 1n, actual: 2n, wholeAsset: false };
      await ledger.dispute({ ...found, account: "bob" });
      assert.deepEqual(await read(ledger, (view) => view.mismatches(10)), []);
    },

    "observed before they were watched, learn nothing of it": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann"], terms.startHeight);
      const observing: SampleBlock = { observations: [["ann", coin, 10n]], watched: ["ann"] };
      const [first, second] = sampleChain(start, [observing, { ...observing, observations: [["ann", coin, 12n]] }]);
      await ledger.commit([first as never]);
      assert.deepEqual(await read(ledger, (view) => view.balances("ann")), []);
      await ledger.commit([second as never]);
      assert.equal((await read(ledger, (view) => view.balances("ann")))[0]?.baseline, 12n);
    },

    "taken out, are gone, and begin anew when they come back": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann", "bob"]);
      const blocks = sampleChain(start, samples(["ann", "bob"]));
      await ledger.commit(blocks.slice(0, 2));
      await ledger.learnBalances([{ account: "ann", asset: coin, block: blocks[1]?.ref as never, amount: 99n }]);
      using before = ledger.view();
      assert.deepEqual(await ledger.unwatch(["ann", "cec", "ann"]), [true, false, false]);
      assert.equal(before.watched("ann")?.account, "ann", "a view stays as it was");
      await ledger.commit(blocks.slice(2, 4));
      assert.deepEqual(await read(ledger, (view) => view.balances("ann")), []);
      assert.deepEqual(await history(ledger, "ann"), []);
      const [ann] = await watch(ledger, ["ann"]);
      assert.equal(ann?.since, blocks[3]?.ref.height);
      await ledger.commit(blocks.slice(4));
      assert.deepEqual(await history(ledger, "ann"), ids(blocks[4] as never, 1));
      const [entry] = await read(ledger, (view) => view.balances("ann"));
      assert.deepEqual([entry?.sum, entry?.baseline], [-5n, undefined]);
      assert.deepEqual((await store.verify()).faults, []);
      await ledger.rollback(blocks[0]?.ref as never);
      assert.deepEqual(await sums(ledger, "bob"), { [coin]: 0n });
      assert.deepEqual((await store.verify()).faults, []);
    },

    "are rolled back to what they were": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann"]);
      const blocks = sampleChain(start, samples(["ann"]));
      await ledger.commit(blocks.slice(0, 3));
      const before = {
        position: ledger.position,
        sums: await sums(ledger, "ann"),
        history: await history(ledger, "ann"),
      };
      await ledger.commit(blocks.slice(3));
      await ledger.rollback(blocks[2]?.ref as never);
      const after = {
        position: ledger.position,
        sums: await sums(ledger, "ann"),
        history: await history(ledger, "ann"),
      };
      const { sequence: _, ...position } = before.position ?? { sequence: 0 };
      const { sequence: __, ...now } = after.position ?? { sequence: 0 };
      assert.deepEqual({ ...after, position: now }, { ...before, position });
      const retracted = (await store.events(0, 100)).flatMap((entry) => entry.retracted.map(({ id }) => id));
      assert.deepEqual(retracted, ids(blocks[4] as never, 1));
      assert.deepEqual((await store.verify()).faults, []);
    },

    "forget what nodes told when the block they began after is taken back, and only then": async (store) => {
      const ledger = await store.openChain(watching);
      const blocks = sampleChain(start, samples(["ann", "bob"]));
      await ledger.commit(blocks.slice(0, 2));
      await watch(ledger, ["bob"]);
      await ledger.commit(blocks.slice(2, 4));
      await watch(ledger, ["ann"]);
      await ledger.commit(blocks.slice(4));
      const block = blocks[4]?.ref as never;
      await ledger.learnBalances(["ann", "bob"].map((account) => ({ account, asset: coin, block, amount: 50n })));
      const many = Array.from({ length: 80 }, (_, i) => ({ account: "ann", asset: `n:${i}`, block, amount: 1n }));
      await ledger.learnBalances(many);
      await ledger.rollback(blocks[3]?.ref as never);
      const baselines = async (account: string) =>
        (await read(ledger, (view) => view.balances(account))).map(({ baseline }) => baseline);
      assert.equal((await baselines("ann")).length, 81, "the block it began after still stands");
      await ledger.rollback(blocks[2]?.ref as never);
      assert.deepEqual(await baselines("ann"), []);
      assert.deepEqual(await baselines("bob"), [50n - 5n]);
      assert.deepEqual((await store.verify()).faults, []);
      const fork = { ...samples(["ann", "bob"])[0], fork: "b" };
      const other = sampleChain(blocks[2]?.ref as never, [fork, fork]);
      await ledger.commit(other);
      assert.deepEqual(await history(ledger, "ann"), ids(other[1] as never, 1));
      assert.deepEqual((await store.verify()).faults, []);
    },

    "may all be taken back, to begin anew": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann"]);
      await ledger.commit(sampleChain(start, samples(["ann"])));
      await ledger.rollback(null);
      assert.equal(ledger.position, undefined);
      assert.deepEqual(await history(ledger, "ann"), []);
      await ledger.commit([sampleBlock(start, { ...samples(["ann"])[0], fork: "b" })]);
      assert.deepEqual(await sums(ledger, "ann"), { [coin]: -1n });
      assert.deepEqual((await store.verify()).faults, []);
    },

    "leave a report that says what was not recomputed": async (store) => {
      const ledger = await store.openChain(watching);
      await watch(ledger, ["ann"]);
      await ledger.commit(sampleChain(start, [...samples(["ann"]), { watched: ["ann"] }]));
      const { chains, faults } = await store.verify();
      assert.deepEqual(faults, []);
      const [report] = chains;
      const { chain } = terms;
      assert.deepEqual(report, { chain, scope: "watched", blocks: 7, recomputed: 1, transactions: 15, kept: 3 });
    },
  },
};
