import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/core/limits.ts";
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
  service.nodeList = [sampleNode("acme-eu"), sampleNode("bolt-us")];
  other.nodeList = [sampleNode("crown-ap")];
});

const namesOf = ({ nodes }: { nodes: { name: string }[] }) => nodes.map(({ name }) => name);

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
    other.nodeList = [];
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

  it("tells the nodes of one chain, by its id or alias", async () => {
    expect(namesOf(await api.get("/v1/nodes"))).toEqual(["acme-eu", "bolt-us", "crown-ap"]);
    expect(namesOf(await api.get("/v1/nodes?chain=first"))).toEqual(["acme-eu", "bolt-us"]);
    expect(namesOf(await api.get("/v1/nodes?chain=memory:two"))).toEqual(["crown-ap"]);
    await api.fail("/v1/nodes?chain=memory:three", "chain-unknown");
    await api.fail("/v1/nodes?node=acme-eu", "invalid-request");
  });
});

describe("PUT and DELETE /v1/nodes/{name}/cordon", () => {
  const cordon = (name: string, body: unknown) => ({
    url: `/v1/nodes/${name}/cordon`,
    asked: { method: "PUT", body } as const,
  });

  it("take a node of any chain out of use and give it back", async () => {
    const { url, asked } = cordon("crown-ap", { reason: "moves house" });
    const { status, body } = await api.ask(url, asked);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      chain: "memory:two",
      name: "crown-ap",
      state: "cordoned",
      cordon: { since: "2025-01-01T00:00:00.000Z", reason: "moves house" },
    });
    expect(await other.store.records.cordons("memory:two")).toMatchObject([
      { node: "crown-ap", reason: "moves house" },
    ]);
    expect((await api.get("/v1/nodes?chain=memory:two")).nodes[0].state).toBe("cordoned");
    const back = await api.ask(url, { method: "DELETE" });
    expect(back).toMatchObject({ status: 200, body: { name: "crown-ap", state: "healthy", cordon: null } });
    expect(await other.store.records.cordons("memory:two")).toEqual([]);
    expect((await api.ask(url, { method: "DELETE" })).status).toBe(200);
  });

  it("refuse names that are not configured, and say which are", async () => {
    const { url, asked } = cordon("nobody", { reason: "?" });
    const { details } = await api.fail(url, "node-unknown", asked);
    expect(details.configured).toEqual(["acme-eu", "bolt-us", "crown-ap"]);
    await api.fail(url, "node-unknown", { method: "DELETE" });
  });

  it("want a reason of some characters, and nothing else", async () => {
    for (const body of [{}, { reason: "" }, { reason: 7 }, { reason: "x", until: 5 }, []]) {
      const { url, asked } = cordon("acme-eu", body);
      await api.fail(url, "invalid-request", asked);
    }
    const long = "x".repeat(LIMITS.recordTextCharacters);
    const { url, asked } = cordon("acme-eu", { reason: long });
    expect((await api.ask(url, asked)).body.cordon.reason).toBe(long);
    await api.fail(url, "invalid-request", cordon("acme-eu", { reason: `${long}x` }).asked);
    await api.fail(`${url}?force=true`, "invalid-request", asked);
    await api.fail(url, "method-not-allowed", { method: "GET" });
  });
});
