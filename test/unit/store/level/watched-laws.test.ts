import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChainLedger, LedgerStore } from "../../../../src/core/contracts/store.ts";
import { TABLES } from "../../../../src/store/level/keys.ts";
import {
  parentOfStart,
  type Sample,
  type SampleMovement,
  sampleBlock,
} from "../../../../src/testing/store/sample-blocks.ts";
import { type MemoryDatabase, openMemoryStore } from "./memory-store.ts";

const START = 5;
const terms = { chain: "test:one", profile: "p", startHeight: START, scope: "watched" } as const;
const ACCOUNTS = ["ann", "bob", "cec", "dan"];
const coin = "slip44:1";
const BEFORE = 1_000_000n;

const movements = fc.array(
  fc.tuple(fc.constantFrom(...ACCOUNTS), fc.constantFrom(...ACCOUNTS), fc.integer({ min: 1, max: 50 })),
  { maxLength: 3 },
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ op: fc.constant("commit" as const), moves: fc.array(movements, { maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("watch" as const), who: fc.nat(3), ahead: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("unwatch" as const), who: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("rollback" as const), depth: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("learn" as const), who: fc.nat(3), depth: fc.nat(3) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The chain as it is, whoever watches, and who does. */
class Model {
  readonly blocks: Sample[] = [];
  readonly since = new Map<string, number>();
  #forks = 0;

  mine(moves: readonly (readonly (readonly [string, string, number])[])[]): Sample {
    const transactions = moves.map((transfers) =>
      transfers.flatMap(([from, to, amount]): SampleMovement[] => [
        [from, coin, BigInt(-amount)],
        [to, coin, BigInt(amount)],
      ]),
    );
    const parent = this.blocks.at(-1)?.ref ?? parentOfStart(START);
    const block = sampleBlock(parent, { transactions, fork: `f${this.#forks++}`, watched: [...this.since.keys()] });
    this.blocks.push(block);
    return block;
  }

  get tip(): number {
    return this.blocks.at(-1)?.ref.height ?? START - 1;
  }

  balance(account: string, height: number): bigint {
    return this.sum(account, START - 1, height) + BEFORE;
  }

  sum(account: string, above: number, upTo: number): bigint {
    return this.#moves(account, above, upTo).reduce((sum, { delta }) => sum + delta, 0n);
  }

  history(account: string, above: number): string[] {
    return [...new Set(this.#moves(account, above, this.tip).map(({ id }) => id))].reverse();
  }

  #moves(account: string, above: number, upTo: number) {
    return this.blocks
      .filter(({ ref }) => ref.height > above && ref.height <= upTo)
      .flatMap(({ transactions }) => transactions)
      .flatMap(({ id, movements: all }) =>
        all.filter((move) => move.account === account).map((move) => ({ id, ...move })),
      );
  }
}

async function take(model: Model, ledger: ChainLedger, step: Step): Promise<void> {
  if (step.op === "commit") await ledger.commit([model.mine(step.moves)]);
  else if (step.op === "watch") {
    const account = ACCOUNTS[step.who] as string;
    const since = model.since.get(account) ?? model.tip + step.ahead;
    model.since.set(account, since);
    const given = { account, since: model.tip + step.ahead, at: 1 };
    expect(await ledger.watch([given])).toEqual([{ account, since, at: 1 }]);
  } else if (step.op === "unwatch") {
    const account = ACCOUNTS[step.who] as string;
    expect(await ledger.unwatch([account])).toEqual([model.since.delete(account)]);
  } else if (step.op === "rollback") {
    const to = model.blocks.at(-1 - step.depth)?.ref;
    if (!to) return;
    model.blocks.splice(model.blocks.length - step.depth);
    await ledger.rollback(to);
  } else {
    const account = ACCOUNTS[step.who] as string;
    const block = model.blocks.at(-1 - step.depth)?.ref;
    if (!block) return;
    await ledger.learnBalances([{ account, asset: coin, block, amount: model.balance(account, block.height) }]);
  }
}

async function check(model: Model, ledger: ChainLedger): Promise<void> {
  using view = ledger.view();
  for (const account of ACCOUNTS) {
    const since = model.since.get(account);
    expect(view.watched(account)?.since).toBe(since);
    const { transactions } = await view.history(account, undefined, 1_000);
    expect(transactions.map(({ id }) => id)).toEqual(since === undefined ? [] : model.history(account, since));
    for (const height of [undefined, model.tip - 1, model.tip - 3]) {
      const [entry] = await view.balances(account, height);
      const at = height ?? model.tip;
      if (!entry) continue;
      expect(since).toBeLessThanOrEqual(at);
      expect(entry.sum).toBe(model.sum(account, since as number, at));
      expect(entry.disputed).toBe(false);
      if (entry.baseline !== undefined) expect(entry.baseline + entry.sum).toBe(model.balance(account, at));
    }
  }
}

/** Waits until rows of accounts that were taken out are erased: the sweep goes through the queue of writes. */
async function swept(ledger: ChainLedger, database: MemoryDatabase): Promise<void> {
  for (;;) {
    let left = false;
    for await (const key of database.keys()) left ||= key[2] === TABLES.unwatched;
    if (!left) return;
    await ledger.putAssetInfo([{ asset: coin, info: { symbol: "ONE", decimals: 8 } }]);
  }
}

test("accounts come and go, blocks too: what is told is right on the branch that is, and the store verifies", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const { store, database }: { store: LedgerStore; database: MemoryDatabase } = await openMemoryStore();
      const ledger = await store.openChain(terms);
      const model = new Model();
      for (const each of steps) {
        await take(model, ledger, each);
        await check(model, ledger);
      }
      expect((await store.verify()).faults).toEqual([]);
      await swept(ledger, database);
      expect((await store.verify()).faults).toEqual([]);
      await store.close();
    }),
    { numRuns: 150 },
  );
});
