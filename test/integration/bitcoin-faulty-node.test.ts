import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Chain, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import plugin from "../../src/plugins/bitcoin/index.ts";
import { bitcoinDialect } from "../../src/testing/bitcoin/bitcoin-dialect.ts";
import { RegtestNetwork } from "../../src/testing/bitcoin/regtest-network.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic } from "../../src/testing/bitcoin/traffic.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import type { FaultyServer } from "../../src/testing/faulty-node/faulty-server.ts";
import { HttpUpstream } from "../../src/testing/faulty-node/http-upstream.ts";
import { failureOf } from "../support/failure-of.ts";
import { type FaultyUnderTest, startFaulty } from "../support/faulty.ts";
import { openTransport } from "../support/node-transport.ts";

const FINAL = 6;

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("a faulty node before $name", ({ kind }) => {
  let network: RegtestNetwork;
  let traffic: RegtestTraffic;
  let chain: Chain;
  let tip: BlockRef;
  const servers: FaultyServer[] = [];

  beforeAll(async () => {
    network = await RegtestNetwork.start(kind, [{ name: "alder", operator: "alder", region: "eu-west" }]);
    traffic = new RegtestTraffic({ network: network.terms });
    await network.mine(FUNDING_BLOCKS, traffic.minerAddress(0));
    await traffic.refill(network.first);
    await network.send(traffic.next(3).map(({ raw }) => raw));
    await network.mine(1, traffic.minerAddress(0));
    chain = plugin.open({
      id: network.terms.chain,
      plugin: "bitcoin",
      index: { from: 0, scope: "all", verify: "full" },
      agreement: {},
      lag: { targetSeconds: 5, maxSeconds: 60 },
      nodes: [],
      options: {},
    });
  });

  beforeEach(async () => {
    tip = await readTip();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  afterAll(() => network?.remove());

  async function readTip(): Promise<BlockRef> {
    const { client } = network.first;
    const header = await client.call("getblockheader", await client.call("getbestblockhash"));
    return bitcoinDialect(FINAL).readBlock(header) as BlockRef;
  }

  async function connect(...faults: Fault[]): Promise<FaultyUnderTest & { node: ChainNode }> {
    const under = await startFaulty(new HttpUpstream(network.first.url), faults, { dialect: bitcoinDialect(FINAL) });
    servers.push(under.server);
    return { ...under, node: chain.connect(openTransport(under.server.url)) };
  }

  /** Verifies what can be without the outputs of earlier blocks, which is all that a header commits to. */
  async function verify(node: ChainNode, at: { height: number } | { hash: string }): Promise<BlockRef> {
    const raw = await node.fetchBlock(at, chain.selectProfile([await node.probe()]));
    chain.listOutputs?.(raw);
    return chain.verify(raw).ref;
  }

  it("without a fault is that node", async () => {
    const { node, injected } = await connect();
    expect((await node.fetchTips()).tip).toEqual(tip);
    expect(await verify(node, { height: tip.height })).toEqual(tip);
    expect(await node.probe()).toMatchObject({ chainId: network.terms.chain, syncing: false });
    expect(injected).toEqual([]);
  });

  it.each<[Fault, string]>([
    [{ kind: "drop" }, "node-unreachable"],
    [{ kind: "status", status: 429, retryAfterSeconds: 1 }, "node-throttled"],
    [{ kind: "status", status: 502 }, "node-http-error"],
    [{ kind: "html" }, "node-bad-response"],
    [{ kind: "truncated" }, "node-bad-response"],
  ])("fails on the way by %o", async (fault, code) => {
    const { node, injected } = await connect(fault);
    expect((await failureOf(node.fetchTips())).code).toBe(code);
    expect(injected.map(({ kind: injectedKind }) => injectedKind)).toContain(fault.kind);
  });

  it("stands behind, and has no block above", async () => {
    const { node } = await connect({ kind: "stale-head", blocks: 3 });
    expect((await node.fetchTips()).tip.height).toBe(tip.height - 3);
    expect((await failureOf(node.fetchHeader({ height: tip.height }))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchHeader({ hash: tip.hash }))).code).toBe("node-block-missing");
  });

  it("stands still, or jumps back every other time", async () => {
    const { node } = await connect({ kind: "head-jumps-back", blocks: 4, when: { methods: ["getbestblockhash"] } });
    const heights = new Set<number>();
    for (let i = 0; i < 6; i++) heights.add((await node.fetchTips()).tip.height);
    expect([...heights].sort()).toEqual([tip.height - 4, tip.height]);
    const frozen = (await connect({ kind: "frozen-head" })).node;
    expect((await frozen.fetchTips()).tip).toEqual(tip);
    await network.mine(1, traffic.minerAddress(0));
    expect((await frozen.fetchTips()).tip).toEqual(tip);
    expect((await readTip()).height).toBe(tip.height + 1);
  });

  it("follows a branch whose blocks are whole, with the work that the chain asks for", async () => {
    const { node } = await connect({ kind: "fork", depth: 3 });
    const forked = (await node.fetchTips()).tip;
    expect(forked.height).toBe(tip.height);
    expect(forked.hash).not.toBe(tip.hash);
    let at = forked;
    for (; at.height > tip.height - 3; at = await node.fetchHeader({ hash: at.parentHash })) {
      expect(await verify(node, { hash: at.hash })).toEqual(at);
      expect(await node.fetchHeader({ height: at.height })).toEqual(at);
    }
    expect(at.hash).toBe(await network.first.client.call("getblockhash", at.height));
    // What it left it does not have.
    expect((await failureOf(node.fetchHeader({ hash: tip.hash }))).code).toBe("node-block-missing");
  });

  it("tells another block of the same height, and gives it whole", async () => {
    const { node } = await connect({ kind: "equivocation" });
    const other = (await node.fetchTips()).tip;
    expect(other).toMatchObject({ height: tip.height, parentHash: tip.parentHash });
    expect(other.hash).not.toBe(tip.hash);
    expect(await verify(node, { hash: other.hash })).toEqual(other);
    expect(await verify(node, { height: other.height })).toEqual(other);
  });

  it("parts below what is final, or goes back behind it", async () => {
    const { node } = await connect({ kind: "finality-violation", how: "changed" });
    const changed = await node.fetchHeader({ height: tip.height - FINAL });
    expect(changed.hash).not.toBe(await network.first.client.call("getblockhash", changed.height));
    expect(await verify(node, { hash: changed.hash })).toEqual(changed);
    const { hash } = await node.fetchHeader({ height: tip.height - FINAL - 1 });
    expect(hash).toBe(await network.first.client.call("getblockhash", tip.height - FINAL - 1));
    const back = await connect({ kind: "finality-violation", how: "back", blocks: 9 });
    expect((await back.node.fetchTips()).tip.height).toBe(tip.height - 9);
  });

  it.each(["changed-movement", "missing-movement"] as const)("with a %s contradicts its merkle root", async (fault) => {
    const { node } = await connect({ kind: fault });
    expect(await failureOf(verify(node, { height: tip.height }))).toMatchObject({
      code: "integrity-violation",
      message: expect.stringMatching(/merkle/i),
    });
  });

  it("shifts times, which the hash denies", async () => {
    const { node } = await connect({ kind: "wrong-time", seconds: 90 });
    expect((await failureOf(node.fetchTips())).code).toBe("integrity-violation");
    expect((await failureOf(verify(node, { hash: tip.hash }))).code).toMatch(/integrity-violation|node-wrong-block/);
  });

  it("does not have the block that it told", async () => {
    const { node } = await connect({ kind: "missing-block", when: { methods: ["getblock", "getblockhash"] } });
    const told = (await node.fetchTips()).tip;
    expect(told).toEqual(tip);
    expect((await failureOf(verify(node, { hash: told.hash }))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchHeader({ height: 3 }))).code).toBe("node-block-missing");
  });

  it("tells another chain's id, and other balances", async () => {
    const { node: wrong } = await connect({ kind: "wrong-chain" });
    expect((await wrong.probe()).chainId).not.toBe(network.terms.chain);
    const account = chain.parseAccount(traffic.minerAddress(0));
    const queries = [{ account, asset: chain.info.nativeAsset }];
    const [honest] = await (await connect()).node.readBalances(queries, tip);
    const [told] = await (await connect({ kind: "changed-balance" })).node.readBalances(queries, tip);
    expect(honest).toBeGreaterThan(0n);
    expect(told).toBe((honest ?? 0n) + 100_000_000n);
  });

  it("says nothing to who waits for its news, while it answers all else", async () => {
    const { node, injected } = await connect({ kind: "silent-feed" });
    const ended = new AbortController();
    const heard: BlockRef[] = [];
    const watching = node.watchTips?.((ref) => heard.push(ref), ended.signal);
    while (!injected.some(({ kind: injectedKind }) => injectedKind === "silent-feed")) await node.fetchTips();
    await network.mine(1, traffic.minerAddress(0));
    const next = (await node.fetchTips()).tip;
    expect(next.height).toBe(tip.height + 1);
    expect(heard).toEqual([]);
    ended.abort();
    await watching;
  });

  it("tells the news of its branch to who waits", async () => {
    // Being late by nothing shows when the request has come.
    const late: Fault = { kind: "latency", ms: 0, when: { methods: ["waitforblockheight"] } };
    const { node, injected } = await connect({ kind: "fork", depth: 2 }, late);
    const { promise, resolve } = Promise.withResolvers<BlockRef>();
    const ended = new AbortController();
    await node.fetchTips();
    const watching = node.watchTips?.(resolve, ended.signal);
    while (!injected.some(({ kind: injectedKind }) => injectedKind === "latency")) await node.fetchTips();
    await network.mine(1, traffic.minerAddress(0));
    const news = await promise;
    expect(news.height).toBe(tip.height + 1);
    expect(await verify(node, { hash: news.hash })).toEqual(news);
    expect(news.hash).not.toBe(await network.first.client.call("getbestblockhash"));
    ended.abort();
    await watching;
  });
});
