import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Chain, ChainNode, NodeFeed, NodeTransport } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { clusterIdOf } from "../../src/plugins/solana/networks.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { SOLANA_SEATS, SolanaNode, type SolanaSeat } from "../../src/testing/solana/solana-node.ts";
import { Keypair } from "../../src/testing/solana/wire/keypair.ts";
import { failureOf } from "../support/failure-of.ts";
import { openTransport } from "../support/node-transport.ts";

const [SEAT] = SOLANA_SEATS as readonly [SolanaSeat];
const NATIVE = "slip44:501";
const ALICE = Keypair.named("alice").address;
const BOB = Keypair.named("bob").address;
/** Beyond 2^53, and odd: what is not exact shows. */
const MUCH = 9_007_199_254_740_993n;

let cluster: SolanaCluster;
let server: SolanaNode;
let chain: Chain;
let node: ChainNode;

function openChain(verify: "full" | "headers", options: Record<string, unknown> = {}): Chain {
  return plugin.open({
    id: clusterIdOf(cluster.genesisHash),
    plugin: "solana",
    index: { from: 0, scope: "all", verify },
    agreement: {},
    lag: { targetSeconds: 5, maxSeconds: 60 },
    nodes: [],
    options,
  });
}

beforeEach(async () => {
  cluster = new SolanaCluster({ finalizedBlocks: 4 });
  server = await SolanaNode.start(cluster, SEAT);
  chain = openChain("full", { ingestionLagSlots: 10 });
  node = chain.connect(openTransport(server.url, server.wsUrl));
});

afterEach(() => server.stop());

function airdropAndMake(slots: number): void {
  for (let i = 0; i < slots; i++) {
    cluster.airdrop(i % 2 === 0 ? ALICE : BOB, MUCH);
    cluster.makeSlot();
  }
}

describe("a node's tips and headers", () => {
  it("are the cluster's, by commitment", async () => {
    cluster.makeSlots(3);
    cluster.skipSlots(2);
    const newest = cluster.makeSlots(5);
    const { tip, safe, finalized } = await node.fetchTips();
    expect([tip.height, safe?.height, finalized?.height]).toEqual([9, 9, 6]);
    expect(newest.slot).toBe(10);
    expect(await node.fetchHeader({ height: 6 })).toEqual({
      ...finalized,
      parentHeight: 3,
      parentHash: (await node.fetchHeader({ height: 3 })).hash,
    });
    expect(await node.fetchHeader({ height: 0 })).toMatchObject({ height: 0, parentHeight: -1 });
    expect(await node.listHeights?.(0, 100)).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
  });

  it("tell skipped slots from those to come, over a run of a hundred, final or not", async () => {
    cluster.makeSlots(6);
    cluster.skipSlots(100);
    cluster.makeSlots(2);
    await node.fetchTips();
    for (const slot of [7, 50, 106]) {
      expect(await failureOf(node.fetchHeader({ height: slot }))).toMatchObject({
        code: "node-block-skipped",
        details: { next: 107, parent: 6 },
      });
    }
    expect((await failureOf(node.fetchHeader({ height: 108 }))).code).toBe("node-block-missing");
    cluster.makeSlots(6);
    expect((await failureOf(node.fetchBlock({ height: 50 }, "solana/1"))).code).toBe("node-block-skipped");
  });

  it("are refused where the node has pruned them, and its list says so", async () => {
    cluster.makeSlots(40);
    server.view.prune(10);
    await node.fetchTips();
    expect((await failureOf(node.fetchBlock({ height: 5 }, "solana/1"))).code).toBe("node-history-pruned");
    expect((await failureOf(node.listHeights?.(5, 40) as Promise<unknown>)).code).toBe("node-history-pruned");
    expect((await node.listHeights?.(35, 40))?.[0]).toBe(35);
    server.view.longTermStorage = true;
    expect((await node.fetchHeader({ height: 5 })).height).toBe(5);
  });

  it("are the newest that the node has written down", async () => {
    cluster.makeSlots(10);
    server.view.unwrittenBlocks = 3;
    expect((await node.fetchTips()).tip.height).toBe(7);
    server.view.unwrittenBlocks = 0;
    expect((await node.fetchTips()).tip.height).toBe(9);
  });

  it("follow the branch that the node follows", async () => {
    cluster.makeSlots(6);
    const left = (await node.fetchTips()).tip;
    const other = cluster.fork(2);
    other.skip(3);
    cluster.makeSlots(4, other);
    cluster.follow(other);
    const tip = (await node.fetchTips()).tip;
    expect([left.height, tip.height]).toEqual([5, 10]);
    expect((await failureOf(node.fetchHeader(left))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchBlock(left, "solana/1"))).code).toBe("node-block-missing");
    expect((await node.fetchHeader({ height: 8 })).parentHeight).toBe(4);
  });
});

describe("blocks", () => {
  it.each(["full", "headers"] as const)(
    "verify and make the ledger of the cluster's accounts (verify %s)",
    async (verify) => {
      airdropAndMake(8);
      cluster.skipSlots(3);
      airdropAndMake(5);
      const own = openChain(verify);
      const asked = own.connect(openTransport(server.url));
      const profile = own.selectProfile([await asked.probe()]);
      const sums = new Map<string, bigint>();
      const last = new Map<string, bigint>();
      for (const height of (await asked.listHeights?.(1, 100)) ?? []) {
        const raw = await asked.fetchBlock({ height }, profile);
        const { ref, checks } = own.verify(raw);
        expect(ref).toEqual(await asked.fetchHeader({ height }));
        const skipped = checks.filter(({ result }) => result === "skipped").map(({ check }) => check);
        if (verify === "full") expect(skipped).toEqual(["blockHash", "bankHash"]);
        const { transactions, observations } = own.decode(raw);
        for (const { account, asset, delta } of transactions.flatMap(({ movements }) => movements)) {
          if (asset === NATIVE) sums.set(account, (sums.get(account) ?? 0n) + delta);
        }
        for (const { account, amount } of observations) last.set(account, amount);
      }
      const { confirmed } = server.view;
      // The newest block, with the seventh airdrop to Alice, is not confirmed yet.
      expect([sums.get(ALICE), sums.get(BOB)]).toEqual([6n * MUCH, 6n * MUCH]);
      for (const [account, amount] of last) expect(amount).toBe(cluster.account(account, confirmed)?.lamports);
      for (const [account, sum] of sums) {
        const before = cluster.account(account, cluster.ledger.genesis)?.lamports ?? 0n;
        expect(before + sum).toBe(cluster.account(account, confirmed)?.lamports);
      }
    },
  );

  it("that are only processed are not to be had from such a node, which says so", async () => {
    cluster.makeSlots(3);
    const eager = openChain("full", { commitment: "processed" });
    const asked = eager.connect(openTransport(server.url));
    const probe = await asked.probe();
    expect(probe.capabilities).not.toContain("processed");
    expect(() => eager.selectProfile([probe])).toThrow(expect.objectContaining({ code: "config-invalid" }));
    expect((await asked.fetchTips()).tip.height).toBe(2);
  });
});

describe("the probe", () => {
  it("finds out a node that stopped processing and calls itself healthy", async () => {
    cluster.makeSlots(3);
    expect(await node.probe()).toEqual({
      chainId: clusterIdOf(cluster.genesisHash),
      syncing: false,
      clientVersion: expect.stringMatching(/^solana-core .*not a validator/),
      capabilities: ["shred-slots", "archive"],
    });
    server.view.freeze();
    cluster.makeSlots(10);
    expect((await node.probe()).syncing).toBe(false);
    cluster.makeSlot();
    expect((await node.probe()).syncing).toBe(true);
    server.view.thaw();
    expect((await node.probe()).syncing).toBe(false);
  });

  it("believes a node that calls itself unhealthy", async () => {
    const lax = openChain("full", { ingestionLagSlots: 1_000 }).connect(openTransport(server.url));
    cluster.makeSlots(200);
    server.view.fallBehind(150);
    expect((await lax.probe()).syncing).toBe(true);
  });
});

it("new slots are told over the websocket, as blocks that can be asked for", async () => {
  cluster.makeSlots(5);
  const transport = openTransport(server.url, server.wsUrl);
  // The node answers the subscription first: from then on it tells.
  const openFeed = async (signal: AbortSignal): Promise<NodeFeed> => {
    const feed = await (transport.openFeed as NonNullable<NodeTransport["openFeed"]>)(signal);
    const messages = tap(feed.messages, () => cluster.makeSlot());
    return { send: (text) => feed.send(text), messages };
  };
  const listening = chain.connect({ node: transport.node, post: transport.post.bind(transport), openFeed });
  const stop = new AbortController();
  const tips: BlockRef[] = [];
  const watching = listening.watchTips?.((tip) => {
    tips.push(tip);
    if (tips.length === 3) stop.abort();
    else cluster.makeSlot();
  }, stop.signal);
  await watching;
  for (const tip of tips) expect(await node.fetchHeader({ height: tip.height })).toEqual(tip);
  expect(new Set(tips.map(({ height }) => height)).size).toBe(3);
  const cut = failureOf(node.watchTips?.(() => undefined, new AbortController().signal) as Promise<void>);
  await server.stop();
  expect((await cut).code).toBe("node-unreachable");
});

/** The messages as they come; after the first it is told that they do. */
async function* tap(messages: AsyncIterable<string>, onFirst: () => void): AsyncGenerator<string> {
  let isFirst = true;
  for await (const message of messages) {
    yield message;
    if (isFirst) onFirst();
    isFirst = false;
  }
}
