import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLogger } from "../../../src/core/contracts/logger.ts";
import { idleLoad } from "../../../src/core/contracts/metrics.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { ApiUnderTest } from "../../support/api.ts";
import { MemoryService } from "../../support/memory-service.ts";

let metrics: Metrics;
let service: MemoryService;
let api: ApiUnderTest;
const waits: [durationMs: number, askedNodes: boolean][] = [];

beforeEach(async () => {
  metrics = createMetrics(silentLogger);
  service = await MemoryService.open({ alias: "one" });
  await service.mineEmpty(3);
  const load = { ...idleLoad, noteApiRequest: (durationMs: number, nodes: boolean) => waits.push([durationMs, nodes]) };
  waits.length = 0;
  api = new ApiUnderTest([service], { metrics, load, expose: () => metrics.expose() });
});

afterEach(async () => {
  await api.api.close();
  await service.store.close();
});

async function scrape(): Promise<{ type: unknown; lines: string[] }> {
  const { headers, body } = await api.api.inject("/metrics");
  return { type: headers["content-type"], lines: body.split("\n") };
}

it("counts and times requests by route, not by path", async () => {
  await api.get("/v1/chains/one/blocks/1");
  await api.get("/v1/chains/memory:one/blocks/2");
  await api.fail("/v1/chains/one/blocks/99", "block-not-yet");
  await api.fail("/v2/chains", "route-unknown");
  await api.fail("/v1/chains", "method-not-allowed", { method: "POST", body: {} });
  const { type, lines } = await scrape();
  expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
  const counted = lines.filter((line) => /^headwater_api_requests_total.*route="(\/v1|none)/.test(line));
  expect(counted).toEqual([
    'headwater_api_requests_total{method="GET",route="/v1/chains/{chain}/blocks/{block}",status="200"} 2',
    'headwater_api_requests_total{method="GET",route="/v1/chains/{chain}/blocks/{block}",status="404"} 1',
    'headwater_api_requests_total{method="GET",route="none",status="404"} 1',
    'headwater_api_requests_total{method="POST",route="/v1/chains",status="405"} 1',
  ]);
  expect(lines.filter((line) => line.startsWith("headwater_api_errors_total"))).toEqual([
    'headwater_api_errors_total{code="block-not-yet"} 1',
    'headwater_api_errors_total{code="route-unknown"} 1',
    'headwater_api_errors_total{code="method-not-allowed"} 1',
  ]);
  expect(lines).toContain('headwater_api_request_duration_seconds_count{route="/v1/chains/{chain}/blocks/{block}"} 3');
});

it("tells the governor how long callers of /v1 wait, and of no others", async () => {
  await api.get("/v1/chains");
  await api.get("/healthz");
  await scrape();
  expect(waits).toHaveLength(1);
  expect(waits[0]?.[0]).toBeGreaterThanOrEqual(0);
  expect(waits[0]?.[0]).toBeLessThan(10_000);
});

it("tells the governor who waited for nodes, and not for this process", async () => {
  const batch = { accounts: ["memory:one:alice"] };
  await api.get("/v1/accounts/memory:one:alice/balances");
  await api.post("/v1/balances", batch);
  service.tellBalance("alice", "slip44:1", 5n);
  await api.get("/v1/accounts/memory:one:alice/balances");
  await api.post("/v1/balances", batch);
  expect(waits.map(([, askedNodes]) => askedNodes)).toEqual([false, false, true, true]);
});

it("shows how many are being answered", async () => {
  const held = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  service.hold = () => {
    entered.resolve();
    return held.promise;
  };
  const asked = api.get("/v1/accounts/memory:one:alice/balances");
  await entered.promise;
  expect((await scrape()).lines).toContain("headwater_api_requests_in_flight 1");
  held.resolve();
  await asked;
  expect((await scrape()).lines).toContain("headwater_api_requests_in_flight 0");
});

it("answers with nothing where nothing is measured", async () => {
  const bare = new ApiUnderTest([service]);
  const { statusCode, body } = await bare.api.inject("/metrics");
  expect([statusCode, body]).toEqual([200, ""]);
  await bare.api.close();
});
