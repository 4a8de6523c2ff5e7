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
