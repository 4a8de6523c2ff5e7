import { beforeEach, describe, expect, it } from "vitest";
import { ApiUnderTest, type Json } from "../../support/api.ts";
import { MemoryService } from "../../support/memory-service.ts";

let service: MemoryService;
let other: MemoryService;
let api: ApiUnderTest;

beforeEach(async () => {
  service = await MemoryService.open({ id: "memory:one", alias: "first" });
  other = await MemoryService.open({ id: "memory:two" });
  api = new ApiUnderTest([service, other]);
  await service.mineEmpty(5);
  await service.mark({ safe: 3, finalized: 2 });
});

describe("GET /v1/chains", () => {
  it("tells every chain, also one of which nothing is indexed", async () => {
    const { chains } = await api.get("/v1/chains");
    expect(chains).toEqual([
      {
        id: "memory:one",
        alias: "first",
        name: "Memory",
        family: "memory",
        scope: "all",
        watchedAccounts: null,
        capabilities: { historicalBalances: true, tokens: true, utxos: false, pending: false },
        sync: {
          state: "synced",
          since: "2025-01-01T00:00:00.000Z",
          reason: null,
          lag: { blocks: 0, seconds: 0 },
          tipAgeSeconds: 1,
        },
        indexed: {
          height: 4,
          hash: "b4-main",
          parentHash: "b3-main",
          parentHeight: 3,
          time: "2025-01-01T00:00:40.000Z",
        },
        tip: expect.objectContaining({
          height: 4,
          agreement: { operators: 2, required: 2, regions: ["eu-west", "us-east"] },
        }),
        agreedTip: expect.objectContaining({
          height: 4,
          agreement: { operators: 2, required: 2, regions: ["eu-west", "us-east"] },
        }),
        safe: expect.objectContaining({ height: 3, hash: "b3-main" }),
        finalized: expect.objectContaining({ height: 2, hash: "b2-main" }),
        evidence: {
          total: 0,
          equivocation: 0,
          "minority-branch": 0,
          "finality-violation": 0,
          "final-conflict": 0,
          "balance-dissent": 0,
          "content-conflict": 0,
          "integrity-violation": 0,
        },
        conflict: null,
      },
      expect.objectContaining({ id: "memory:two", alias: null, indexed: null, tip: null, safe: null, finalized: null }),
    ]);
  });

  it("tells which chains answer unspent outputs and pending transactions", async () => {
    const whole = await MemoryService.open({ id: "memory:coins", outputs: true });
    const late = await MemoryService.open({ id: "memory:late", outputs: true, startHeight: 7 });
    const its = new ApiUnderTest([whole, late]);
    const { chains } = await its.get("/v1/chains");
    expect(chains.map(({ capabilities }: Json) => [capabilities.utxos, capabilities.pending])).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it("tells one chain by id, by percent-encoded id and by alias, whatever its state", async () => {
    service.measured = { state: "stalled", reason: "no node at https://user:secret@node.example/key answers" };
    for (const name of ["memory:one", "memory%3Aone", "first"]) {
      const chain = await api.get(`/v1/chains/${name}`);
      expect(chain.id).toBe("memory:one");
      expect(chain.sync).toMatchObject({ state: "stalled", reason: "no node at https://node.example answers" });
    }
  });

  it("refuses chains that are not configured, and texts that can be none", async () => {
    expect((await api.fail("/v1/chains/memory:three", "chain-unknown")).details.configured).toEqual([
      "memory:one",
      "memory:two",
    ]);
    await api.fail("/v1/chains/second", "chain-unknown");
    await api.fail("/v1/chains/a:b:c", "invalid-chain");
    await api.fail("/v1/chains/constructor", "chain-unknown");
  });

  it("refuses two chains of one name", async () => {
    expect(() => new ApiUnderTest([service, service])).toThrowError(
      expect.objectContaining({ code: "config-invalid" }),
    );
  });
});

describe("health", () => {
  it("is up whatever the chains do", async () => {
    service.ready = false;
    expect(await api.get("/healthz")).toEqual({ status: "up" });
  });

  it("is ready while one chain answers fresh reads, and says which", async () => {
    const { ready, chains } = await api.get("/readyz");
    expect(ready).toBe(true);
    expect(chains).toEqual([
      { chain: "memory:one", ready: true, state: "synced", reason: null },
      expect.objectContaining({ chain: "memory:two", ready: false, reason: expect.stringContaining("nothing") }),
    ]);
  });

  it("is not ready while no chain answers", async () => {
    service.measured = { state: "behind", lagSeconds: 61 };
    expect(await api.ask("/readyz")).toMatchObject({ status: 503, body: { ready: false } });
    service.measured = {};
    expect((await api.ask("/readyz")).status).toBe(200);
  });
});
