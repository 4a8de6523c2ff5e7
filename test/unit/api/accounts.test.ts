import { beforeEach, describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { ELASTIC, GOLD, MemoryService, type Move, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const alice = "/v1/accounts/memory:one:alice";

beforeEach(async () => {
  service = await MemoryService.open();
  api = new ApiUnderTest([service]);
  await service.mine([[["alice", NATIVE, 100n, "mint"]]]);
  await service.mine([
    [
      ["alice", NATIVE, -30n],
      ["bob", NATIVE, 30n],
    ],
    [["bob", GOLD, 5n, "mint"]],
    [["alice", NATIVE, 1n]],
  ]);
  await service.mine();
  await service.mine([[["alice", NATIVE, 9n]]]);
  await service.mark({ finalized: 1 });
});

const ids = (answer: { transactions: { id: string }[] }) => answer.transactions.map(({ id }) => id);
const points = (answer: { points: { height: number; amount: string }[] }) =>
  answer.points.map(({ height, amount }) => [height, amount]);

describe("GET /v1/accounts/{account}/transactions", () => {
  it("tells the account's transactions newest first, with its own movements", async () => {
    const answer = await api.get(`${alice}/transactions`);
    expect(answer).toMatchObject({ account: "memory:one:Alice", asOf: { height: 3 }, next: null });
    expect(ids(answer)).toEqual(["t3-main-0", "t1-main-2", "t1-main-0", "t0-main-0"]);
    expect(answer.transactions[2]).toMatchObject({
      height: 1,
      finality: "finalized",
      movements: [{ account: "memory:one:Alice", delta: "-30" }],
    });
    expect(answer.transactions[0].finality).toBe("latest");
  });

  it("tells everybody's movements when asked", async () => {
    const answer = await api.get(`${alice}/transactions?movements=all`);
    expect(answer.transactions[2].movements).toHaveLength(2);
    expect((await api.get(`${alice}/transactions?movements=own`)).transactions[2].movements).toHaveLength(1);
    await api.fail(`${alice}/transactions?movements=none`, "invalid-request");
  });

  it("tells an empty list of an account that the index never saw", async () => {
    expect(await api.get("/v1/accounts/memory:one:nobody/transactions")).toMatchObject({
      transactions: [],
      next: null,
    });
  });

  it("stands on an earlier block", async () => {
    expect(ids(await api.get(`${alice}/transactions?at=1`))).toEqual(["t1-main-2", "t1-main-0", "t0-main-0"]);
    expect(ids(await api.get(`${alice}/transactions?finality=finalized&limit=1`))).toEqual(["t1-main-2"]);
  });

  it("ends a page before its movements are too many, but not before its first transaction", async () => {
    const many = (count: number): Move[] =>
      Array.from({ length: count }, (_, i) => ["alice", NATIVE, i % 2 ? 1n : -1n] as const);
    await service.mine([many(LIMITS.apiPageMovements - 10), many(20), many(LIMITS.apiPageMovements + 1)]);
    const first = await api.get(`${alice}/transactions`);
    expect(ids(first)).toEqual(["t4-main-2"]);
    const second = await api.get(`${alice}/transactions?cursor=${first.next}`);
    expect(ids(second)).toEqual(["t4-main-1"]);
    const third = await api.get(`${alice}/transactions?cursor=${second.next}`);
    expect(ids(third)).toEqual(["t4-main-0", "t3-main-0", "t1-main-2", "t1-main-0", "t0-main-0"]);
    expect(third.next).toBeNull();
  });

  it("refuses a cursor of another account or another list", async () => {
    const { next } = await api.get(`${alice}/transactions?limit=1`);
    expect(ids(await api.get(`${alice}/transactions?limit=1&cursor=${next}`))).toEqual(["t1-main-2"]);
    await api.fail(`/v1/accounts/memory:one:bob/transactions?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/balances?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}/history?cursor=${next}`, "invalid-cursor");
  });
});

describe("GET /v1/accounts/{account}/history", () => {
  it("tells the balance after each block that changed it, newest first", async () => {
    const answer = await api.get(`${alice}/history?asset=memory:one/slip44:1`);
    expect(answer).toMatchObject({
      account: "memory:one:Alice",
      asset: "memory:one/slip44:1",
      asOf: { height: 3 },
      next: null,
    });
    expect(answer.points[0]).toEqual({
      height: 3,
      hash: "b3-main",
      time: "2025-01-01T00:00:30.000Z",
      amount: "80",
    });
    expect(points(answer)).toEqual([
      [3, "80"],
      [1, "71"],
      [0, "100"],
    ]);
    expect(points(await api.get(`${alice}/history`))).toEqual(points(answer));
  });

  it("tells only the heights asked for", async () => {
    expect(points(await api.get(`${alice}/history?from=1&to=2`))).toEqual([[1, "71"]]);
    expect(points(await api.get(`${alice}/history?at=1`))).toEqual([
      [1, "71"],
      [0, "100"],
    ]);
    expect(points(await api.get(`${alice}/history?from=2&to=2`))).toEqual([]);
  });

  it("pages through the points", async () => {
    const first = await api.get(`${alice}/history?limit=1`);
    const second = await api.get(`${alice}/history?limit=1&cursor=${first.next}`);
    const third = await api.get(`${alice}/history?limit=1&cursor=${second.next}`);
    expect([first, second, third].flatMap(points)).toEqual([
      [3, "80"],
      [1, "71"],
      [0, "100"],
    ]);
    expect(third.next).toBeNull();
    await api.fail(`${alice}/history?cursor=${first.next}&from=1`, "invalid-cursor");
    await api.fail(`${alice}/history?cursor=${first.next}&asset=memory:one/token:gold`, "invalid-cursor");
  });

  it("refuses heights that are not indexed, or the wrong way round", async () => {
    await api.fail(`${alice}/history?to=4`, "block-not-yet");
    await api.fail(`${alice}/history?from=3&to=1`, "invalid-request");
    await api.fail(`${alice}/history?at=1&to=2`, "invalid-request");
    const late = await MemoryService.open({ id: "memory:late", startHeight: 7 });
    await late.mine();
    const its = new ApiUnderTest([late]);
    await its.fail("/v1/accounts/memory:late:alice/history?from=6", "block-not-covered");
  });

  it("says why it cannot tell: movements partial, no baseline, sums that do not add up", async () => {
    await service.mine([
      [
        ["alice", ELASTIC, 1n],
        ["bob", NATIVE, -50n],
      ],
    ]);
    await api.fail(`${alice}/history?asset=memory:one/token:elastic`, "unsupported");
    service.tellBalance("bob", NATIVE, -21n);
    await api.fail("/v1/accounts/memory:one:bob/history", "balance-unavailable");
    service.tellBalance("bob", NATIVE, new HeadwaterError("balance-unavailable", "no node told it"));
    await api.fail("/v1/accounts/memory:one:bob/history", "balance-unavailable");
  });

  it("takes the baseline from a node where the index began later", async () => {
    const late = await MemoryService.open({ id: "memory:late", startHeight: 7 });
    await late.mine([[["alice", NATIVE, -5n]]]);
    await late.mine([[["alice", NATIVE, 2n]]]);
    late.tellBalance("alice", NATIVE, 1_000n);
    const its = new ApiUnderTest([late]);
    expect(points(await its.get("/v1/accounts/memory:late:alice/history"))).toEqual([
      [8, "1000"],
      [7, "998"],
    ]);
  });

  it("does not tell the past of a balance in dispute", async () => {
    await service.ledger.learnBalances([{ account: "alice", asset: NATIVE, block: service.tip, amount: 80n }]);
    expect(points(await api.get(`${alice}/history?from=3`))).toEqual([[3, "80"]]);
    await service.ledger.dispute({
      account: "alice",
      asset: NATIVE,
      block: service.tip,
      expected: 80n,
      actual: 81n,
      wholeAsset: false,
    });
    await api.fail(`${alice}/history`, "balance-unavailable");
  });
});

describe("GET /v1/accounts/{account}/utxos", () => {
  it("is unsupported on chains without unspent outputs", async () => {
    const problem = await api.fail(`${alice}/utxos`, "unsupported");
    expect(problem).toMatchObject({ status: 501, details: { capability: "utxos" } });
    await api.fail("/v1/accounts/memory:two:alice/utxos", "chain-unknown");
  });
});
