import type { Clock } from "../../src/core/clock.ts";
import type { ChainConfig, NodeConfig } from "../../src/core/contracts/chain-config.ts";
import type { NodeFeed } from "../../src/core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../src/core/contracts/wire.ts";
import { type ErrorCode, HeadwaterError } from "../../src/core/errors.ts";
import { NodePool, type NodePoolOptions } from "../../src/sync/pool/node-pool.ts";
import type { PoolNode } from "../../src/sync/pool/pool-node.ts";
import { TestChain } from "../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import plugin from "../../src/testing/chain/test-plugin.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

export const POOL_CHAIN = "test:pool";

/** A way to a node that takes its time, breaks and falls silent as a test says. */
export class SlowWire implements NodeWire {
  readonly node: TestNode;
  readonly openFeed: (signal: AbortSignal) => Promise<NodeFeed>;
  delayMs = 0;
  /** Every request fails so. */
  broken: ErrorCode | undefined;
  /** Every request is answered so. */
  answers: Partial<WireAnswer> | undefined;
  /** No request is ever answered. */
  hangs = false;
  /** Bodies of the requests that came, and how many of them were given up. */
  readonly posts: string[] = [];
  aborted = 0;
  feeds = 0;
  readonly #clock: Clock;
  #mutedFeeds = 0;

  constructor(node: TestNode, clock: Clock) {
    this.node = node;
    this.#clock = clock;
    this.openFeed = async (signal) => {
      const serial = ++this.feeds;
      const feed = await node.openFeed(signal);
      const isHeard = () => serial > this.#mutedFeeds;
      return { send: (text) => feed.send(text), messages: heard(feed.messages, isHeard) };
    };
  }

  async post(request: WireRequest): Promise<WireAnswer> {
    this.posts.push(request.body);
    const { signal } = request;
    signal?.addEventListener("abort", () => {
      if (signal.reason !== "ended") this.aborted++;
    });
    if (this.hangs) await new Promise(() => {});
    if (this.delayMs > 0) await this.#clock.sleep(this.delayMs, signal);
    if (this.broken) throw new HeadwaterError(this.broken, `node ${this.node.name}: broken`);
    if (this.answers) return { status: 200, retryAfter: undefined, body: new Uint8Array(), ...this.answers };
    return await this.node.post(request);
  }

  /** Nothing more is heard on the feeds that were opened so far; they stay open. */
  muteFeeds(): void {
    this.#mutedFeeds = this.feeds;
  }

  async close(): Promise<void> {
    await this.node.close();
  }
}

async function* heard(messages: AsyncIterable<string>, isHeard: () => boolean): AsyncGenerator<string> {
  for await (const text of messages) if (isHeard()) yield text;
}

export type PoolUnderTest = {
  readonly pool: NodePool;
  readonly clock: FakeClock;
  readonly wires: readonly SlowWire[];
  readonly config: ChainConfig;
  /** The node's tips and probe are as if it had been polled once. */
  poll(node: PoolNode): Promise<void>;
};

/** A pool over nodes in memory, each asked once already, with a fake clock and the same chance every time. */
export async function openPool(
  options: {
    nodes?: number;
    blocks?: number;
    /** What node number `i` is configured with beside its name. */
    node?: (i: number) => Partial<NodeConfig>;
    pool?: Partial<NodePoolOptions>;
    asked?: boolean;
  } = {},
): Promise<PoolUnderTest> {
  const clock = new FakeClock();
  const chain = TestChain.build(options.blocks ?? 200, clock.now());
  const names = Array.from({ length: options.nodes ?? 3 }, (_, i) => `node-${i}`);
  const wires = names.map((name) => new SlowWire(new TestNode(name, POOL_CHAIN, chain), clock));
  const config: ChainConfig = {
    id: POOL_CHAIN,
    plugin: "test",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: names.map((name, i) => ({
      name,
      url: `http://127.0.0.1:${i + 1}`,
      operator: `operator-${i}`,
      region: `region-${i}`,
      ...options.node?.(i),
    })),
    options: {},
  };
  const seeded = new SeededRandom(1);
  const pool = new NodePool({
    config,
    chain: plugin.open(config),
    clock,
    random: () => seeded.next(),
    openWire: ({ name }) => wires.find(({ node }) => node.name === name) as SlowWire,
    ...options.pool,
  });
  const poll = async (node: PoolNode) => {
    node.noteProbe(await node.client.probe());
    pool.noteTips(node, await node.client.fetchTips());
    node.notePolled();
  };
  if (options.asked !== false) for (const node of pool.nodes) await poll(node);
  for (const wire of wires) wire.posts.length = 0;
  return { pool, clock, wires, config, poll };
}
