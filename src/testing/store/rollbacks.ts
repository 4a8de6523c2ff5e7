import assert from "node:assert/strict";
import type { ChainLedger, LedgerStore } from "../../core/contracts/store.ts";
import { openLedger, read, rejects, type SuitePart, terms } from "./harness.ts";
import { parentOfStart, type SampleBlock, sampleBlock, sampleChain, sampleId } from "./sample-blocks.ts";

const start = parentOfStart(terms.startHeight);
const coin = "slip44:1";

/** Everything that can be asked of the accounts that these tests use. */
async function everything(ledger: ChainLedger): Promise<unknown> {
  return read(ledger, async (view) => {
    const accounts = ["ann", "bob", "cec", "whale"];
    const { sequence: _, ...position } = view.position ?? { sequence: 0 };
    return {
      position,
      balances: await Promise.all(accounts.map((account) => view.balances(account))),
      history: await Promise.all(accounts.map((account) => view.history(account, undefined, 1000))),
      points: await Promise.all(accounts.map((account) => view.balanceHistory(account, coin, 0, 1000, 1000))),
      mismatches: await view.mismatches(1000),
    };
  });
}

/** Blocks with all that a rollback must take back: new accounts and assets, observations, an account of many assets. */
function eventful(from: number, count: number): SampleBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return {
      transactions: [
        [
          ["ann", coin, BigInt(-n)],
          ["bob", coin, BigInt(n)],
        ],
        [["ann", coin, -1n, "fee"]],
        Array.from({ length: 30 }, (_, j) => ["whale", `nft:x/${n * 20 + j}`, 1n] as const),
      ],
      observations: [
        ["bob", coin, BigInt(n * 100)],
        ["whale", `nft:x/${n * 20}`, 5n],
        ["cec", coin, BigInt(n)],
      ],
    } satisfies SampleBlock;
  });
}

async function comeAndGo(store: LedgerStore, depth: number): Promise<void> {
  const ledger = await openLedger(store);
  const kept = sampleChain(start, eventful(1, 3));
  await ledger.commit(kept);
  const tip = kept[2]?.ref ?? start;
  const before = await everything(ledger);
  await ledger.commit(sampleChain(tip, eventful(4, depth)));
  await ledger.rollback(tip);
  assert.deepEqual(await everything(ledger), before);
  await read(ledger, async (view) => {
    assert.equal(await view.block(8), undefined);
    assert.equal(await view.block("8a"), undefined);
    assert.equal(await view.transaction(sampleId("8a", 0)), undefined);
  });
  await ledger.commit(
    sampleChain(
      tip,
      eventful(4, 2).map((sample) => ({ ...sample, fork: "b" })),
    ),
  );
  assert.equal(ledger.position?.tip.hash, "9b");
  assert.deepEqual((await store.verify()).faults, []);
}

export const rollbacks: SuitePart = {
  rollback: {
    "of one block leaves what was before it, and another fork can follow": (store) => comeAndGo(store, 1),
    "of two blocks leaves what was before them": (store) => comeAndGo(store, 2),
    "of 30 blocks leaves what was before them": (store) => comeAndGo(store, 30),
    "over skipped heights leaves what was before them, and a fork may stand where there was no block": async (
      store,
    ) => {
      const ledger = await openLedger(store);
      const [first, ...rest] = eventful(1, 4);
      const kept = sampleChain(start, [
        { ...first, skipped: 3 },
        { ...rest[0], skipped: 1 },
      ]);
      await ledger.commit(kept);
      const before = await everything(ledger);
      const tip = kept[1]?.ref ?? start;
      await ledger.commit(
        sampleChain(tip, [
          { ...rest[1], skipped: 10_000 },
          { ...rest[2], skipped: 100 },
        ]),
      );
      await ledger.rollback(tip);
      assert.deepEqual(await everything(ledger), before);
      assert.deepEqual((await store.verify()).faults, []);
      await ledger.commit(sampleChain(tip, [{ ...rest[1], skipped: 7, fork: "b" }]));
      await read(ledger, async (view) => {
        assert.equal((await view.nearestBlock(tip.height + 1, "above"))?.ref.height, tip.height + 8);
      });
      assert.deepEqual((await store.verify()).faults, []);
      assert.equal(await ledger.rollback(null), 3);
      await ledger.commit(sampleChain(start, [{ ...first, skipped: 1, fork: "c" }]));
      assert.deepEqual((await store.verify()).faults, []);
    },
    "journals each block taken back, newest first, with its transactions": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, eventful(1, 3));
      await ledger.commit(blocks);
      const digest = (await read(ledger, (view) => view.block(5)))?.digest;
      await ledger.rollback(blocks[0]?.ref ?? start);
      const entries = await store.events(3, 10);
      assert.deepEqual(
        entries.map(({ type, ref }) => [type, ref.hash]),
        [
          ["rollback", "7a"],
          ["rollback", "6a"],
        ],
      );
      assert.deepEqual(entries[0]?.retracted, blocks[2]?.transactions);
      assert.equal(entries[1]?.digest, digest);
      assert.equal(ledger.position?.digest, digest);
      assert.equal(ledger.position?.sequence, 5);
    },
    "never undoes a finalized block, and knows only stored blocks": async (store) => {
      const ledger = await openLedger(store);
      await rejects(ledger.rollback(start), "block-unknown");
      const blocks = sampleChain(start, eventful(1, 4));
      const refs = blocks.map(({ ref }) => ref);
      const [b5, b6, b7] = refs;
      assert(b5 && b6 && b7);
      await ledger.commit(blocks, { safe: b7, finalized: b6 });
      const before = await everything(ledger);
      await rejects(ledger.rollback(b5), "finality-conflict");
      await rejects(ledger.rollback({ ...b7, hash: "7b" }), "block-unknown");
      await rejects(ledger.rollback(sampleBlock(refs[3] ?? start).ref), "block-unknown");
      assert.deepEqual(await everything(ledger), before);
      await ledger.rollback(b6);
      assert.deepEqual(ledger.position?.tip, b6);
      assert.deepEqual(ledger.position?.safe, b6);
      assert.deepEqual(ledger.position?.finalized, b6);
    },
    "below what is final goes only where an operator says so, and takes finality down with it": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, eventful(1, 4));
      const [b5, b6, b7] = blocks.map(({ ref }) => ref);
      assert(b5 && b6 && b7);
      await ledger.commit(blocks.slice(0, 2), { safe: b5, finalized: b5 });
      const before = await everything(ledger);
      await ledger.commit(blocks.slice(2), { safe: b7, finalized: b7 });
      await rejects(ledger.rollback(b6, { belowFinal: false }), "finality-conflict");
      await ledger.rollback(b6, { belowFinal: true });
      assert.deepEqual([ledger.position?.tip, ledger.position?.safe, ledger.position?.finalized], [b6, b6, b6]);
      assert.deepEqual(
        (await store.events(4, 10)).map(({ type, ref }) => [type, ref.hash]),
        [
          ["rollback", "8a"],
          ["rollback", "7a"],
        ],
      );
      await rejects(ledger.rollback(null, { belowFinal: true }), "finality-conflict");
      const { position: _, ...rest } = before as { position: unknown };
      const { position: __, ...now } = (await everything(ledger)) as { position: unknown };
      assert.deepEqual(now, rest);
      await ledger.commit([sampleBlock(b6, { fork: "b" })]);
      assert.deepEqual((await store.verify()).faults, []);
    },
    "of everything leaves a chain that begins anew, perhaps on another fork": async (store) => {
      const ledger = await openLedger(store);
      await ledger.rollback(null);
      assert.deepEqual(await store.events(0, 10), []);
      const blocks = sampleChain(start, eventful(1, 3));
      const b7 = blocks[2]?.ref;
      assert(b7);
      await ledger.commit(blocks);
      await ledger.learnBalances([{ account: "new", asset: coin, block: b7, amount: 9n }]);
      await read(ledger, (view) => view.balances("ann"));
      await ledger.rollback(null);
      assert.equal(await read(ledger, async (view) => view.position), undefined);
      const entries = await store.events(3, 10);
      assert.deepEqual(
        entries.map(({ type, ref }) => [type, ref.hash]),
        [
          ["rollback", "7a"],
          ["rollback", "6a"],
          ["rollback", "5a"],
        ],
      );
      assert.deepEqual(entries[2]?.retracted, blocks[0]?.transactions);
      assert.deepEqual((await store.verify()).faults, []);
      await read(ledger, async (view) => {
        for (const account of ["ann", "whale", "new"]) assert.deepEqual(await view.balances(account), []);
        assert.deepEqual(await view.history("ann", undefined, 10), { transactions: [], next: undefined });
        assert.equal(await view.block("5a"), undefined);
      });
      await ledger.commit([sampleBlock(start, { fork: "b", transactions: [[["ann", coin, 2n]]] })]);
      assert.deepEqual(
        (await read(ledger, (view) => view.balances("ann"))).map(({ sum }) => sum),
        [2n],
      );
      assert.deepEqual([ledger.position?.tip.hash, ledger.position?.sequence], ["5b", 7]);
      assert.deepEqual((await store.verify()).faults, []);
    },
    "of everything is refused once a block is final": async (store) => {
      const ledger = await openLedger(store);
      const [first] = sampleChain(start, eventful(1, 1));
      assert(first);
      await ledger.commit([first], { safe: first.ref, finalized: first.ref });
      await rejects(ledger.rollback(null), "finality-conflict");
    },
    "to the tip changes nothing": async (store) => {
      const ledger = await openLedger(store);
      const blocks = sampleChain(start, eventful(1, 2));
      await ledger.commit(blocks);
      const before = ledger.position;
      await ledger.rollback(blocks[1]?.ref ?? start);
      assert.deepEqual(ledger.position, before);
    },
    "of more blocks than one batch holds ends at the same place": async (store) => {
      const ledger = await openLedger(store);
      const first = sampleChain(start, eventful(1, 1));
      await ledger.commit(first);
      const before = await everything(ledger);
      const tip = first[0]?.ref ?? start;
      const pay: SampleBlock = {
        transactions: [
          [
            ["ann", coin, -1n],
            ["bob", coin, 1n],
          ],
        ],
      };
      await ledger.commit(
        sampleChain(
          tip,
          Array.from({ length: 600 }, () => pay),
        ),
      );
      await ledger.rollback(tip);
      assert.deepEqual(await everything(ledger), before);
      assert.equal(ledger.position?.sequence, 1201);
    },
    "keeps what nodes told of balances: it holds on every fork": async (store) => {
      const ledger = await openLedger(store);
      const [first, second] = sampleChain(start, [
        { transactions: [[["ann", coin, 5n]]] },
        {
          transactions: [
            [
              ["ann", coin, 7n],
              ["cec", coin, 1n],
            ],
          ],
        },
      ]);
      assert(first && second);
      await ledger.commit([first, second]);
      await ledger.learnBalances([
        { account: "ann", asset: coin, block: second.ref, amount: 112n },
        { account: "cec", asset: coin, block: second.ref, amount: 41n },
      ]);
      await ledger.rollback(first.ref);
      await read(ledger, async (view) => {
        const [entry] = await view.balances("ann");
        assert.deepEqual([entry?.sum, entry?.baseline, entry?.changedAt], [5n, 100n, 5]);
        const [only] = await view.balances("cec");
        assert.deepEqual([only?.sum, only?.baseline], [0n, 40n]);
      });
    },
  },
};
