import { beforeEach, describe, expect, it } from "vitest";
import { encodeToken } from "../../../src/api/token.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest, type Json } from "../../support/api.ts";
import type { MemoryPool } from "../../support/memory-pool.ts";
import { GOLD, MemoryService } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const alice = "/v1/accounts/memory:one:alice";
const native = "memory:one/slip44:1";

beforeEach(async () => {
  service = await MemoryService.open({ outputs: true });
  api = new ApiUnderTest([service]);
  await service.mineOutputs([{ makes: [["alice", 100n]], coinbase: true }]);
  await service.mineOutputs([{ makes: [["bob", 50n]], coinbase: true }]);
});

const outputs = ({ utxos }: Json) => utxos.map(({ output }: Json) => output);

describe("GET /v1/accounts/{account}/utxos", () => {
  it("tells the unspent outputs oldest first, with the block the answer stands on", async () => {
    await service.mineOutputs([
      { makes: [["carol", 50n]], coinbase: true },
      {
        makes: [
          ["bob", 1n],
          ["alice", 7n, GOLD],
          ["alice", 2n],
        ],
      },
    ]);
    await service.mark({ safe: 1, finalized: 0 });
    expect(await api.get(`${alice}/utxos`)).toEqual({
      account: "memory:one:Alice",
      asOf: expect.objectContaining({ chain: "memory:one", height: 2, hash: "b2-main", finality: "latest" }),
      utxos: [
        {
          output: "t0-main-0:0",
          transaction: "t0-main-0",
          position: 0,
          asset: native,
          symbol: "MEM",
          decimals: 6,
          amount: "100",
          height: 0,
          confirmations: 3,
          finality: "finalized",
          coinbase: true,
          spendable: true,
          spentBy: null,
        },
        expect.objectContaining({
          output: "t2-main-1:1",
          asset: "memory:one/token:gold",
          symbol: null,
          decimals: null,
        }),
        expect.objectContaining({
          output: "t2-main-1:2",
          position: 2,
          amount: "2",
          confirmations: 1,
          finality: "latest",
        }),
      ],
      token: encodeToken([["memory:one", { height: 2, hash: "b2-main" }]]),
      next: null,
    });
    expect(outputs(await api.get("/v1/accounts/memory:one:nobody/utxos"))).toEqual([]);
  });

  it("tells an asset's own symbol and decimals where the store has them", async () => {
    await service.ledger.putAssetInfo([{ asset: GOLD, info: { symbol: "GLD", decimals: 2 } }]);
    await service.mineOutputs([{ makes: [["dora", 7n, GOLD]] }]);
    const { utxos } = await api.get("/v1/accounts/memory:one:dora/utxos");
    expect(utxos).toMatchObject([{ symbol: "GLD", decimals: 2 }]);
  });

  it("no longer tells what a block has spent, and tells it again after the block was taken back", async () => {
    await service.mineOutputs([
      {
        spends: ["t0-main-0:0"],
        makes: [
          ["alice", 60n],
          ["bob", 40n],
        ],
      },
    ]);
    expect(outputs(await api.get(`${alice}/utxos`))).toEqual(["t2-main-0:0"]);
    await service.rollback(1);
    expect(outputs(await api.get(`${alice}/utxos`))).toEqual(["t0-main-0:0"]);
  });

  it("tells what the next block may spend, and not before", async () => {
    const spendable = async () => (await api.get(`${alice}/utxos`)).utxos.map((each: Json) => each.spendable);
    expect(service.tip.height).toBe(1);
    // The reward of block 0 may be spent by block 3: block 2 is next.
    expect(await spendable()).toEqual([false]);
    await service.mineOutputs([{ makes: [["alice", 1n]] }]);
    expect(await spendable()).toEqual([true, true]);
  });

  it("tells everything spendable where the chain makes nothing wait", async () => {
    const { spendableFrom: _, ...chain } = service.chain;
    Object.assign(service, { chain });
    expect((await api.get(`${alice}/utxos`)).utxos).toMatchObject([{ coinbase: true, spendable: true }]);
  });

  it("tells the pending transaction that spends it, and says nothing where it cannot say that none does", async () => {
    const spentBy = async (account: string) => {
      const { utxos } = await api.get(`/v1/accounts/memory:one:${account}/utxos`);
      return utxos.map((each: Json) => ("spentBy" in each ? each.spentBy : "not told"));
    };
    const pool = service.pending as MemoryPool;
    await service.pend("t9-pool-0", { spends: ["t0-main-0:0"], makes: [["alice", 100n]] });
    expect([await spentBy("alice"), await spentBy("bob")]).toEqual([["t9-pool-0"], [null]]);
    pool.incomplete = "too many";
    expect([await spentBy("alice"), await spentBy("bob")]).toEqual([["t9-pool-0"], ["not told"]]);
    pool.incomplete = null;
    pool.heardAt = null;
    expect(await spentBy("bob")).toEqual(["not told"]);
    Object.assign(service, { pending: undefined });
    expect(await spentBy("bob")).toEqual(["not told"]);
  });

  it("is unsupported on chains without outputs", async () => {
    const other = await MemoryService.open({ id: "memory:two" });
    await other.mine();
    const problem = await new ApiUnderTest([other]).fail("/v1/accounts/memory:two:alice/utxos", "unsupported");
    expect(problem).toMatchObject({ status: 501, details: { capability: "utxos", reason: "chain-has-none" } });
    await api.fail("/v1/accounts/memory:two:alice/utxos", "chain-unknown");
  });

  it("is unsupported for a reason of its own where the index may lack some, never a part of the list", async () => {
    const late = await MemoryService.open({ id: "memory:late", outputs: true, startHeight: 7 });
    const its = new ApiUnderTest([late]);
    const url = "/v1/accounts/memory:late:alice/utxos";
    await its.fail(url, "not-ready");
    await late.mineOutputs([{ makes: [["alice", 1n]] }]);
    const problem = await its.fail(url, "unsupported");
    expect(problem).toMatchObject({ status: 501, details: { reason: "index-not-whole", startHeight: 7 } });
    expect(problem.detail).toMatch(/memory:late does not know every unspent output/);
  });

  it("is refused like other reads while the index is behind, older than the token, or in conflict", async () => {
    const token = encodeToken([["memory:one", { height: 2, hash: "b2-main" }]]);
    await api.fail(`${alice}/utxos?notOlderThan=${token}`, "behind-token");
    await api.fail(`${alice}/utxos?minOperators=3`, "agreement-insufficient");
    service.measured = { state: "behind", lagSeconds: 100 };
    await api.fail(`${alice}/utxos`, "stale");
    await api.get(`${alice}/utxos?allowStale=true`);
    service.measured = { state: "conflict" };
    await api.fail(`${alice}/utxos`, "finality-conflict");
    service.ready = false;
    await api.fail(`${alice}/utxos`, "not-ready");
  });

  it("refuses other blocks than the newest, pages that are none, and cursors that are not of this list", async () => {
    await service.mineOutputs([
      {
        makes: [
          ["alice", 1n],
          ["alice", 2n],
          ["bob", 3n],
          ["bob", 3n],
        ],
      },
    ]);
    for (const query of [
      "at=1",
      "finality=safe",
      "limit=0",
      "limit=1.5",
      `limit=${LIMITS.apiPageRows + 1}`,
      "limit=1e9",
    ]) {
      await api.fail(`${alice}/utxos?${query}`, "invalid-request");
    }
    const { next } = await api.get(`${alice}/utxos?limit=1`);
    expect(outputs(await api.get(`${alice}/utxos?limit=1&cursor=${next}`))).toEqual(["t2-main-0:0"]);
    await api.fail(`/v1/accounts/memory:one:bob/utxos?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/transactions?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/utxos?cursor=${next}x`, "invalid-cursor");
    await api.fail(`${alice}/utxos?cursor=%20`, "invalid-cursor");
    expect(outputs(await api.get(`${alice}/utxos?limit=${LIMITS.apiPageRows}`))).toHaveLength(3);
  });

  it("gives no next page after a reorg that took the page's block away: outputs may have come before it", async () => {
    await service.mineOutputs([
      {
        makes: [
          ["alice", 1n],
          ["alice", 2n],
        ],
      },
    ]);
    const first = await api.get(`${alice}/utxos?limit=1`);
    await service.mineOutputs([{ makes: [["alice", 3n]] }]);
    const second = await api.get(`${alice}/utxos?limit=1&cursor=${first.next}`);
    expect(outputs(second)).toEqual(["t2-main-0:0"]);
    await service.rollback(2);
    await api.fail(`${alice}/utxos?cursor=${second.next}`, "block-not-yet");
    await service.mineOutputs([{ makes: [["alice", 4n]] }], "fork");
    const problem = await api.fail(`${alice}/utxos?cursor=${second.next}`, "block-unknown");
    expect(problem.details).toMatchObject({ field: "cursor", block: "b3-main" });
    // The first page stood on a block of both branches.
    expect(outputs(await api.get(`${alice}/utxos?cursor=${first.next}`))).toEqual([
      "t2-main-0:0",
      "t2-main-0:1",
      "t3-fork-0:0",
    ]);
  });

  it("gives no next page after a reorg that gave an output back, although the last one shown is still there", async () => {
    await service.mineOutputs([
      {
        makes: [
          ["alice", 1n],
          ["alice", 2n],
        ],
      },
    ]);
    await service.mineOutputs([{ spends: ["t0-main-0:0"], makes: [["bob", 100n]] }]);
    const first = await api.get(`${alice}/utxos?limit=1`);
    expect(outputs(first)).toEqual(["t2-main-0:0"]);
    await service.rollback(2);
    await service.mineOutputs([], "fork");
    await api.fail(`${alice}/utxos?cursor=${first.next}`, "block-unknown");
    expect(outputs(await api.get(`${alice}/utxos`))).toEqual(["t0-main-0:0", "t2-main-0:0", "t2-main-0:1"]);
  });
});
