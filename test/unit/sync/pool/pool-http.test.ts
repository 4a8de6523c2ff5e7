import { describe, expect, it, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../../../src/core/clock.ts";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import { NodePool } from "../../../../src/sync/pool/node-pool.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { writeTestJson } from "../../../../src/testing/chain/test-block.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../../../src/testing/chain/test-node.ts";
import plugin from "../../../../src/testing/chain/test-plugin.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { type Respond, ScriptedNode } from "../../../support/scripted-node.ts";

const CHAIN = "test:http";
const chain = TestChain.build(20, Date.UTC(2025, 0, 1));
const read = { what: "a header", work: "read" } as const;
const header = async (node: PoolNode, options: object) => {
  await node.client.fetchHeader({ height: 5 }, options);
  return node.config.name;
};

/** Answers as an honest node does, over HTTP. */
function honest(): Respond {
  const node = new TestNode("honest", CHAIN, chain);
  return async ({ body }) => {
    const answer = await node.post({ body, timeoutMs: 1_000 });
    return { status: answer.status, body: answer.body };
  };
}

/** A pool over two real servers, the first of which is of the own region and misbehaves from now on. */
async function openPair(misbehave: Respond, clock: Clock = systemClock) {
  const servers = [await ScriptedNode.start(honest()), await ScriptedNode.start(honest())];
  for (const server of servers) onTestFinished(() => server.close());
  const config: ChainConfig = {
    id: CHAIN,
    plugin: "test",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: servers.map(({ url }, i) => ({ name: `n${i}`, url, operator: `o${i}`, region: `r${i}` })),
    options: {},
  };
  const pool = new NodePool({ config, chain: plugin.open(config), clock, region: "r0", random: () => 0.5 });
  onTestFinished(() => pool.close());
  for (const node of pool.nodes) {
    node.noteProbe(await node.client.probe());
    pool.noteTips(node, await node.client.fetchTips());
  }
  const [bad, good] = pool.nodes;
  const [server] = servers;
  if (!bad || !good || !server) throw new Error("two nodes");
  server.respond = misbehave;
  return { pool, bad, good, server };
}

describe("over HTTP", () => {
  it.each<[string, Respond, string, string]>([
    [
      "429 with Retry-After",
      () => ({ status: 429, headers: { "retry-after": "9" }, body: "" }),
      "node-throttled",
      "throttled",
    ],
    ["429 without Retry-After", () => ({ status: 429, body: "slow down" }), "node-throttled", "throttled"],
    ["a status of 500", () => ({ status: 500, body: "oops" }), "node-http-error", "healthy"],
    ["HTML", () => ({ body: "<html>Bad gateway</html>" }), "node-bad-response", "healthy"],
    [
      "a body that is cut off",
      () => ({ body: writeTestJson({}).padEnd(500), cutAfterBytes: 20 }),
      "node-unreachable",
      "healthy",
    ],
  ])("%s of one node is made good by the other, and told", async (_, misbehave, code, state) => {
    const { pool, bad, server } = await openPair(misbehave);
    server.requests.length = 0;
    expect(await pool.request(header, read)).toBe("n1");
    expect(server.requests.length).toBe(1);
    expect([bad.lastError?.code, bad.state]).toEqual([code, state]);
  });

  it("a pause that was asked for is kept, while others answer", async () => {
    const { pool, bad, server } = await openPair(() => ({ status: 429, headers: { "retry-after": "9" }, body: "" }));
    await pool.request(header, read);
    server.requests.length = 0;
    for (let i = 0; i < 20; i++) expect(await pool.request(header, read)).toBe("n1");
    expect(server.requests.length).toBe(0);
    expect(bad.isPaused).toBe(true);
  });

  it("a node that hangs is overtaken, without blame, and its request is given up", async () => {
    const gone = Promise.withResolvers<void>();
    const { pool, bad } = await openPair(async () => {
      await gone.promise;
      return { body: "late" };
    });
    expect(await pool.request(header, read)).toBe("n1");
    expect([bad.lastError, bad.load]).toEqual([undefined, 0]);
    gone.resolve();
  });

  it("a node that fails for good is hardly asked any more after a few requests", async () => {
    // Time stands still, so that the breaker does not let a try through meanwhile.
    const { pool, server } = await openPair(() => ({ status: 502, body: "" }), new FakeClock());
    server.requests.length = 0;
    for (let i = 0; i < 40; i++) expect(await pool.request(header, read)).toBe("n1");
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.length).toBeLessThanOrEqual(5);
  });

  it("a node that is not there any more is told as unreachable, and the request goes on", async () => {
    const { pool, bad, server } = await openPair(honest());
    // A server that is closed twice would wait for its end in vain.
    const { close } = server;
    await close.call(server);
    server.close = async () => {};
    expect(await pool.request(header, read)).toBe("n1");
    expect(bad.lastError?.code).toBe("node-unreachable");
    expect((await failureOf(pool.requestFrom(bad, header, read))).code).toBe("node-unreachable");
  });
});
