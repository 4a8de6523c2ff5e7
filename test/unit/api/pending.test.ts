import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest, type Json } from "../../support/api.ts";
import type { MemoryPool } from "../../support/memory-pool.ts";
import { GENESIS_TIME, MemoryService, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let pool: MemoryPool;
let api: ApiUnderTest;
const alice = "/v1/accounts/memory:one:alice";
const transactions = "/v1/chains/memory:one/transactions";
const native = "memory:one/slip44:1";

beforeEach(async () => {
  service = await MemoryService.open({ outputs: true });
  pool = service.pending as MemoryPool;
  api = new ApiUnderTest([service]);
  await service.mineOutputs([{ makes: [["alice", 100n]], coinbase: true }]);
  await service.mineOutputs([{ makes: [["bob", 50n]], coinbase: true }]);
});

const ids = (answer: { transactions: { id: string }[] }) => answer.transactions.map(({ id }) => id);
const pendingOf = ({ balances }: Json) => balances.map(({ pending }: Json) => pending);

/** Alice pays 30 to Bob with a fee of 4. */
const pay = { spends: ["t0-main-0:0"], makes: [["bob", 30n] as const, ["alice", 66n] as const] };

describe("GET /v1/accounts/{account}/pending", () => {
  it("tells a pending transaction with what the account moves, spends and makes", async () => {
    await service.pend("t9-pool-0", pay, {
      size: 3,
      replaceable: true,
      replaces: ["t9-pool-9"],
      operators: 1,
      ancestors: { count: 2, size: 13, fee: 5n },
    });
    expect(await api.get(`${alice}/pending`)).toEqual({
      account: "memory:one:Alice",
      heardAt: "2025-01-01T00:00:00.000Z",
      incomplete: null,
      transactions: [
        {
          id: "t9-pool-0",
          chain: "memory:one",
          status: "pending",
          firstSeen: "2025-01-01T00:00:00.000Z",
          operators: 1,
          fee: { payer: "memory:one:Alice", asset: native, amount: "4" },
          size: 3,
          feeRate: 1.333,
          replaceable: true,
          replaces: ["t9-pool-9"],
          ancestors: { count: 2, size: 13, fee: "5", feeRate: 0.385 },
          movements: [
            { account: "memory:one:Alice", asset: native, delta: "-100", kind: "transfer" },
            { account: "memory:one:Alice", asset: native, delta: "66", kind: "transfer" },
          ],
          inputs: [{ output: "t0-main-0:0", account: "memory:one:Alice", asset: native, amount: "100" }],
          outputs: [{ output: "t9-pool-0:1", account: "memory:one:Alice", asset: native, amount: "66" }],
        },
      ],
      retracted: [],
      next: null,
    });
    const [all] = (await api.get(`${alice}/pending?movements=all`)).transactions;
    expect([all.movements.length, all.inputs.length, all.outputs.length]).toEqual([3, 1, 2]);
    const [ofBob] = (await api.get("/v1/accounts/memory:one:bob/pending")).transactions;
    expect(ofBob).toMatchObject({ movements: [{ delta: "30" }], inputs: [], outputs: [{ output: "t9-pool-0:0" }] });
    expect(ids(await api.get("/v1/accounts/memory:one:carol/pending"))).toEqual([]);
  });

  it("tells what became of those that are no longer pending", async () => {
    await service.pend("t9-pool-0", pay);
    pool.end("t9-pool-0", "replaced", "t9-pool-1");
    await service.pend("t9-pool-1", {
      ...pay,
      makes: [
        ["bob", 30n],
        ["alice", 60n],
      ],
    });
    pool.end("t9-pool-1", "evicted");
    const { transactions: still, retracted } = await api.get(`${alice}/pending`);
    expect(still).toEqual([]);
    expect(retracted).toEqual([
      { id: "t9-pool-1", at: "2025-01-01T00:00:00.000Z", end: "evicted", by: null, movements: expect.any(Array) },
      {
        id: "t9-pool-0",
        at: "2025-01-01T00:00:00.000Z",
        end: "replaced",
        by: "t9-pool-1",
        movements: [
          { account: "memory:one:Alice", asset: native, delta: "-100", kind: "transfer" },
          { account: "memory:one:Alice", asset: native, delta: "66", kind: "transfer" },
        ],
      },
    ]);
    expect((await api.get(`${alice}/pending?movements=all`)).retracted[1].movements).toHaveLength(3);
  });

  it("says why it may lack some, without the secrets of a URL", async () => {
    pool.incomplete = "node at https://user:secret@node.example/key does not answer";
    const { incomplete } = await api.get(`${alice}/pending`);
    expect(incomplete).toBe("node at https://node.example does not answer");
  });

  it("is no empty list before nodes were heard, nor where they tell nothing", async () => {
    pool.heardAt = null;
    expect((await api.fail(`${alice}/pending`, "not-ready")).status).toBe(503);
    const other = await MemoryService.open({ id: "memory:two" });
    await other.mine();
    const problem = await new ApiUnderTest([other]).fail("/v1/accounts/memory:two:alice/pending", "unsupported");
    expect(problem).toMatchObject({ status: 501, details: { chain: "memory:two", capability: "pending" } });
    await api.fail("/v1/accounts/memory:two:alice/pending", "chain-unknown");
    await api.fail(`${alice}/pending?at=1`, "invalid-request");
  });

  it("pages newest first without skips or repeats while transactions come and go", async () => {
    const seen: string[] = [];
    let parent = "t0-main-0:0";
    const pend = async (i: number, at: number) => {
      await service.pend(`t9-pool-${i}`, { spends: [parent], makes: [["alice", 100n]] }, { firstSeen: at });
      parent = `t9-pool-${i}:0`;
    };
    // Three of one moment, so that the order among them is the cursor's to keep.
    for (let i = 0; i < 9; i++) await pend(i, GENESIS_TIME + Math.floor(i / 3));
    let cursor = "";
    for (let i = 20; ; i++) {
      const page = await api.get(`${alice}/pending?limit=2${cursor}`);
      seen.push(...ids(page));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
      await pend(i, GENESIS_TIME + 100);
      // The last one shown goes away: the place stays.
      pool.end(ids(page).at(-1) as string, "evicted");
    }
    expect(seen).toEqual([6, 7, 8, 3, 4, 5, 0, 1, 2].map((i) => `t9-pool-${i}`));
  });

  it("refuses cursors of other accounts and lists, damaged ones, and limits that are none", async () => {
    await service.pend("t9-pool-0", pay);
    await service.pend("t9-pool-1", { spends: ["t9-pool-0:1"], makes: [["alice", 60n]] });
    const { next } = await api.get(`${alice}/pending?limit=1`);
    await api.fail(`/v1/accounts/memory:one:bob/pending?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/transactions?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/pending?cursor=${next}x`, "invalid-cursor");
    for (const limit of ["0", "1.5", String(LIMITS.apiPageRows + 1), "1e9"]) {
      await api.fail(`${alice}/pending?limit=${limit}`, "invalid-request");
    }
    expect(ids(await api.get(`${alice}/pending?limit=${LIMITS.apiPageRows}`))).toHaveLength(2);
  });

  it("ends a page before its movements, inputs and outputs are too many", async () => {
    const many = Array.from({ length: LIMITS.apiPageMovements / 2 }, () => ["alice", 0n] as const);
    await service.pend("t9-pool-0", { makes: many });
    await service.pend("t9-pool-1", { makes: [["alice", 0n]] });
    const first = await api.get(`${alice}/pending`);
    expect(ids(first)).toEqual(["t9-pool-0"]);
    expect(ids(await api.get(`${alice}/pending?cursor=${first.next}`))).toEqual(["t9-pool-1"]);
  });
});

describe("a balance's pending part", () => {
  it("is the signed sum of pending movements, told beside the native amount", async () => {
    expect(pendingOf(await api.get(`${alice}/balances`))).toEqual(["0"]);
    await service.pend("t9-pool-0", pay);
    await service.pend("t9-pool-1", { spends: ["t9-pool-0:0"], makes: [["alice", 29n]] });
    const { balances } = await api.get(`${alice}/balances`);
    expect(balances).toEqual([
      { asset: native, symbol: "SLIP44:1", decimals: 6, amount: "100", source: "ledger", pending: "-5" },
    ]);
    expect(pendingOf(await api.get("/v1/accounts/memory:one:bob/balances"))).toEqual(["0"]);
    expect(pendingOf(await api.get("/v1/accounts/memory:one:carol/balances"))).toEqual(["0"]);
  });

  it("is told of the native asset alone", async () => {
    await service.mineOutputs([{ makes: [["alice", 7n, "token:gold"]] }]);
    await service.pend("t9-pool-0", { spends: ["t2-main-0:0"], makes: [["bob", 7n, "token:gold"]] });
    const { balances } = await api.get(`${alice}/balances`);
    expect(balances).toMatchObject([{ pending: "0" }, { amount: "7" }]);
    expect("pending" in balances[1]).toBe(false);
  });

  it("is null while not all pending transactions are known", async () => {
    await service.pend("t9-pool-0", pay);
    pool.incomplete = "more than 10,000";
    expect(pendingOf(await api.get(`${alice}/balances`))).toEqual([null]);
    pool.incomplete = null;
    pool.heardAt = null;
    expect(pendingOf(await api.get(`${alice}/balances`))).toEqual([null]);
    const { results } = await api.post("/v1/balances", { accounts: ["memory:one:alice"] });
    expect(pendingOf(results[0])).toEqual([null]);
  });

  it("is absent after an older block, and on chains that tell nothing of the kind", async () => {
    await service.pend("t9-pool-0", pay);
    await service.mark({ finalized: 0 });
    for (const query of ["at=0", "finality=finalized"]) {
      expect(pendingOf(await api.get(`${alice}/balances?${query}`)), query).toEqual([undefined]);
      const { results } = await api.post(`/v1/balances?${query}`, { accounts: ["memory:one:alice"] });
      expect(pendingOf(results[0]), query).toEqual([undefined]);
    }
    expect(pendingOf(await api.get(`${alice}/balances?at=1`))).toEqual(["-34"]);
    const other = await MemoryService.open({ id: "memory:two" });
    await other.mine([[["alice", NATIVE, 1n]]]);
    const its = new ApiUnderTest([other]);
    expect(pendingOf(await its.get("/v1/accounts/memory:two:alice/balances"))).toEqual([undefined]);
  });

  it("is told for each account of a batch", async () => {
    await service.pend("t9-pool-0", pay);
    const accounts = ["memory:one:bob", "memory:one:carol", "memory:one:alice", "memory:one:Bob"];
    const { results } = await api.post("/v1/balances", { accounts });
    expect(results.map(pendingOf)).toEqual([["30"], ["0"], ["-34"], ["30"]]);
  });

  it("counts nothing twice when a block confirms it while nodes are asked for balances", async () => {
    await service.pend("t9-pool-0", pay);
    service.hold = async () => pool.end("t9-pool-0", "confirmed");
    const { balances } = await api.get(`${alice}/balances`);
    expect(balances).toMatchObject([{ amount: "100", pending: "-34" }]);
  });
});

describe("GET /v1/chains/{chain}/transactions/{id} of a pending one", () => {
  it("tells it with the status pending and no block", async () => {
    await service.pend("t9-pool-0", pay);
    const answer = await api.get(`${transactions}/T9-POOL-0`);
    expect(answer).toMatchObject({ id: "t9-pool-0", status: "pending", operators: 2, size: 200, feeRate: 0.02 });
    expect(answer.movements).toHaveLength(3);
    expect(answer.outputs).toHaveLength(2);
    expect("height" in answer).toBe(false);
  });

  it("tells the one of a block when it is in one", async () => {
    await service.pend("t2-main-0", pay);
    await service.mineOutputs([pay]);
    expect(await api.get(`${transactions}/t2-main-0`)).toMatchObject({ status: "success", height: 2 });
  });

  it("says what became of one that is no longer pending", async () => {
    await service.pend("t9-pool-0", pay);
    pool.end("t9-pool-0", "replaced", "t9-pool-1");
    const problem = await api.fail(`${transactions}/t9-pool-0`, "transaction-unknown");
    expect(problem.details).toMatchObject({ end: "replaced", by: "t9-pool-1", endedAt: "2025-01-01T00:00:00.000Z" });
    const { details } = await api.fail(`${transactions}/t9-pool-2`, "transaction-unknown");
    expect(Object.keys(details)).toEqual(["chain", "indexedHeight", "startHeight"]);
  });

  it("is refused where the index may lack the block that holds it, or too few operators have it", async () => {
    await service.pend("t9-pool-0", pay);
    await api.fail(`${transactions}/t9-pool-0?minOperators=3`, "agreement-insufficient");
    await api.get(`${transactions}/t9-pool-0?minOperators=2`);
    service.measured = { state: "behind", lagSeconds: 100 };
    await api.fail(`${transactions}/t9-pool-0`, "stale");
    await api.get(`${transactions}/t9-pool-0?allowStale=true`);
  });
});
