import { beforeEach, describe, expect, it } from "vitest";
import { errorToData, HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { ELASTIC, GOLD, MemoryService, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const alice = "/v1/accounts/memory:one:alice/balances";

beforeEach(async () => {
  service = await MemoryService.open();
  api = new ApiUnderTest([service]);
  await service.mine([[["alice", NATIVE, 100n, "mint"]]]);
  await service.mine([
    [
      ["alice", GOLD, 10n ** 24n, "mint"],
      ["bob", GOLD, 1n, "mint"],
    ],
  ]);
  await service.mine([[["alice", NATIVE, -30n]]]);
  await service.mark({ safe: 1, finalized: 0 });
});

describe("GET /v1/accounts/{account}/balances", () => {
  it("tells every balance with the block it stands on", async () => {
    const answer = await api.get(alice);
    expect(answer).toEqual({
      account: "memory:one:Alice",
      asOf: {
        chain: "memory:one",
        height: 2,
        hash: "b2-main",
        time: "2025-01-01T00:00:20.000Z",
        finality: "latest",
        agreement: { operators: 2, required: 2, regions: ["eu-west", "us-east"] },
        ageSeconds: 980,
      },
      balances: [
        { asset: "memory:one/slip44:1", symbol: "SLIP44:1", decimals: 6, amount: "70", source: "ledger" },
        {
          asset: "memory:one/token:gold",
          symbol: "TOKEN:GOLD",
          decimals: 6,
          amount: "1000000000000000000000000",
          source: "ledger",
        },
      ],
      token: expect.any(String),
      next: null,
    });
    expect(await api.get("/v1/accounts/memory%3Aone%3AAlice/balances")).toEqual(answer);
  });

  it("tells the native coin of an account that never moved anything", async () => {
    const { balances } = await api.get("/v1/accounts/memory:one:nobody/balances");
    expect(balances).toEqual([expect.objectContaining({ asset: "memory:one/slip44:1", amount: "0" })]);
  });

  it("tells balances after an earlier block, by height, by hash and by finality", async () => {
    const native = `${alice}?assets=memory:one/slip44:1`;
    for (const [pin, amount, finality] of [
      ["at=0", "100", "finalized"],
      ["at=b1-main", "100", "safe"],
      ["finality=safe", "100", "safe"],
      ["finality=finalized", "100", "finalized"],
      ["finality=latest", "70", "latest"],
      ["at=2", "70", "latest"],
    ]) {
      const { asOf, balances } = await api.get(`${native}&${pin}`);
      expect(asOf.finality, pin).toBe(finality);
      expect(balances[0].amount, pin).toBe(amount);
    }
  });

  it("tells only the assets that are asked for, each once", async () => {
    const gold = "memory:one/token:gold";
    const { balances } = await api.get(`${alice}?assets=${gold},${gold}`);
    expect(balances.map((balance: { asset: string }) => balance.asset)).toEqual([gold]);
  });

  it("lists what could not be told with the reason, never as 0", async () => {
    const { balances, errors } = await api.get(`${alice}?assets=memory:one/token:elastic,memory:one/token:gold`);
    expect(balances).toHaveLength(1);
    expect(errors).toEqual([
      {
        asset: "memory:one/token:elastic",
        error: expect.objectContaining({ code: "balance-unavailable", status: 503, retryAfterMs: 1000 }),
      },
    ]);
  });

  it("fails when the one asset asked for could not be told", async () => {
    await api.fail(`${alice}?assets=memory:one/token:elastic`, "balance-unavailable");
    service.tellBalance("alice", ELASTIC, 12n);
    const { balances } = await api.get(`${alice}?assets=memory:one/token:elastic`);
    expect(balances).toEqual([
      { asset: "memory:one/token:elastic", symbol: null, decimals: null, amount: "12", source: "node" },
    ]);
  });

  it("hands the code of a node's failure on, without what is behind its host", async () => {
    service.tellBalance(
      "alice",
      GOLD,
      new HeadwaterError("node-history-pruned", "https://k:s@n.example/secret has no state"),
    );
    const problem = await api.fail(`${alice}?assets=memory:one/token:gold`, "node-history-pruned");
    expect(problem.detail).toBe("https://n.example has no state");
    service.failure = new HeadwaterError("nodes-exhausted", "no node could answer");
    await api.fail(alice, "nodes-exhausted");
  });

  it("refuses accounts and assets that are none, or of another chain", async () => {
    await api.fail("/v1/accounts/alice/balances", "invalid-account");
    await api.fail("/v1/accounts/memory:one:a-lice/balances", "invalid-account");
    await api.fail("/v1/accounts/memory:two:alice/balances", "chain-unknown");
    await api.fail(`${alice}?assets=gold`, "invalid-asset");
    await api.fail(`${alice}?assets=memory:one/token:UPPER`, "invalid-asset");
    await api.fail(`${alice}?assets=memory:two/token:gold`, "invalid-asset");
    await api.fail(`${alice}?assets=`, "invalid-request");
    const many = Array.from({ length: LIMITS.apiBatchAssets + 1 }, () => "memory:one/slip44:1").join(",");
    await api.fail(`${alice}?assets=${many}`, "invalid-request");
  });

  it("gives pages of one block, also when blocks come between", async () => {
    const tokens = Array.from({ length: 25 }, (_, i) => `token:t${String(i).padStart(2, "0")}`);
    await service.mine([tokens.map((token) => ["dora", token, 1n, "mint"] as const)]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { balances: { asset: string; amount: string }[]; asOf: { height: number }; next: string | null } =
        await api.get(`/v1/accounts/memory:one:dora/balances?limit=7${cursor ? `&cursor=${cursor}` : ""}`);
      expect(page.asOf.height).toBe(3);
      seen.push(...page.balances.map(({ asset, amount }) => `${asset}=${amount}`));
      cursor = page.next;
      await service.mine([[["dora", "token:t03", 1n, "mint"]], [["dora", "token:new", 1n, "mint"]]]);
    } while (cursor !== null);
    expect(seen.sort()).toEqual(["memory:one/slip44:1=0", ...tokens.map((token) => `memory:one/${token}=1`)].sort());
  });

  it("refuses a cursor of another account, filter or block, and one whose block is gone", async () => {
    await service.mine([[["alice", "token:a", 1n]]]);
    const { next } = await api.get(`${alice}?limit=1`);
    await api.fail(`/v1/accounts/memory:one:bob/balances?cursor=${next}`, "invalid-cursor");
    await api.fail(`${alice}?cursor=${next}&assets=memory:one/slip44:1`, "invalid-cursor");
    await api.fail(`${alice}?cursor=${next}&at=1`, "invalid-cursor");
    await api.fail(`${alice}?cursor=${next}x`, "invalid-cursor");
    await api.fail(`${alice}?cursor=%20`, "invalid-cursor");
    await api.fail(`${alice}?cursor=${Buffer.from("[1]").toString("base64url")}`, "invalid-cursor");
    await api.get(`${alice}?cursor=${next}&at=3`);
    await service.rollback(2);
    await api.fail(`${alice}?cursor=${next}`, "block-unknown");
  });

  it("refuses pages that are too large or none", async () => {
    for (const limit of ["0", "-1", "1.5", "many", String(LIMITS.apiPageRows + 1)]) {
      const { details } = await api.fail(`${alice}?limit=${limit}`, "invalid-request");
      expect(details).toMatchObject({ in: "query", field: "limit" });
    }
    await api.get(`${alice}?limit=${LIMITS.apiPageRows}`);
  });
});

describe("the places in which balances lie", () => {
  const gold = "memory:one/token:gold";
  const places = [
    { address: "first", amount: 10n ** 24n - 5n, associated: true },
    { address: "second", amount: 5n, associated: false },
  ];

  it("are told of each balance but the native one, and add up to it", async () => {
    let asked: unknown;
    service.readHoldings = async (...given) => {
      asked = given.slice(0, 2);
      return [places];
    };
    const { balances, errors, asOf, token, next } = await api.get(`${alice}?parts=true`);
    const plain = await api.get(alice);
    expect([asOf, token, next, errors]).toEqual([plain.asOf, plain.token, plain.next, undefined]);
    expect(balances).toEqual([
      plain.balances[0],
      {
        ...plain.balances[1],
        parts: [
          { account: "memory:one:First", amount: "999999999999999999999995", associated: true },
          { account: "memory:one:Second", amount: "5", associated: false },
        ],
      },
    ]);
    expect(asked).toEqual([[{ account: "alice", asset: GOLD }], service.tip]);
    expect(await api.get(`${alice}?parts=false`)).toEqual(plain);
  });

  it("that do not add up are an error, never silently not", async () => {
    service.readHoldings = async () => [places.slice(1)];
    const { balances, errors } = await api.get(`${alice}?parts=true`);
    expect(balances.map(({ asset }: { asset: string }) => asset)).toEqual(["memory:one/slip44:1"]);
    expect(errors).toMatchObject([{ asset: gold, error: { code: "balance-unavailable", status: 503 } }]);
    await api.fail(`${alice}?parts=true&assets=${gold}`, "balance-unavailable");
  });

  it("that cannot be told are an error of that asset", async () => {
    const error = errorToData(new HeadwaterError("agreement-insufficient", "they differ"));
    service.readHoldings = async () => [error];
    const { errors } = await api.get(`${alice}?parts=true`);
    expect(errors).toMatchObject([{ asset: gold, error: { code: "agreement-insufficient", detail: "they differ" } }]);
  });

  it("are none of an account that has none", async () => {
    service.readHoldings = async (pairs) => pairs.map(() => []);
    service.nodeBalances.set(`nobody ${GOLD}`, 0n);
    const { balances } = await api.get(`/v1/accounts/memory:one:nobody/balances?parts=true&assets=${gold}`);
    expect(balances).toMatchObject([{ asset: gold, amount: "0", parts: [] }]);
  });

  it("are unsupported where the chain does not tell them", async () => {
    await api.fail(`${alice}?parts=true`, "unsupported");
    await api.fail(`${alice}?parts=maybe`, "invalid-request");
  });
});
