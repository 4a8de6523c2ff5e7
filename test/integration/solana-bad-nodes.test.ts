import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import type { SolanaNode, SolanaSeat } from "../../src/testing/solana/solana-node.ts";
import { MuteFeed } from "../support/mute-feed.ts";
import { ScriptedNode } from "../support/scripted-node.ts";
import { eventually, get, indexed, type Json, makeDirectory } from "../support/service.ts";
import { forgeBlock } from "../support/solana-forger.ts";
import {
  type ClusterUnderTest,
  freshSolanaDigest,
  makeTraffic,
  newest,
  solanaConfig,
  startCluster,
  stopCluster,
} from "../support/solana-service.ts";

/** Two of three agree. The bad one is alone in the replica's own region, so that it is asked first, whatever chance says. */
const SEATS: readonly SolanaSeat[] = [
  { name: "juniper", operator: "juniper", region: "us-east" },
  { name: "larch", operator: "larch", region: "ap-south" },
  { name: "odd", operator: "odd", region: "eu-west" },
];

describe("a node of Solana's that is not as the others", () => {
  let under: ClusterUnderTest;
  let odd: SolanaNode;
  let service: RunningService | undefined;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  const ends: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    under = await startCluster(20, { seats: SEATS });
    odd = under.nodes[2] as SolanaNode;
    directory = await makeDirectory();
  });

  afterEach(async () => {
    await service?.stop();
    for (const end of ends.splice(0)) await end();
    await stopCluster(under);
    await directory.remove();
  });

  /** @param change of how the odd node is configured */
  async function start(
    change: Partial<HeadwaterConfig["chains"][number]["nodes"][number]> = {},
  ): Promise<RunningService> {
    const config = solanaConfig(under, join(directory.path, "store"), { ingestionLagSlots: 10 });
    const [chain] = config.chains as [HeadwaterConfig["chains"][number]];
    const nodes = chain.nodes.map((node) => (node.name === "odd" ? { ...node, ...change } : node));
    service = await startService({ ...config, chains: [{ ...chain, nodes }] }, { logger: silentLogger });
    return service;
  }

  function untilOdd(running: RunningService, suits: (node: Json) => boolean): Promise<Json> {
    return eventually(async () => {
      const { body } = await get(running, "/v1/nodes");
      const node = body.nodes.find(({ name }: Json) => name === "odd");
      return suits(node) && node;
    });
  }

  const evidenceOf = async (running: RunningService, kind: string): Promise<Json> =>
    (await get(running, "/v1/chains/demo/evidence")).body.evidence.find((each: Json) => each.kind === kind);

  /** That the ledger is whole and goes on. */
  async function expectWhole(running: RunningService): Promise<void> {
    const bank = newest(under);
    expect((await indexed(running, bank.blockhash)).digest).toBe(await freshSolanaDigest(under));
  }

  it("has pruned what is asked for: others give it, and it says from where on it has blocks", async () => {
    odd.view.prune(12);
    const running = await start();
    await expectWhole(running);
    const { servesFromHeight } = await untilOdd(running, (node) => node.servesFromHeight > 0);
    expect(servesFromHeight).toBeGreaterThan(1);
  });

  it("takes in what the cluster makes and runs none of it, while it calls itself healthy: it is syncing, and comes back", async () => {
    const running = await start();
    await indexed(running, newest(under).blockhash);
    odd.view.freeze();
    makeTraffic(under, 15);
    await indexed(running, newest(under).blockhash);
    expect(await ask(odd.url, "getHealth")).toBe("ok");
    const node = await untilOdd(running, ({ causes }) => causes.includes("syncing"));
    expect(node.state).toBe("syncing");
    odd.view.thaw();
    await untilOdd(running, ({ state }) => state === "healthy");
    await expectWhole(running);
  });

  it("is on a branch of its own: it is forked, with evidence, and comes back", async () => {
    const running = await start();
    await indexed(running, newest(under).blockhash);
    const branch = under.cluster.fork(3);
    under.cluster.makeSlots(5, branch);
    odd.view.stayOn(branch);
    makeTraffic(under, 4);
    await indexed(running, newest(under).blockhash);
    await untilOdd(running, ({ state }) => state === "forked");
    const evidence = await eventually(() => evidenceOf(running, "minority-branch"));
    expect(evidence).toMatchObject({ said: [{ node: "odd", operator: "odd", region: "eu-west" }] });
    odd.view.stayOn(undefined);
    makeTraffic(under, 2);
    await untilOdd(running, ({ state }) => state === "healthy");
    await expectWhole(running);
  });

  it("forges what transactions did, in blocks that hold by themselves: the others' word counts, and it is found out", async () => {
    const front = await ScriptedNode.start(async ({ body, calls }) => {
      const headers = { "content-type": "application/json" };
      const honest = await (await fetch(odd.url, { method: "POST", headers, body })).text();
      const isBlock = calls.some(({ method }) => method === "getBlock");
      return { headers, body: isBlock ? forgeBlock(honest) : honest };
    });
    ends.push(() => front.close());
    const running = await start({ url: front.url });
    await expectWhole(running);
    makeTraffic(under, 3);
    await expectWhole(running);
    const evidence = await eventually(() => evidenceOf(running, "content-conflict"));
    expect(JSON.stringify(evidence)).toContain('"node":"odd"');
  });

  it("subscribes to slots and never tells one: polls go on, and its feed is called silent", async () => {
    const feed = await MuteFeed.start();
    ends.push(() => feed.close());
    const running = await start({ ws: feed.url });
    await indexed(running, newest(under).blockhash);
    await feed.subscribed;
    // New blocks all the time: what was there when the service began to listen is not the feed's to tell, and a feed that is
    // closed as silent is opened again.
    await untilOdd(running, (node) => {
      makeTraffic(under, 1);
      return node.feed === "silent" || node.feed === "closed";
    });
    await expectWhole(running);
  });
});

async function ask(url: string, method: string): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return ((await response.json()) as { result: unknown }).result;
}
