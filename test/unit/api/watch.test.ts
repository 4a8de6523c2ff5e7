import { beforeEach, describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest, type Asked, type Json } from "../../support/api.ts";
import { GENESIS_TIME, MemoryService, type Move, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let all: MemoryService;
let api: ApiUnderTest;
const alice = "/v1/accounts/memory:one:alice";
const PUT: Asked = { method: "PUT" };
const DELETE: Asked = { method: "DELETE" };
const post = (body: unknown): Asked => ({ method: "POST", body });
const pays: readonly Move[] = [
  ["alice", NATIVE, -3n],
  ["bob", NATIVE, 3n],
];

beforeEach(async () => {
  service = await MemoryService.open({ scope: "watched" });
  all = await MemoryService.open({ id: "memory:two" });
  api = new ApiUnderTest([service, all]);
  await service.mine([pays]);
  await service.mine([pays]);
});

describe("PUT /v1/accounts/{account}", () => {
  it("watches an account from the next block on, in its canonical form, and says so again", async () => {
    const watched = {
      account: "memory:one:Alice",
      scope: "watched",
      indexedFrom: 2,
      watchedAt: new Date(GENESIS_TIME).toISOString(),
    };
    expect(await api.ask("/v1/accounts/memory:one:Alice", PUT)).toMatchObject({ status: 201, body: watched });
    await service.mine([pays]);
    expect(await api.ask(alice, PUT)).toMatchObject({ status: 200, body: watched });
    expect(await api.get(alice)).toEqual(watched);
    expect(service.watchlist?.count).toBe(1);
  });

  it("says where all accounts are kept that there is nothing to do", async () => {
    const two = "/v1/accounts/memory:two:alice";
    const kept = { account: "memory:two:Alice", scope: "all", indexedFrom: 0, watchedAt: null };
    expect(await api.ask(two, PUT)).toMatchObject({ status: 200, body: kept });
    expect(await api.get(two)).toEqual(kept);
  });

  it("refuses what is no account, a chain that is not here, a query, a long text, and bodies of other media", async () => {
    await api.fail("/v1/accounts/memory:one:4", "invalid-account", PUT);
    await api.fail("/v1/accounts/alice", "invalid-account", PUT);
    await api.fail("/v1/accounts/memory:three:alice", "chain-unknown", PUT);
    await api.fail(`${alice}?since=1`, "invalid-request", PUT);
    await api.fail(`/v1/accounts/memory:one:${"a".repeat(LIMITS.apiIdCharacters)}`, "invalid-request", PUT);
    await api.fail(alice, "method-not-allowed", post({}));
    expect(service.watchlist?.count).toBe(0);
  });

  it("is not ready before the chain's store is open", async () => {
    const starting = Object.assign(service, { watchlist: undefined, measured: { reason: "no node was asked yet" } });
    api = new ApiUnderTest([starting]);
    const problem = await api.fail(alice, "not-ready", PUT);
    expect(problem.detail).toContain("no node was asked yet");
    await api.fail(alice, "not-ready", DELETE);
    await api.fail(alice, "not-ready");
  });

  it("tells a full list, and what the store fails with", async () => {
    const failing = (error: HeadwaterError) => {
      const watch = () => Promise.reject(error);
      return new ApiUnderTest([Object.assign(service, { watchlist: { count: 0, watch, unwatch: watch } }), all]);
    };
    const full = failing(new HeadwaterError("watchlist-full", "2000000 accounts are watched"));
    expect(await full.fail(alice, "watchlist-full", PUT)).toMatchObject({ status: 409 });
    const results = (await full.post("/v1/accounts", { accounts: ["memory:one:alice", "memory:two:alice"] })).results;
    expect(results.map((result: Json) => result.error?.code ?? result.scope)).toEqual(["watchlist-full", "all"]);
    await failing(new HeadwaterError("store-failure", "the disk is full")).fail(alice, "store-failure", PUT);
  });
});

describe("DELETE /v1/accounts/{account}", () => {
  it("ends it, also where there was nothing, and a new beginning shows no gap as whole", async () => {
    await api.ask(alice, PUT);
    await service.mine([pays]);
    expect((await api.get(`${alice}/transactions`)).transactions).toHaveLength(1);
    for (const _ of [1, 2]) {
      const { status, body } = await api.ask(alice, DELETE);
      expect([status, body]).toEqual([204, undefined]);
    }
    expect(await api.fail(alice, "account-not-watched")).toMatchObject({ status: 404 });
    await api.fail(`${alice}/transactions`, "account-not-watched");
    await service.mine([pays]);
    expect((await api.ask(alice, PUT)).body.indexedFrom).toBe(4);
    await service.mine([pays]);
    const { transactions, indexedFrom } = await api.get(`${alice}/transactions`);
    expect([transactions.map(({ height }: Json) => height), indexedFrom]).toEqual([[4], 4]);
  });

  it("is refused where all accounts are kept, and for bad accounts", async () => {
    expect(await api.fail("/v1/accounts/memory:two:alice", "unsupported", DELETE)).toMatchObject({ status: 501 });
    await api.fail("/v1/accounts/memory:one:4", "invalid-account", DELETE);
    await api.fail(`${alice}?all=true`, "invalid-request", DELETE);
  });
});

describe("POST /v1/accounts", () => {
  it("watches many over several chains; what is no account fails alone", async () => {
    await api.ask(alice, PUT);
    const accounts = ["memory:one:bob", "memory:one:alice", "memory:two:alice", "memory:one:4", "memory:one:bob"];
    const { results, registered } = await api.post("/v1/accounts", { accounts });
    expect(registered).toBe(1);
    expect(results.map((each: Json) => each.error?.code ?? [each.account, each.scope, each.indexedFrom])).toEqual([
      ["memory:one:Bob", "watched", 2],
      ["memory:one:Alice", "watched", 2],
      ["memory:two:Alice", "all", 0],
      "invalid-account",
      ["memory:one:Bob", "watched", 2],
    ]);
    expect(service.watchlist?.count).toBe(2);
  });

  it("refuses bad bodies", async () => {
    const many = Array.from({ length: LIMITS.apiBatchAccounts + 1 }, () => "memory:one:alice");
    for (const body of [
      {},
      { accounts: [] },
      { accounts: "memory:one:alice" },
      { accounts: [1] },
      { accounts: many },
    ]) {
      await api.fail("/v1/accounts", "invalid-request", post(body));
    }
    await api.fail("/v1/accounts", "invalid-request", post({ accounts: ["memory:one:alice"], since: 1 }));
    await api.fail("/v1/accounts?x=1", "invalid-request", post({ accounts: ["memory:one:alice"] }));
    await api.fail("/v1/accounts", "method-not-allowed");
    expect(service.watchlist?.count).toBe(0);
  });
});

describe("reads where only watched accounts are kept", () => {
  it("tell from which block on an account's transactions are whole", async () => {
    await api.fail(`${alice}/transactions`, "account-not-watched");
    await api.ask(alice, PUT);
    const yet = await api.fail(`${alice}/transactions`, "block-not-yet");
    expect(yet).toMatchObject({ retryAfterMs: 1000, details: { indexedFrom: 2, indexedHeight: 1 } });
    await service.mine([pays]);
    await service.mark({ finalized: 1 });
    const { transactions, indexedFrom } = await api.get(`${alice}/transactions?movements=all`);
    expect(indexedFrom).toBe(2);
    expect(transactions).toHaveLength(1);
    expect(transactions[0].movements.map(({ account }: Json) => account)).toEqual([
      "memory:one:Alice",
      "memory:one:Bob",
    ]);
    await api.fail(`${alice}/transactions?at=1`, "block-not-covered");
    await api.fail(`${alice}/transactions?finality=finalized`, "block-not-covered");
  });

  it("tell history from that block on, and refuse what is before", async () => {
    await api.fail(`${alice}/history`, "account-not-watched");
    await api.ask(alice, PUT);
    await api.fail(`${alice}/history`, "block-not-yet");
    await service.mine([pays]);
    await service.mine([pays]);
    service.tellBalance("alice", NATIVE, 94n);
    const { points, indexedFrom } = await api.get(`${alice}/history`);
    expect(indexedFrom).toBe(2);
    expect(points.map(({ height, amount }: Json) => [height, amount])).toEqual([
      [3, "94"],
      [2, "97"],
    ]);
    expect((await api.fail(`${alice}/history?from=1`, "block-not-covered")).details.indexedFrom).toBe(2);
    await api.fail(`${alice}/history?at=1`, "block-not-covered");
  });

  it("tell balances of every account from nodes, and whether it is watched", async () => {
    service.tellBalance("alice", NATIVE, 94n);
    const balances = async () => {
      const { balances: rows, indexedFrom } = await api.get(`${alice}/balances`);
      return [rows[0].amount, rows[0].source, indexedFrom];
    };
    expect(await balances()).toEqual(["94", "node", null]);
    await api.ask(alice, PUT);
    expect(await balances()).toEqual(["94", "node", 2]);
    const accounts = ["memory:one:alice", "memory:two:alice", "memory:one:bob"];
    await all.mine([]);
    const { results } = await api.post("/v1/balances", { accounts });
    expect(results.map((each: Json) => each.indexedFrom ?? each.error?.code ?? each.balances.length)).toEqual([
      2,
      1,
      "balance-unavailable",
    ]);
    expect("indexedFrom" in results[1]).toBe(false);
  });

  it("tell transactions of watched accounts, and that others are not kept", async () => {
    await api.ask(alice, PUT);
    await service.mine([pays, [["carol", NATIVE, 1n]]]);
    expect((await api.get("/v1/chains/memory:one/transactions/t2-main-0")).movements).toHaveLength(2);
    await api.ask(alice, DELETE);
    expect((await api.get("/v1/chains/memory:one/transactions/t2-main-0")).movements).toHaveLength(2);
    const problem = await api.fail("/v1/chains/memory:one/transactions/t9-main-0", "transaction-unknown");
    expect(problem.detail).toContain("only transactions of watched accounts are kept");
    expect(problem.details.scope).toBe("watched");
  });

  it("are told by the chain itself", async () => {
    await api.ask(alice, PUT);
    const { chains } = await api.get("/v1/chains");
    expect(chains.map(({ scope, watchedAccounts }: Json) => [scope, watchedAccounts])).toEqual([
      ["watched", 1],
      ["all", null],
    ]);
  });
});
