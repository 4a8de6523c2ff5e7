import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/core/limits.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { GOLD, MemoryService } from "../../support/memory-service.ts";

let service: MemoryService;
let api: ApiUnderTest;
const transactions = "/v1/chains/memory:one/transactions";
const native = "memory:one/slip44:1";

beforeEach(async () => {
  service = await MemoryService.open({ outputs: true });
  api = new ApiUnderTest([service]);
  await service.mineOutputs([{ makes: [["alice", 100n]], coinbase: true }]);
  await service.mineOutputs([
    { coinbase: true },
    {
      spends: ["t0-main-0:0"],
      makes: [
        ["bob", 30n],
        ["alice", 60n],
        ["bob", 5n, GOLD],
      ],
    },
    // What the transaction before made.
    { spends: ["t1-main-1:0"], makes: [["carol", 30n]] },
  ]);
});

describe("a transaction's inputs and outputs", () => {
  it("are told whole, in the transaction's order, beside its movements", async () => {
    const answer = await api.get(`${transactions}/t1-main-1`);
    expect(answer.inputs).toEqual([
      { output: "t0-main-0:0", account: "memory:one:Alice", asset: native, amount: "100" },
    ]);
    expect(answer.outputs).toEqual([
      { output: "t1-main-1:0", account: "memory:one:Bob", asset: native, amount: "30" },
      { output: "t1-main-1:1", account: "memory:one:Alice", asset: native, amount: "60" },
      { output: "t1-main-1:2", account: "memory:one:Bob", asset: "memory:one/token:gold", amount: "5" },
    ]);
    expect(answer.movements).toHaveLength(4);
    expect((await api.get(`${transactions}/t1-main-2`)).inputs).toMatchObject([{ output: "t1-main-1:0" }]);
  });

  it("are empty lists where a transaction takes or makes nothing", async () => {
    expect(await api.get(`${transactions}/t1-main-0`)).toMatchObject({ inputs: [], outputs: [] });
    expect(await api.get(`${transactions}/t0-main-0`)).toMatchObject({ inputs: [], outputs: [{ amount: "100" }] });
  });

  it("are absent on chains whose coins are no outputs", async () => {
    const other = await MemoryService.open({ id: "memory:two" });
    await other.mine([[["alice", GOLD, 1n, "mint"]]]);
    const answer = await new ApiUnderTest([other]).get("/v1/chains/memory:two/transactions/t0-main-0");
    expect("inputs" in answer || "outputs" in answer).toBe(false);
  });

  it("under an account are its own, and everybody's when asked", async () => {
    const url = "/v1/accounts/memory:one:alice/transactions";
    const [own] = (await api.get(url)).transactions;
    expect(own).toMatchObject({ id: "t1-main-1", inputs: [{ amount: "100" }], outputs: [{ output: "t1-main-1:1" }] });
    expect(own.outputs).toHaveLength(1);
    const [ofBob] = (await api.get("/v1/accounts/memory:one:bob/transactions?limit=1")).transactions;
    expect(ofBob).toMatchObject({ id: "t1-main-2", inputs: [{ output: "t1-main-1:0" }], outputs: [] });
    const [all] = (await api.get(`${url}?movements=all`)).transactions;
    expect([all.movements.length, all.inputs.length, all.outputs.length]).toEqual([4, 1, 3]);
  });

  it("count for the size of a page like movements", async () => {
    // Each output is a movement too: two such transactions hold as much as a page may, and a little more.
    const many = Array.from({ length: LIMITS.apiPageMovements / 4 + 1 }, () => ["dora", 1n] as const);
    await service.mineOutputs([{ makes: many }, { makes: many }]);
    const first = await api.get("/v1/accounts/memory:one:dora/transactions");
    expect(first.transactions.map(({ id }: { id: string }) => id)).toEqual(["t2-main-1"]);
    const second = await api.get(`/v1/accounts/memory:one:dora/transactions?cursor=${first.next}`);
    expect(second).toMatchObject({ transactions: [{ id: "t2-main-0" }], next: null });
  });
});
