import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChainLedger, OutputPlace } from "../../../../src/core/contracts/store.ts";
import type { Output } from "../../../../src/core/model.ts";
import { dumpLedger, openMemoryStore } from "./memory-store.ts";
import { OutputModel, OWNERS, type Recipe, recipe } from "./output-model.ts";

type Step =
  | { readonly kind: "commit"; readonly recipes: readonly Recipe[] }
  | { readonly kind: "rollback"; readonly depth: number }
  | { readonly kind: "erase" };

const recipes = fc.array(recipe, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("commit" as const), recipes }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("rollback" as const), depth: fc.integer({ min: 0, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const) }) },
);
/** From the chain's beginning, where every output is known, and from later on. */
const startHeight = fc.constantFrom(0, 4);
const termsOf = (start: number) => ({ chain: "test:coins", profile: "laws", startHeight: start });

async function take(ledger: ChainLedger, model: OutputModel, step: Step, fork: string): Promise<void> {
  if (step.kind === "commit") {
    const blocks = model.build(step.recipes, fork);
    await ledger.commit(blocks);
    model.commit(blocks);
  } else if (step.kind === "erase") {
    await ledger.rollback(null);
    model.blocks = [];
  } else {
    const to = model.blocks[Math.max(0, model.blocks.length - 1 - step.depth)]?.ref;
    if (!to) return;
    await ledger.rollback(to);
    model.rollback(to.height);
  }
}

async function expectAlike(ledger: ChainLedger, model: OutputModel): Promise<void> {
  using view = ledger.view();
  const ever = model.blocks.flatMap(({ transactions }) => transactions.flatMap(({ outputs }) => outputs?.makes ?? []));
  const known = new Map<string, Output>();
  for (const account of OWNERS) {
    const expected = model.unspent(account);
    const pages: Output[] = [];
    let place: OutputPlace | undefined;
    do {
      const page = await view.unspent(account, place, 3);
      pages.push(...page.outputs);
      place = page.next;
    } while (place);
    expect(pages).toEqual(expected);
    for (const output of expected) known.set(output.id, output);
    const sum = expected.reduce((total, { amount }) => total + amount, 0n);
    const [balance] = await view.balances(account);
    if (ledger.terms.startHeight === 0) expect(balance?.sum ?? 0n).toBe(sum);
  }
  const ids = ever.map(({ id }) => id);
  expect(await view.outputs(ids)).toEqual(ids.map((id) => known.get(id)));
}

test("whatever is committed and taken back, the unspent outputs are those of a plain list of blocks", {
  timeout: 300_000,
}, async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(startHeight, steps, async (start, taken) => {
      const { store } = await openMemoryStore();
      const ledger = await store.openChain(termsOf(start));
      const model = new OutputModel(start);
      for (const [i, step] of taken.entries()) {
        await take(ledger, model, step, `f${i}`);
        await expectAlike(ledger, model);
      }
      expect((await store.verify()).faults).toEqual([]);
      await store.close();
    }),
    { numRuns: 150 },
  );
});

test("a rollback restores every row, and the same blocks give the same digest again", {
  timeout: 300_000,
}, async () => {
  const batches = fc.array(recipes, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      startHeight,
      recipes,
      fc.array(step, { maxLength: 4 }),
      batches,
      async (start, first, taken, next) => {
        const { store, database } = await openMemoryStore();
        const ledger = await store.openChain(termsOf(start));
        const model = new OutputModel(start);
        const nothing = await dumpLedger(database);
        await take(ledger, model, { kind: "commit", recipes: first }, "first");
        for (const [i, step] of taken.entries()) await take(ledger, model, step, `f${i}`);
        const tip = model.blocks.at(-1)?.ref ?? null;
        const rows = await dumpLedger(database);
        const blocks = model.build(next.flat(), "next");
        let from = 0;
        for (const { length } of next) {
          await ledger.commit(blocks.slice(from, from + length));
          from += length;
        }
        const digest = ledger.position?.digest;
        await ledger.rollback(tip);
        expect(await dumpLedger(database)).toEqual(rows);
        await ledger.commit(blocks);
        expect(ledger.position?.digest).toBe(digest);
        expect((await store.verify()).faults).toEqual([]);
        await ledger.rollback(null);
        expect(await dumpLedger(database)).toEqual(nothing);
        await store.close();
      },
    ),
    { numRuns: 100 },
  );
});
