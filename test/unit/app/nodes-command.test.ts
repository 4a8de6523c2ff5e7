import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Api, createApi } from "../../../src/api/create-api.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { GENESIS_TIME, MemoryService, sampleNode } from "../../support/memory-service.ts";
import { runCli } from "./run-cli.ts";

let service: MemoryService;
let api: Api;
let url: string;

beforeEach(async () => {
  service = await MemoryService.open({ id: "memory:one", alias: "first" });
  await service.mineEmpty(3);
  const other = await MemoryService.open({ id: "memory:two" });
  service.nodeList = [
    sampleNode("acme-eu", {
      tip: service.tip,
      lagBlocks: 0,
      lagSeconds: 0,
      latencyMs: { p50: 1.25, p95: 80.5 },
      errorRate: 0.025,
      lastError: "node-timeout: no\u001b[2J answer",
      lastErrorAt: GENESIS_TIME,
    }),
    sampleNode("bolt-us", {
      state: "lagging",
      causes: ["lagging", "silent-feed"],
      lastResort: true,
      lagBlocks: 4,
      lagSeconds: 75,
    }),
  ];
  other.nodeList = [sampleNode("crown-ap", { state: "unknown" })];
  api = createApi({ services: [service, other], clock: new FakeClock(GENESIS_TIME) });
  url = await api.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => api.close());

describe("headwater nodes", () => {
  test("shows every node", async () => {
    const shown = {
      code: 0,
      stderr: "",
      stdout: [
        "CHAIN       NODE      OPERATOR  REGION   STATE                 TIP  LAG        P50     P95    ERRORS  WHY",
        "memory:one  acme-eu   acme      eu-west  healthy               2    0          1.3 ms  81 ms  2.5 %   2025-01-01T00:00:00.000Z node-timeout: no\\x1b[2J answer",
        "memory:one  bolt-us   bolt      eu-west  lagging, last resort  -    4, 1m 15s  -       -      -       lagging; silent-feed",
        "memory:two  crown-ap  crown     eu-west  unknown               -    -          -       -      -",
        "",
      ].join("\n"),
    };
    expect(await runCli(["nodes", "--url", url])).toEqual(shown);
    expect(await runCli(["nodes", "list", "--url", url])).toEqual(shown);
  });

  test("shows the nodes of one chain, or the service's own answer", async () => {
    const { stdout } = await runCli(["nodes", "--url", url, "--chain", "memory:two"]);
    expect(stdout.split("\n").slice(1)).toEqual([expect.stringContaining("crown-ap"), ""]);
    const json = await runCli(["nodes", "--url", url, "--json", "--chain", "first"]);
    expect(JSON.parse(json.stdout).nodes).toHaveLength(2);
    const { code, stderr } = await runCli(["nodes", "--url", url, "--chain", "third"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: chain-unknown: /)]);
  });

  test("cordons a node with a reason, and gives it back", async () => {
    const cordoned = await runCli(["nodes", "cordon", "acme-eu", "--reason", "moves house", "--url", url]);
    expect([cordoned.code, cordoned.stderr]).toEqual([0, ""]);
    expect(cordoned.stdout).toMatch(/ cordoned .* cordoned \(moves house\);/);
    expect(await service.store.records.cordons("memory:one")).toMatchObject([{ node: "acme-eu" }]);
    const back = await runCli(["nodes", "uncordon", "acme-eu"], { HEADWATER_URL: url });
    expect(back.stdout).toMatch(/ healthy /);
    expect(await service.store.records.cordons("memory:one")).toEqual([]);
  });

  test("says which names there are, and that a reason is wanted", async () => {
    const unknown = await runCli(["nodes", "cordon", "acme/../eu", "--reason", "?", "--url", url]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("error: node-unknown: ");
    expect(unknown.stderr).toContain("acme-eu, bolt-us, crown-ap");
    expect((await runCli(["nodes", "cordon", "acme-eu", "--url", url])).code).toBe(2);
    expect((await runCli(["nodes", "uncordon"])).code).toBe(2);
    expect((await runCli(["nodes", "drain", "acme-eu"])).code).toBe(2);
  });
});
