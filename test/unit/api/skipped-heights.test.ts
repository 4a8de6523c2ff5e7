import { beforeEach, describe, expect, it } from "vitest";
import type { BlockRef } from "../../../src/core/model.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { GOLD, MemoryService, NATIVE } from "../../support/memory-service.ts";

const ALICE = "memory:one:alice";

let service: MemoryService;
let api: ApiUnderTest;

/** Indexed from 10: blocks at 12, 13, 16, 117 and 118, each of which gives Alice 5. */
beforeEach(async () => {
  service = await MemoryService.open({ alias: "one", startHeight: 10 });
  api = new ApiUnderTest([service]);
  for (const skipped of [2, 0, 2, 100, 0]) {
    service.skipped = skipped;
    await service.mine([[["alice", NATIVE, 5n, "mint"]]]);
  }
  await learn(NATIVE, 12, 5n);
});

/** Nodes told what Alice had after a block: from then on the ledger knows what she had before the first. */
async function learn(asset: string, height: number, amount: bigint): Promise<void> {
  const block = service.refs.find((ref) => ref.height === height) as BlockRef;
  await service.ledger.learnBalances([{ account: "alice", asset, block, amount }]);
}

describe("a height that the chain skips", () => {
  it.each([
    [14, 13, 16],
    [15, 13, 16],
    [17, 16, 117],
    [116, 16, 117],
  ])("has no block at %d: the answer names those beside it", async (height, below, above) => {
    const problem = await api.fail(`/v1/chains/one/blocks/${height}`, "block-skipped");
    expect(problem).toMatchObject({ status: 404, details: { chain: "memory:one", height, below, above } });
    expect(problem.detail).toContain(`the blocks beside it are ${below} and ${above}`);
  });

  it("is neither above the index nor before its first height", async () => {
    await api.fail("/v1/chains/one/blocks/119", "block-not-yet");
    await api.fail("/v1/chains/one/blocks/9", "block-not-covered");
    const { details } = await api.fail("/v1/chains/one/blocks/10", "block-skipped");
    expect(details).toMatchObject({ below: null, above: 12 });
    expect(await api.get("/v1/chains/one/blocks/117")).toMatchObject({ height: 117, parentHeight: 16 });
  });

  it.each([
    [13, 13, "10"],
    [15, 13, "10"],
    [60, 16, "15"],
    [117, 117, "20"],
  ])("at=%d tells balances after block %d, and says so", async (at, height, amount) => {
    const told = await api.get(`/v1/accounts/${ALICE}/balances?at=${at}`);
    expect(told.asOf).toMatchObject({ height, hash: `b${height}-main` });
    expect(told.balances[0]).toMatchObject({ amount });
    const { results } = await api.post(`/v1/balances?at=${at}`, { accounts: [ALICE] });
    expect(results[0]).toMatchObject({ asOf: { height }, balances: [{ amount }] });
  });

  it("before the first block tells nothing: what was there is not indexed", async () => {
    for (const at of [10, 11]) await api.fail(`/v1/accounts/${ALICE}/balances?at=${at}`, "block-not-covered");
  });

  it("may end a history's range, and begin it", async () => {
    const heightsOf = async (query: string) => {
      const { points } = await api.get(`/v1/accounts/${ALICE}/history?${query}`);
      return points.map(({ height }: { height: number }) => height);
    };
    expect(await heightsOf("from=14&to=100")).toEqual([16]);
    expect(await heightsOf("from=10")).toEqual([118, 117, 16, 13, 12]);
    expect(await heightsOf("at=100")).toEqual([16, 13, 12]);
    expect(await heightsOf("at=100&to=100")).toEqual([16, 13, 12]);
    await api.fail(`/v1/accounts/${ALICE}/history?at=100&to=101`, "invalid-request");
  });

  it("goes on with its pages", async () => {
    await service.mine([[["alice", GOLD, 1n, "mint"]]]);
    await learn(GOLD, 119, 1n);
    service.skipped = 5;
    await service.mine();
    const first = await api.get(`/v1/accounts/${ALICE}/balances?at=121&limit=1`);
    expect(first.asOf.height).toBe(119);
    const second = await api.get(`/v1/accounts/${ALICE}/balances?at=121&limit=1&cursor=${first.next}`);
    expect(second).toMatchObject({ asOf: { height: 119 }, balances: [{ amount: "1" }] });
  });
});
