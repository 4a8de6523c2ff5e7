import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ChainAnswer } from "../../../src/api/schemas/chains.ts";
import { runCli } from "./run-cli.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
});

/** A server that gives one answer to one path, and 404 to all others. */
async function serve(path: string, body: string, status = 200): Promise<string> {
  const started = createServer((request, response) => {
    response.writeHead(request.url === path ? status : 404, { "content-type": "application/json" }).end(body);
  });
  server = started;
  started.listen(0, "127.0.0.1");
  await once(started, "listening");
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

const ref = { height: 120, hash: "0x1", parentHash: "0x0", parentHeight: 119, time: "2026-01-02T03:04:05.000Z" };
const synced: ChainAnswer = {
  id: "toy:1",
  alias: "toy",
  name: "Toy",
  family: "toy",
  scope: "all",
  watchedAccounts: null,
  capabilities: { historicalBalances: true, tokens: true, utxos: false, pending: false },
  sync: {
    state: "synced",
    since: "2026-01-02T03:00:00.000Z",
    reason: null,
    lag: { blocks: 0, seconds: 0 },
    tipAgeSeconds: 75,
  },
  indexed: ref,
  tip: { ...ref, agreement: { operators: 2, required: 2, regions: ["eu"] } },
  agreedTip: { ...ref, agreement: { operators: 2, required: 2, regions: ["eu"] } },
  safe: null,
  finalized: { ...ref, height: 100 },
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
};
const unknown: ChainAnswer = {
  ...synced,
  id: "toy:2",
  alias: null,
  sync: {
    state: "unknown",
    since: ref.time,
    reason: "no node\u001b[2J answers",
    lag: { blocks: null, seconds: 0 },
    tipAgeSeconds: null,
  },
  indexed: null,
  tip: null,
  agreedTip: null,
  finalized: null,
};

describe("headwater status", () => {
  test("shows every chain", async () => {
    const url = await serve("/v1/chains", JSON.stringify({ chains: [synced, unknown] }));
    expect(await runCli(["status", "--url", url])).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "CHAIN  STATE    LAG           TIP AGE  INDEXED  TIP  FINALIZED  AGREED BY",
        "toy    synced   0 blocks, 0s  1m 15s   120      120  100        2 of 2",
        "toy:2  unknown  -             -        -        -    -          -",
        "WHY",
        "toy:2:  no node\\x1b[2J answers",
        "",
      ].join("\n"),
    });
  });

  test("gives the service's own answer with --json, and takes the address from the environment", async () => {
    const url = await serve("/v1/chains", JSON.stringify({ chains: [synced] }));
    const { code, stdout } = await runCli(["status", "--json"], { HEADWATER_URL: url });
    expect([code, JSON.parse(stdout)]).toEqual([0, { chains: [synced] }]);
  });

  test.each([
    [[synced], 0],
    [[synced, unknown], 1],
  ])("with --check ends by the chains' state", async (chains, expected) => {
    const url = await serve("/v1/chains", JSON.stringify({ chains }));
    expect((await runCli(["status", "--check", "--url", url])).code).toBe(expected);
  });

  test.each([
    ["a page", 200, "<html>"],
    ["other JSON", 200, '{"chains":{}}'],
    ["null", 200, "null"],
    ["an error of its own", 500, '{"error":"x"}'],
  ])("says that another service is there when it answers with %s", async (_, status, body) => {
    const url = await serve("/v1/chains", body, status);
    const { code, stderr } = await runCli(["status", "--url", url]);
    expect(code).toBe(75);
    expect(stderr).toContain(
      `  ${url} answered with status ${status}, but not as Headwater does: it is another service\n`,
    );
  });

  test("shows the service's problem by its code", async () => {
    const problem = { code: "shutting-down", title: "x", detail: "closing", status: 503 };
    const url = await serve("/v1/chains", JSON.stringify(problem), 503);
    const { code, stderr } = await runCli(["status", "--url", url]);
    expect([code, stderr]).toEqual([1, `error: shutting-down: The service is stopping\n  ${url} answered: closing\n`]);
  });

  test("ends with code 75 when nothing listens, and shows no credential", async () => {
    const url = await serve("/", "{}");
    server?.close();
    const { code, stderr } = await runCli(["status", "--url", url.replace("http://", "http://user:s3cr3t@")]);
    expect(code).toBe(75);
    expect(stderr).toContain("error: service-unreachable: No Headwater service answers at this URL\n");
    expect(stderr).not.toContain("s3cr3t");
  });
});
