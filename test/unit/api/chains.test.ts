import { beforeEach, describe, expect, it } from "vitest";
import { ApiUnderTest } from "../../support/api.ts";
import { MemoryService, sampleNode } from "../../support/memory-service.ts";

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
        capabilities: { historicalBalances: true, tokens: true, utxos: false },
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
        safe: expect.objectContaining({ height: 3, hash: "b3-main" }),
        finalized: expect.objectContaining({ height: 2, hash: "b2-main" }),
      },
      expect.objectContaining({ id: "memory:two", alias: null, indexed: null, tip: null, safe: null, finalized: null }),
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

describe("GET /v1/nodes", () => {
  it("tells every node without its URL", async () => {
    const measured = {
      latencyMs: { p50: 12, p95: 80.5 },
      jitterMs: 3,
      firstSeenDeltaMs: { p50: 0, p95: 140 },
      errorRate: 0.25,
      throttleRate: 0,
      allowedRequestsPerSecond: 25,
      queue: { waiting: 2, running: 8 },
      breaker: "half-open",
      servesFromHeight: 128,
      feed: "silent",
    } as const;
    service.nodeList = [
      sampleNode("acme-eu", {
        ...measured,
        state: "cordoned",
        causes: ["cordoned", "unreachable"],
        cordon: { since: 1000, reason: "moves house" },
        lastResort: true,
        tip: service.tip,
        lagBlocks: 2,
        lagSeconds: 4.5,
        lastError: "POST https://acme.example/v3/0123456789abcdef: no answer",
        lastErrorAt: 0,
      }),
    ];
    const { nodes } = await api.get("/v1/nodes");
    expect(nodes).toEqual([
      {
        chain: "memory:one",
        name: "acme-eu",
        operator: "acme",
        region: "eu-west",
        state: "cordoned",
        causes: ["cordoned", "unreachable"],
        lastResort: true,
        since: "2025-01-01T00:00:00.000Z",
        cordon: { since: "1970-01-01T00:00:01.000Z", reason: "moves house" },
        clientVersion: "memory/1",
        tip: expect.objectContaining({ height: 4, hash: "b4-main" }),
        lag: { blocks: 2, seconds: 4.5 },
        ...measured,
        lastError: "POST https://acme.example no answer",
        lastErrorAt: "1970-01-01T00:00:00.000Z",
      },
    ]);
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
