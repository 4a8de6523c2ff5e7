import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Chain, ChainNode, RawBlock } from "../../src/core/contracts/plugin.ts";
import type { BlockRef, LedgerBlock } from "../../src/core/model.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { clusterIdOf } from "../../src/plugins/solana/networks.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import type { FaultyServer } from "../../src/testing/faulty-node/faulty-server.ts";
import { HttpUpstream } from "../../src/testing/faulty-node/http-upstream.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { solanaDialect } from "../../src/testing/solana/solana-dialect.ts";
import { SOLANA_SEATS, SolanaNode, type SolanaSeat } from "../../src/testing/solana/solana-node.ts";
import { SolanaTraffic } from "../../src/testing/solana/traffic/traffic.ts";
import { failureOf } from "../support/failure-of.ts";
import { type FaultyUnderTest, startFaulty } from "../support/faulty.ts";
import { openTransport } from "../support/node-transport.ts";

const [SEAT] = SOLANA_SEATS as readonly [SolanaSeat];

describe("a faulty node before one of the local cluster", () => {
  let cluster: SolanaCluster;
  let honest: SolanaNode;
  let traffic: SolanaTraffic;
  let chain: Chain;
  let tip: BlockRef;
  const servers: FaultyServer[] = [];

  beforeAll(async () => {
    cluster = new SolanaCluster({ finalizedBlocks: 6 });
    honest = await SolanaNode.start(cluster, SEAT);
    traffic = new SolanaTraffic(cluster, { wallets: 4 });
    traffic.setUp();
    cluster.makeSlots(3);
    chain = plugin.open({
      id: clusterIdOf(cluster.genesisHash),
      plugin: "solana",
      index: { from: 0, scope: "all", verify: "full" },
      agreement: {},
      lag: { targetSeconds: 5, maxSeconds: 60 },
      nodes: [],
      options: {},
    });
  });

  beforeEach(async () => {
    // Every fourth slot or so is skipped, and the newest blocks have traffic.
    for (let i = 0; i < 4; i++) {
      traffic.send(6);
      cluster.makeSlot();
      if (i === 2) cluster.skipSlots(2);
    }
    // An airdrop shows whether digits beyond 2^53 survive what the faulty node does to an answer.
    cluster.airdrop(traffic.busyAccount, 1_000_000_001n);
    cluster.makeSlots(3);
    tip = await chain
      .connect(openTransport(honest.url))
      .fetchTips()
      .then((tips) => tips.tip);
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  afterAll(() => honest?.stop());

  async function connect(...faults: Fault[]): Promise<FaultyUnderTest & { node: ChainNode }> {
    const upstream = new HttpUpstream(honest.url, honest.wsUrl);
    const under = await startFaulty(upstream, faults, { dialect: solanaDialect() });
    servers.push(under.server);
    return { ...under, node: chain.connect(openTransport(under.server.url, under.server.wsUrl)) };
  }

  async function fetchRaw(node: ChainNode, height: number): Promise<RawBlock> {
    return await node.fetchBlock({ height }, chain.selectProfile([await node.probe()]));
  }

  async function ledgerOf(node: ChainNode, height: number): Promise<LedgerBlock> {
    const raw = await fetchRaw(node, height);
    chain.verify(raw);
    return chain.decode(raw);
  }

  it("without a fault is that node", async () => {
    const { node, injected } = await connect();
    expect((await node.fetchTips()).tip).toEqual(tip);
    expect(chain.verify(await fetchRaw(node, tip.height)).ref).toEqual(tip);
    expect(await node.probe()).toMatchObject({ chainId: chain.info.id, syncing: false });
    expect(injected).toEqual([]);
  });

  it.each<[Fault, string]>([
    [{ kind: "drop" }, "node-unreachable"],
    [{ kind: "status", status: 429, retryAfterSeconds: 1 }, "node-throttled"],
    [{ kind: "html" }, "node-bad-response"],
    [{ kind: "truncated" }, "node-bad-response"],
  ])("fails on the way by %o", async (fault, code) => {
    const { node } = await connect(fault);
    expect((await failureOf(node.fetchTips())).code).toBe(code);
  });

  it("stands behind, on a slot that has a block, with what is final as far behind, and has none above", async () => {
    for (let blocks = 1; blocks <= 6; blocks++) {
      const { node } = await connect({ kind: "stale-head", blocks });
      const tips = await node.fetchTips();
      expect(tips.tip.height).toBeLessThanOrEqual(tip.height - blocks);
      expect(cluster.ledger.index.bankAt(tips.tip.height, cluster.tip)?.blockhash).toBe(tips.tip.hash);
      expect(tips.finalized?.height).toBeLessThan(tips.tip.height);
      expect((await failureOf(node.fetchHeader({ height: tip.height }))).code).toBe("node-block-missing");
    }
  });

  it("stands still, or jumps back every other time", async () => {
    const frozen = (await connect({ kind: "frozen-head" })).node;
    expect((await frozen.fetchTips()).tip).toEqual(tip);
    cluster.makeSlots(2);
    expect((await frozen.fetchTips()).tip).toEqual(tip);
    const { node } = await connect({ kind: "head-jumps-back", blocks: 4, when: { methods: ["getSlot"] } });
    const heights = new Set<number>();
    for (let i = 0; i < 5; i++) heights.add((await node.fetchTips()).tip.height);
    expect(heights.size).toBe(2);
  });

  it("follows a branch of its own, linked over skipped slots down to a block that both have", async () => {
    const { node } = await connect({ kind: "fork", depth: 6 });
    const forked = (await node.fetchTips()).tip;
    expect(forked.height).toBe(tip.height);
    let at = forked;
    for (; at.height > tip.height - 6; at = await node.fetchHeader({ height: at.parentHeight, hash: at.parentHash })) {
      expect(at.hash).not.toBe(cluster.ledger.index.bankAt(at.height, cluster.tip)?.blockhash);
      expect(chain.verify(await fetchRaw(node, at.height)).ref).toEqual(at);
    }
    expect(at.hash).toBe(cluster.ledger.index.bankAt(at.height, cluster.tip)?.blockhash);
    expect((await failureOf(node.fetchHeader({ height: tip.height, hash: tip.hash }))).code).toBe("node-block-missing");
  });

  it("tells another block of the same slot and parent, with the same content to the last digit", async () => {
    const { node } = await connect({ kind: "equivocation" });
    const slot = slotWithMuch();
    const { ref, ...content } = await ledgerOf(node, slot);
    const { ref: real, ...expected } = await ledgerOf((await connect()).node, slot);
    expect(ref).toMatchObject({ height: real.height, parentHash: real.parentHash });
    expect(ref.hash).not.toBe(real.hash);
    expect(content.observations).toEqual(expected.observations);
  });

  it("takes what it called final back, or calls another block final", async () => {
    const back = await connect({ kind: "finality-violation", how: "back", blocks: 5 });
    const { finalized } = await (await connect()).node.fetchTips();
    const told = await back.node.fetchTips();
    expect(told.tip).toEqual(tip);
    expect(told.finalized?.height).toBeLessThanOrEqual((finalized?.height ?? 0) - 5);
    const changed = await (await connect({ kind: "finality-violation", how: "changed" })).node.fetchTips();
    expect(changed.finalized?.height).toBe(finalized?.height);
    expect(changed.finalized?.hash).not.toBe(finalized?.hash);
  });

  it.each(["changed-movement", "missing-movement"] as const)(
    "with a %s holds in itself, and tells another ledger",
    async (kind) => {
      const { node, injected } = await connect({ kind });
      const slot = slotWithMuch();
      const lie = await ledgerOf(node, slot);
      const truth = await ledgerOf((await connect()).node, slot);
      expect(lie.ref).toEqual(truth.ref);
      expect(lie.transactions).not.toEqual(truth.transactions);
      expect(injected.map((each) => each.kind)).toContain(kind);
    },
  );

  it("tells another chain's id", async () => {
    const { node } = await connect({ kind: "wrong-chain" });
    expect((await node.probe()).chainId).not.toBe(chain.info.id);
  });

  it("does not have its blocks", async () => {
    const { node } = await connect({ kind: "missing-block", when: { methods: ["getBlock"] } });
    expect((await failureOf(node.fetchHeader({ height: tip.height }))).code).toBe("node-block-missing");
  });

  it("shifts times", async () => {
    const { node } = await connect({ kind: "wrong-time", seconds: 90 });
    expect((await node.fetchTips()).tip).toEqual({ ...tip, time: tip.time + 90_000 });
  });

  it("says nothing on its feed, while it answers all else", async () => {
    const { node, injected } = await connect({ kind: "silent-feed" });
    const ended = new AbortController();
    const heard: BlockRef[] = [];
    const watching = node.watchTips?.((ref) => heard.push(ref), ended.signal);
    while (!injected.some(({ kind }) => kind === "silent-feed")) {
      cluster.makeSlot();
      await node.fetchTips();
    }
    expect(heard).toEqual([]);
    ended.abort();
    await watching;
  });

  it("tells of its branch on its feed", async () => {
    const { node } = await connect({ kind: "fork", depth: 3 });
    const ended = new AbortController();
    const heard: BlockRef[] = [];
    const watching = node.watchTips?.((ref) => heard.push(ref), ended.signal);
    while (heard.length === 0) {
      cluster.makeSlot();
      await node.fetchTips();
    }
    const news = heard[0] as BlockRef;
    expect(news.hash).not.toBe(cluster.ledger.index.bankAt(news.height, cluster.tip)?.blockhash);
    ended.abort();
    await watching;
  });

  /** The newest slot whose block is confirmed and has an account beyond 2^53: that of an airdrop. */
  function slotWithMuch(): number {
    for (let bank = cluster.tip.parent; bank; bank = bank.parent) {
      const isMuch = bank.transactions.some(({ after }) => after.some((amount) => amount > 2n ** 53n));
      if (isMuch && bank.slot <= tip.height) return bank.slot;
    }
    throw new RangeError("no block has so much");
  }
});
