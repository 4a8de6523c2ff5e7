import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChainLedger, HistoryPlace } from "../../../../src/core/contracts/store.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import {
  parentOfStart,
  type SampleBlock,
  type SampleMovement,
  sampleChain,
} from "../../../../src/testing/store/sample-blocks.ts";
import { LedgerModel } from "./ledger-model.ts";
import { dumpLedger, openMemoryStore } from "./memory-store.ts";

const START = 3;
const start = parentOfStart(START);
const terms = { chain: "test:laws", profile: "laws", startHeight: START };
const ACCOUNTS = ["ann", "bob", `0x${"c0".repeat(20)}`];

const account = fc.constantFrom(...ACCOUNTS);
const asset = fc.constantFrom("slip44:1", "t:a", "t:b");
const movement: fc.Arbitrary<SampleMovement> = fc.tuple(account, asset, fc.bigInt(-20n, 20n));
/** Movements in so many assets that a few of these take an account beyond what fits into its row. */
const many: fc.Arbitrary<SampleMovement[]> = fc
  .tuple(account, fc.integer({ min: 0, max: 80 }))
  .map(([who, from]) => Array.from({ length: 30 }, (_, i): SampleMovement => [who, `n:${from + i}`, 1n]));
const transaction = fc.oneof(
  { weight: 5, arbitrary: fc.array(movement, { maxLength: 4 }) },
  { weight: 1, arbitrary: many },
);
const block: fc.Arbitrary<SampleBlock> = fc.record({
  transactions: fc.array(transaction, { maxLength: 4 }),
  observations: fc.array(fc.tuple(account, asset, fc.bigInt(0n, 40n)), { maxLength: 2 }),
  skipped: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
});

type Step =
  | { readonly kind: "commit"; readonly blocks: readonly SampleBlock[] }
  | { readonly kind: "rollback"; readonly depth: number }
  | { readonly kind: "erase" }
  | {
      readonly kind: "learn";
      readonly who: string;
      readonly what: string;
      readonly depth: number;
      readonly amount: bigint;
    };

const depth = fc.integer({ min: 0, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      blocks: fc.array(block, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollback" as const), depth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("learn" as const),
      who: account,
      what: asset,
      depth,
      amount: fc.bigInt(0n, 40n),
    }),
  },
);

/** Takes one step in the ledger and in the model. `fork` keeps the hashes of all steps apart. */
async function take(
  ledger: ChainLedger,
  model: LedgerModel,
  { step, fork }: { step: Step; fork: string },
): Promise<void> {
  const refs: BlockRef[] = model.blocks.map(({ ref }) => ref);
  const back = (depth: number): BlockRef | undefined => refs[Math.max(0, refs.length - 1 - depth)];
  if (step.kind === "commit") {
    const blocks = sampleChain(
      refs.at(-1) ?? start,
      step.blocks.map((sample) => ({ ...sample, fork })),
    );
    await ledger.commit(blocks);
    for (const sealed of blocks) model.commit(sealed);
  } else if (step.kind === "rollback") {
    const to = back(step.depth);
    if (!to) return;
    await ledger.rollback(to);
    model.rollback(to.height);
  } else if (step.kind === "erase") {
    await ledger.rollback(null);
    model.erase();
  } else {
    const at = back(step.depth);
    if (!at) return;
    const told = { account: step.who, asset: step.what, block: at, amount: step.amount };
    await ledger.learnBalances([told]);
    model.learn(told);
  }
}

async function expectAlike(ledger: ChainLedger, model: LedgerModel): Promise<void> {
  using view = ledger.view();
  const tip = model.blocks.at(-1)?.ref;
  expect(view.position?.tip).toEqual(tip);
  for (const who of ACCOUNTS) {
    for (let height = START; height <= (tip?.height ?? START); height++) {
      const entries = await view.balances(who, height);
      const sheet = Object.fromEntries(entries.map((e) => [e.asset, [e.sum, e.baseline, e.disputed]]));
      expect(sheet, `${who} at ${height}`).toEqual(model.balances(who, height));
    }
    const ids: string[] = [];
    let place: HistoryPlace | undefined;
    do {
      const page = await view.history(who, place, 3);
      ids.push(...page.transactions.map(({ id }) => id));
      place = page.next;
    } while (place);
    expect(ids).toEqual(model.history(who));
  }
  const byHeight = <T extends { height: number; account: string; asset: string }>(list: readonly T[]) =>
    [...list].sort((a, b) => b.height - a.height || (a.account + a.asset < b.account + b.asset ? -1 : 1));
  expect(byHeight(await view.mismatches(1000))).toEqual(byHeight(model.mismatches));
}

test("whatever is committed, taken back and learned, the answers are those of a plain list of blocks", {
  timeout: 300_000,
}, async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const { store } = await openMemoryStore();
      const ledger = await store.openChain(terms);
      const model = new LedgerModel();
      for (const [i, step] of taken.entries()) await take(ledger, model, { step, fork: `f${i}` });
      await expectAlike(ledger, model);
      expect((await store.verify()).faults).toEqual([]);
      await store.close();
    }),
    { numRuns: 100 },
  );
});

test("a rollback of everything leaves a chain as it was before its first block", { timeout: 300_000 }, async () => {
  const before = fc.array(step, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 4 }), before, async (first, taken) => {
      const { store, database } = await openMemoryStore();
      const ledger = await store.openChain(terms);
      const other = await store.openChain({ ...terms, chain: "test:other" });
      await other.commit(sampleChain(start, first));
      const rows = await dumpLedger(database);
      const model = new LedgerModel();
      await take(ledger, model, { step: { kind: "commit", blocks: first }, fork: "first" });
      const digest = ledger.position?.digest;
      for (const [i, step] of taken.entries()) await take(ledger, model, { step, fork: `f${i}` });
      await ledger.rollback(null);
      expect(ledger.position).toBeUndefined();
      expect(await dumpLedger(database)).toEqual(rows);
      expect((await store.verify()).faults).toEqual([]);
      await ledger.commit(
        sampleChain(
          start,
          first.map((sample) => ({ ...sample, fork: "first" })),
        ),
      );
      expect(ledger.position?.digest).toBe(digest);
      await store.close();
    }),
    { numRuns: 50 },
  );
});

test("a rollback restores every row, and the same blocks give the same digest again", {
  timeout: 300_000,
}, async () => {
  const before = fc.array(step, { maxLength: 5 });
  const batches = fc.array(fc.array(block, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(block, before, batches, async (first, taken, committed) => {
      const { store, database } = await openMemoryStore();
      const ledger = await store.openChain(terms);
      const model = new LedgerModel();
      await take(ledger, model, { step: { kind: "commit", blocks: [first] }, fork: "first" });
      for (const [i, step] of taken.entries()) await take(ledger, model, { step, fork: `f${i}` });
      const tip = model.blocks.at(-1)?.ref;
      fc.pre(tip !== undefined);
      const rows = await dumpLedger(database);
      const blocks = sampleChain(
        tip,
        committed.flat().map((sample) => ({ ...sample, fork: "next" })),
      );
      let from = 0;
      for (const { length } of committed) {
        await ledger.commit(blocks.slice(from, from + length));
        from += length;
      }
      const digest = ledger.position?.digest;
      await ledger.rollback(tip);
      expect(await dumpLedger(database)).toEqual(rows);
      await ledger.commit(blocks);
      expect(ledger.position?.digest).toBe(digest);
      expect((await store.verify()).faults).toEqual([]);
      await store.close();
    }),
    { numRuns: 100 },
  );
});
