import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { XPublisher } from "zeromq";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import { silentLogger } from "../../../../src/core/contracts/logger.ts";
import type { ChainNode, NodeTransport } from "../../../../src/core/contracts/plugin.ts";
import { NodePool } from "../../../../src/sync/pool/node-pool.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { TipTracker } from "../../../../src/sync/pool/tip-tracker.ts";
import { subscribeZmq } from "../../../../src/sync/pool/zmq-feed.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../../../src/testing/chain/test-node.ts";
import plugin from "../../../../src/testing/chain/test-plugin.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

const CHAIN = "test:published";
const TOPIC = "tip";

afterEach(() => {
  vi.doUnmock("zeromq");
});

/** A node in memory that is polled every half second of the test's clock, and publishes what the test sends, over a real socket. */
async function track() {
  // Else it would tell nothing of a listener who comes before the last one has gone.
  const publisher = new XPublisher({ linger: 0, verbosity: "allSubsUnsubs" });
  onTestFinished(() => publisher.close());
  await publisher.bind("tcp://127.0.0.1:*");
  const url = publisher.lastEndpoint as string;
  const config: ChainConfig = {
    id: CHAIN,
    plugin: "test",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: [{ name: "n", url: "http://127.0.0.1:1", zmq: url, operator: "o", region: "r" }],
    options: {},
  };
  const clock = new FakeClock();
  const node = new TestNode("n", CHAIN, TestChain.build(200, clock.now()));
  const chain = plugin.open(config);
  const connect = chain.connect.bind(chain);
  chain.connect = (transport) => listening(connect(transport), transport);
  const pool = new NodePool({
    config,
    chain,
    clock,
    openWire: () => ({
      post: (request) => node.post(request),
      subscribe: (topics, signal) => subscribeZmq(url, "n", topics, signal),
      close: () => node.close(),
    }),
  });
  let news = Promise.withResolvers<void>();
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
  const tracker = new TipTracker({
    chainId: CHAIN,
    nodes: pool,
    clock,
    logger,
    expectedIntervalMs: 1_000,
    random: () => 0.5,
    canServe: () => true,
    onNews: () => news.resolve(),
  });
  const abort = new AbortController();
  const { firstRound, finished } = tracker.start(abort.signal);
  onTestFinished(async () => {
    abort.abort();
    await finished;
    await pool.close();
  });
  await clock.advance(0);
  await firstRound;
  const tell = async () => {
    news = Promise.withResolvers<void>();
    await publisher.send([TOPIC, node.chain.tip.ref.hash]);
    await news.promise;
  };
  return { publisher, clock, node, poolNode: pool.nodes[0] as PoolNode, warnings, tell };
}

function listening(client: ChainNode, { subscribe }: NodeTransport): ChainNode {
  client.watchTips = async (onTip, signal) => {
    for await (const { parts } of (await subscribe?.([TOPIC], signal)) ?? []) {
      onTip(await client.fetchHeader({ hash: String(parts[0]) }, { work: "tip" }));
    }
  };
  return client;
}

it("a published feed tells at once, is found silent by the polls, opened again, and shown so until it speaks", async () => {
  const { publisher, clock, node, poolNode, tell } = await track();
  expect(String((await publisher.receive())[0])).toBe(`\x01${TOPIC}`);
  node.chain = node.chain.mine(1);
  await tell();
  expect([poolNode.measurements().feed, poolNode.tips?.tip.height]).toEqual(["open", 200]);
  node.chain = node.chain.mine(1);
  await clock.advance(2_100);
  expect([poolNode.measurements().feed, poolNode.state, [...poolNode.causes]]).toEqual([
    "silent",
    "healthy",
    ["silent-feed"],
  ]);
  const changes = [String((await publisher.receive())[0]), String((await publisher.receive())[0])];
  expect(changes.sort()).toEqual([`\x00${TOPIC}`, `\x01${TOPIC}`]);
  node.chain = node.chain.mine(1);
  await tell();
  expect([poolNode.measurements().feed, [...poolNode.causes]]).toEqual(["open", []]);
  expect(poolNode.tips?.tip.height).toBe(202);
});

it("where the library does not run, the feed is closed, that is told once, and the node is polled", async () => {
  vi.doMock("zeromq", () => {
    throw new Error("no build for this platform");
  });
  const { clock, node, poolNode, warnings } = await track();
  for (let i = 0; i < 20; i++) {
    node.chain = node.chain.mine(1);
    await clock.advance(1_000);
    await vi.dynamicImportSettled();
  }
  expect(poolNode.measurements().feed).toBe("closed");
  expect(poolNode.tips?.tip.height).toBeGreaterThanOrEqual(218);
  expect(warnings).toEqual([
    "node n: ZMQ is configured, and its library does not run on this platform: the node is polled",
  ]);
});
