import { beforeEach, describe, expect, it } from "vitest";
import { decodeToken } from "../../../src/api/token.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { ELASTIC, GOLD, MemoryService, NATIVE } from "../../support/memory-service.ts";

let one: MemoryService;
let two: MemoryService;
let api: ApiUnderTest;
const url = "/v1/balances";

beforeEach(async () => {
  one = await MemoryService.open({ id: "memory:one" });
  two = await MemoryService.open({ id: "memory:two" });
  api = new ApiUnderTest([one, two]);
  await one.mine([
    [
      ["alice", NATIVE, 1n],
      ["alice", GOLD, 2n],
    ],
    [["bob", NATIVE, 3n]],
  ]);
  await two.mineEmpty(4);
  await two.mine([[["alice", NATIVE, 4n]]]);
});

describe("POST /v1/balances", () => {
  it("answers in the order asked, duplicates too, each chain from one block", async () => {
    const accounts = ["memory:two:alice", "memory:one:bob", "memory:one:alice", "memory:one:Bob", "memory:one:bob"];
    const { results, token } = await api.post(url, { accounts });
    expect(results.map((result: { account: string }) => result.account)).toEqual([
      "memory:two:Alice",
      "memory:one:Bob",
      "memory:one:Alice",
      "memory:one:Bob",
      "memory:one:Bob",
    ]);
    expect(results.map((result: { balances: { amount: string }[] }) => result.balances[0]?.amount)).toEqual([
      "4",
      "3",
      "1",
      "3",
      "3",
    ]);
    expect(results[0].asOf).toMatchObject({ chain: "memory:two", height: 4 });
    expect(results[1].asOf).toMatchObject({ chain: "memory:one", height: 0 });
    expect([...decodeToken(token)]).toEqual([
      ["memory:two", { height: 4, hashEnd: "b4-main" }],
      ["memory:one", { height: 0, hashEnd: "b0-main" }],
    ]);
    expect(one.balanceReads).toBe(1);
  });

  it("lets an account fail alone", async () => {
    one.tellBalance("bob", NATIVE, new HeadwaterError("balance-unavailable", "no node told it"));
    const { results } = await api.post(url, {
      accounts: ["nonsense", "memory:three:alice", "memory:one:b-b", "memory:one:bob", "memory:one:alice"],
    });
    expect(results.map((result: { error?: { code: string } }) => result.error?.code)).toEqual([
      "invalid-account",
      "chain-unknown",
      "invalid-account",
      "balance-unavailable",
      undefined,
    ]);
    expect(results[0].account).toBe("nonsense");
  });

  it("lets a chain fail alone", async () => {
    two.measured = { state: "stalled" };
    const accounts = ["memory:two:alice", "memory:one:alice"];
    const { results, token } = await api.post(url, { accounts });
    expect(results[0]).toMatchObject({ account: "memory:two:alice", error: { code: "stale" } });
    expect(results[1].balances).toHaveLength(2);
    expect([...decodeToken(token).keys()]).toEqual(["memory:one"]);
    one.failure = new Error("boom at /srv/data");
    const failed = await api.post(url, { accounts });
    expect(failed.results[1].error).toMatchObject({ code: "internal" });
    expect(JSON.stringify(failed)).not.toContain("boom");
    expect(failed.token).toBeNull();
    expect(api.logged).toHaveLength(1);
  });

  it("asks each account for the assets of its own chain", async () => {
    one.tellBalance("alice", ELASTIC, 9n);
    const { results } = await api.post(url, {
      accounts: ["memory:one:alice", "memory:two:alice"],
      assets: ["memory:one/token:elastic", "memory:one/slip44:1"],
    });
    expect(results[0].balances.map((balance: { amount: string }) => balance.amount)).toEqual(["9", "1"]);
    expect(results[1].balances).toEqual([]);
  });

  it("tells the first page of an account's assets, and where it goes on", async () => {
    const tokens = Array.from({ length: LIMITS.apiPageRowsDefault + 5 }, (_, i) => `token:t${i}`);
    await one.mine([tokens.map((token) => ["carol", token, 1n] as const)]);
    const { results } = await api.post(url, { accounts: ["memory:one:carol"] });
    expect(results[0].balances).toHaveLength(LIMITS.apiPageRowsDefault);
    const rest = await api.get(`/v1/accounts/memory:one:carol/balances?cursor=${results[0].next}`);
    expect(rest.balances).toHaveLength(6);
    expect(rest.next).toBeNull();
  });

  it("takes the options of every read", async () => {
    await one.mine([[["alice", NATIVE, 10n]]]);
    const accounts = ["memory:one:alice"];
    expect((await api.post(`${url}?at=0`, { accounts })).results[0].balances[0].amount).toBe("1");
    const { results } = await api.post(`${url}?minOperators=9`, { accounts });
    expect(results[0].error.code).toBe("agreement-insufficient");
    await api.fail(`${url}?at=0`, "invalid-request", {
      method: "POST",
      body: { accounts: [...accounts, "memory:two:alice"] },
    });
    await api.fail(`${url}?at=0&finality=safe`, "invalid-request", { method: "POST", body: { accounts } });
  });

  it("refuses batches that are none, or too large", async () => {
    const account = "memory:one:alice";
    for (const [body, field] of [
      [{}, "accounts"],
      [{ accounts: [] }, "accounts"],
      [{ accounts: account }, "accounts"],
      [{ accounts: [1] }, "accounts.0"],
      [{ accounts: ["x".repeat(LIMITS.apiIdCharacters + 1)] }, "accounts.0"],
      [{ accounts: Array.from({ length: LIMITS.apiBatchAccounts + 1 }, () => account) }, "accounts"],
      [{ accounts: [account], assets: [] }, "assets"],
      [{ accounts: [account], asets: ["memory:one/slip44:1"] }, "asets"],
      [[account], "value"],
    ] as const) {
      const { details } = await api.fail(url, "invalid-request", { method: "POST", body });
      expect(details).toMatchObject({ in: "body", field });
    }
    const { details } = await api.fail(url, "invalid-request", {
      method: "POST",
      body: {
        accounts: Array.from({ length: 1_000 }, () => account),
        assets: Array.from({ length: 51 }, (_, i) => `memory:one/token:t${i}`),
      },
    });
    expect(details).toMatchObject({ in: "body", field: "assets" });
    for (const [asset, code] of [
      ["gold", "invalid-asset"],
      ["memory:three/token:gold", "chain-unknown"],
    ] as const) {
      await api.fail(url, code, { method: "POST", body: { accounts: [account], assets: [asset] } });
    }
  });
});
