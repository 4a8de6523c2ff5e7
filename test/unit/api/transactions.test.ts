import { beforeEach, describe, expect, it } from "vitest";
import { encodeToken } from "../../../src/api/token.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { GOLD, MemoryService, NATIVE } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const path = "/v1/chains/memory:one/transactions";

beforeEach(async () => {
  service = await MemoryService.open();
  api = new ApiUnderTest([service]);
  await service.mine();
  await service.mine([
    [
      ["alice", NATIVE, -1n, "fee"],
      ["alice", GOLD, -(10n ** 30n)],
      ["bob", GOLD, 10n ** 30n],
    ],
    [["carol", NATIVE, 7n, "mint"]],
  ]);
  await service.mine();
  await service.mark({ safe: 1 });
});

describe("GET /v1/chains/{chain}/transactions/{id}", () => {
  it("tells a transaction with all its movements", async () => {
    expect(await api.get(`${path}/t1-main-0`)).toEqual({
      id: "t1-main-0",
      chain: "memory:one",
      height: 1,
      blockHash: "b1-main",
      index: 0,
      time: "2025-01-01T00:00:10.000Z",
      status: "success",
      finality: "safe",
      fee: { payer: "memory:one:Alice", asset: "memory:one/slip44:1", amount: "1" },
      movements: [
        { account: "memory:one:Alice", asset: "memory:one/slip44:1", delta: "-1", kind: "fee" },
        {
          account: "memory:one:Alice",
          asset: "memory:one/token:gold",
          delta: "-1000000000000000000000000000000",
          kind: "transfer",
        },
        {
          account: "memory:one:Bob",
          asset: "memory:one/token:gold",
          delta: "1000000000000000000000000000000",
          kind: "transfer",
        },
      ],
    });
    expect(await api.get(`${path}/T1-MAIN-1`)).toMatchObject({ id: "t1-main-1", fee: null });
  });

  it("says that it has none, and that the text is no id, by different codes", async () => {
    await api.fail(`${path}/t9-main-0`, "transaction-unknown");
    await api.fail(`${path}/block:b1-main`, "transaction-unknown");
    await api.fail(`${path}/what`, "invalid-request");
    await api.fail(`${path}/block:what`, "invalid-request");
  });

  it("does not say that there is none while the index is behind", async () => {
    service.measured = { state: "behind", lagSeconds: 100 };
    await api.fail(`${path}/t9-main-0`, "stale");
    await api.fail(`${path}/t9-main-0?allowStale=true`, "transaction-unknown");
    await api.get(`${path}/t1-main-0`);
  });

  it("does not say that there is none while the index is older than the token", async () => {
    const token = encodeToken([["memory:one", { height: 3, hash: "b3-main" }]]);
    await api.fail(`${path}/t9-main-0?notOlderThan=${token}`, "behind-token");
    await service.mine();
    await api.fail(`${path}/t9-main-0?notOlderThan=${token}`, "transaction-unknown");
    await api.get(`${path}/t1-main-0?notOlderThan=${token}`);
  });

  it("in conflict tells what was final, and no more", async () => {
    service.measured = { state: "conflict" };
    await service.mark({ finalized: 0 });
    await api.fail(`${path}/t1-main-0`, "finality-conflict");
    await api.get(`${path}/t1-main-0?allowStale=true`);
    await service.mark({ finalized: 1 });
    await api.get(`${path}/t1-main-0`);
  });

  it("refuses one with too few operators behind its block", async () => {
    await api.fail(`${path}/t1-main-0?minOperators=3`, "agreement-insufficient");
  });
});
