import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiUnderTest, type Json } from "../../support/api.ts";
import { MemoryService, type Move, NATIVE } from "../../support/memory-service.ts";

const ACCOUNTS = ["alice", "bob"];
const ASSETS = [NATIVE, "token:a", "token:b", "token:c"];

const arbitraryMove = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  asset: fc.constantFrom(...ASSETS),
  delta: fc.bigInt({ min: 1n, max: 9n }),
});
const arbitraryBlock = fc.array(fc.array(arbitraryMove, { minLength: 1, maxLength: 3 }), { maxLength: 4 });

type Block = readonly (readonly { account: string; asset: string; delta: bigint }[])[];

const toMoves = (block: Block): Move[][] =>
  block.map((moves) => moves.map(({ account, asset, delta }) => [account, asset, delta, "mint"] as const));

/** Follows `next` to the end and mines one more block between any two pages. */
async function walk<T>(
  api: ApiUnderTest,
  service: MemoryService,
  url: string,
  between: readonly Block[],
  rows: (page: Json) => T[],
): Promise<T[]> {
  const seen: T[] = [];
  const blocks = [...between];
  let cursor: string | null = null;
  do {
    const page = await api.get(cursor === null ? url : `${url}&cursor=${cursor}`);
    seen.push(...rows(page));
    cursor = page.next;
    const block = blocks.shift();
    if (block) await service.mine(toMoves(block));
  } while (cursor !== null);
  return seen;
}

const scenario = {
  before: fc.array(arbitraryBlock, { minLength: 1, maxLength: 6 }),
  between: fc.array(arbitraryBlock, { maxLength: 6 }),
  limit: fc.integer({ min: 1, max: 4 }),
};

describe("cursors neither skip nor repeat while blocks are appended", () => {
  it("over an account's transactions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(scenario), async ({ before, between, limit }) => {
        const service = await MemoryService.open();
        const api = new ApiUnderTest([service]);
        for (const block of before) await service.mine(toMoves(block));
        const expected = before
          .flatMap((block, height) => block.map((moves, index) => ({ moves, id: `t${height}-main-${index}` })))
          .filter(({ moves }) => moves.some(({ account }) => account === "alice"))
          .map(({ id }) => id)
          .reverse();
        const url = `/v1/accounts/memory:one:alice/transactions?limit=${limit}`;
        const seen = await walk(api, service, url, between, ({ transactions }) =>
          (transactions as { id: string }[]).map(({ id }) => id),
        );
        expect(seen).toEqual(expected);
        await api.api.close();
        await service.store.close();
      }),
      { numRuns: 25 },
    );
  });

  it("over an account's balances, all of one block", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(scenario), async ({ before, between, limit }) => {
        const service = await MemoryService.open();
        const api = new ApiUnderTest([service]);
        for (const block of before) await service.mine(toMoves(block));
        const sums = new Map<string, bigint>([[NATIVE, 0n]]);
        for (const { account, asset, delta } of before.flat(2)) {
          if (account === "alice") sums.set(asset, (sums.get(asset) ?? 0n) + delta);
        }
        const url = `/v1/accounts/memory:one:alice/balances?limit=${limit}`;
        const seen = await walk(api, service, url, between, ({ balances }) =>
          (balances as { asset: string; amount: string }[]).map(({ asset, amount }) => `${asset}=${amount}`),
        );
        // Assets that came after the first page's block may be told too: as nothing, which they were.
        const later = seen.filter((row) => !sums.has(row.slice("memory:one/".length).split("=")[0] ?? ""));
        expect(later.filter((row) => !row.endsWith("=0"))).toEqual([]);
        expect(seen.filter((row) => !later.includes(row)).sort()).toEqual(
          Array.from(sums, ([asset, sum]) => `memory:one/${asset}=${sum}`).sort(),
        );
        expect(new Set(seen).size).toBe(seen.length);
        await api.api.close();
        await service.store.close();
      }),
      { numRuns: 25 },
    );
  });

  it("over an account's balance points", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(scenario), async ({ before, between, limit }) => {
        const service = await MemoryService.open();
        const api = new ApiUnderTest([service]);
        for (const block of before) await service.mine(toMoves(block));
        let sum = 0n;
        const expected: string[] = [];
        for (const [height, block] of before.entries()) {
          const own = block.flat().filter(({ account, asset }) => account === "alice" && asset === NATIVE);
          if (own.length === 0) continue;
          for (const { delta } of own) sum += delta;
          expected.unshift(`${height}=${sum}`);
        }
        const url = `/v1/accounts/memory:one:alice/history?limit=${limit}`;
        const seen = await walk(api, service, url, between, ({ points }) =>
          (points as { height: number; amount: string }[]).map(({ height, amount }) => `${height}=${amount}`),
        );
        expect(seen).toEqual(expected);
        await api.api.close();
        await service.store.close();
      }),
      { numRuns: 25 },
    );
  });
});

/** A block of a chain of outputs: each entry spends some that are unspent, picked by these numbers, and makes some. */
const arbitrarySpends = fc.array(
  fc.record({
    picks: fc.array(fc.nat(), { maxLength: 2 }),
    owners: fc.array(fc.constantFrom(...ACCOUNTS), { maxLength: 3 }),
  }),
  { maxLength: 4 },
);

type Picks = readonly { readonly picks: readonly number[]; readonly owners: readonly string[] }[];

/** What is unspent, in the chain's order, as the test itself works it out; who owns it by its id. */
class Unspent {
  readonly owners = new Map<string, string>();

  of(account: string): string[] {
    return [...this.owners].flatMap(([id, owner]) => (owner === account ? [id] : []));
  }

  async mine(service: MemoryService, block: Picks, branch = "main"): Promise<void> {
    const height = (service.refs.at(-1)?.height ?? -1) + 1;
    const spends = block.map(({ picks, owners }, index) => {
      const spent = picks.flatMap((pick) => {
        const all = [...this.owners.keys()];
        const id = all[pick % Math.max(1, all.length)];
        if (id === undefined) return [];
        this.owners.delete(id);
        return [id];
      });
      for (const [i, owner] of owners.entries()) this.owners.set(`t${height}-${branch}-${index}:${i}`, owner);
      return { spends: spent, makes: owners.map((owner) => [owner, 1n] as const) };
    });
    await service.mineOutputs(spends, branch);
  }
}

describe("a cursor over unspent outputs", () => {
  const outputScenario = {
    before: fc.array(arbitrarySpends, { minLength: 1, maxLength: 8 }),
    between: fc.array(arbitrarySpends, { maxLength: 6 }),
    limit: fc.integer({ min: 1, max: 3 }),
  };
  const url = (limit: number) => `/v1/accounts/memory:one:alice/utxos?limit=${limit}`;
  const rows = ({ utxos }: Json) => (utxos as { output: string }[]).map(({ output }) => output);

  it("shows each that stays unspent once, in the chain's order, while blocks are appended", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(outputScenario), async ({ before, between, limit }) => {
        const service = await MemoryService.open({ outputs: true });
        const api = new ApiUnderTest([service]);
        const unspent = new Unspent();
        for (const block of before) await unspent.mine(service, block);
        const seen: string[] = [];
        const blocks = [...between];
        for (let cursor = ""; ; ) {
          const page = await api.get(`${url(limit)}${cursor}`);
          seen.push(...rows(page));
          if (page.next === null) break;
          cursor = `&cursor=${page.next}`;
          const block = blocks.shift();
          if (block) await unspent.mine(service, block);
        }
        expect(new Set(seen).size).toBe(seen.length);
        const atLast = unspent.of("alice");
        // What was spent meanwhile may or may not have been shown; all that is unspent now was.
        expect(seen.filter((id) => atLast.includes(id))).toEqual(atLast);
        await api.api.close();
        await service.store.close();
      }),
      { numRuns: 25 },
    );
  });

  it("over a reorg either goes on without a skip, or is refused", async () => {
    let refused = 0;
    let wentOn = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ...outputScenario,
          depth: fc.oneof(fc.constant(0), fc.nat(7)),
          pages: fc.integer({ min: 1, max: 3 }),
        }),
        async ({ before, between, limit, depth, pages }) => {
          const service = await MemoryService.open({ outputs: true });
          const api = new ApiUnderTest([service]);
          const states: string[][] = [];
          const unspent = new Unspent();
          for (const block of before) {
            await unspent.mine(service, block);
            states.push([...unspent.owners].flat());
          }
          const seen: string[] = [];
          let cursor: string | null = null;
          for (let i = 0; i < pages; i++) {
            const page: Json = await api.get(`${url(limit)}${cursor === null ? "" : `&cursor=${cursor}`}`);
            seen.push(...rows(page));
            cursor = page.next;
            if (cursor === null) break;
          }
          if (cursor !== null) {
            const back = Math.max(0, before.length - 1 - depth);
            await service.rollback(back);
            unspent.owners.clear();
            const kept = states[back] ?? [];
            for (let i = 0; i < kept.length; i += 2) unspent.owners.set(kept[i] as string, kept[i + 1] as string);
            for (const block of [...between, ...before]) await unspent.mine(service, block, "fork");
            const rest = await api.ask(`/v1/accounts/memory:one:alice/utxos?limit=500&cursor=${cursor}`);
            if (rest.status === 200) {
              wentOn += 1;
              const shown = [...seen, ...rows(rest.body)];
              const now = unspent.of("alice");
              expect(shown.filter((id) => now.includes(id))).toEqual(now);
            } else {
              refused += 1;
              expect(rest.body.code).toBe("block-unknown");
            }
          }
          await api.api.close();
          await service.store.close();
        },
      ),
      { numRuns: 40 },
    );
    expect(refused).toBeGreaterThan(0);
    expect(wentOn).toBeGreaterThan(0);
  });
});
