import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../../../src/core/contracts/logger.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { TipTracker } from "../../../../src/sync/pool/tip-tracker.ts";
import type { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { openPool, POOL_CHAIN, type PoolUnderTest, type SlowWire } from "../../../support/pool.ts";

type Tracked = PoolUnderTest & { readonly tracker: TipTracker; readonly news: PoolNode[] };

/** A tracker over a pool whose polls come every half second (a chain of one block a second), give or take a tenth. */
async function track(
  options: {
    nodes?: number;
    /** Which nodes have a push feed. Default: none. */
    feeds?: readonly number[];
    prepare?: (wires: readonly SlowWire[]) => void;
  } = {},
): Promise<Tracked> {
  const under = await openPool({ nodes: options.nodes ?? 3, asked: false });
  for (const [i, node] of under.pool.nodes.entries()) if (!options.feeds?.includes(i)) node.feed = "none";
  options.prepare?.(under.wires);
  const news: PoolNode[] = [];
  const tracker = new TipTracker({
    chainId: POOL_CHAIN,
    nodes: under.pool,
    clock: under.clock,
    logger: silentLogger,
    expectedIntervalMs: 1_000,
    random: () => 0.5,
    canServe: () => true,
    onNews: (node) => news.push(node),
  });
  const abort = new AbortController();
  const { firstRound, finished } = tracker.start(abort.signal);
  onTestFinished(async () => {
    abort.abort();
    await finished;
    await under.pool.close();
  });
  await under.clock.advance(0);
  await firstRound;
  return { ...under, tracker, news };
}

function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("there is none");
  return first;
}

/** How often the node is asked for its tips within the time. */
async function pollsWithin(under: Tracked, wire: SlowWire, ms: number): Promise<number> {
  const before = wire.posts.length;
  await under.clock.advance(ms);
  return wire.posts.length - before;
}

describe("polling", () => {
  it("asks every node at once what it is, and then for its tips as often as blocks may come", async () => {
    const under = await track();
    expect(under.pool.nodes.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
    expect(under.tracker.best()?.height).toBe(199);
    expect(under.news.length).toBe(3);
    expect(under.tracker.pollMs).toBe(500);
    expect(await pollsWithin(under, only(under.wires), 10_000)).toBe(20);
  });

  it("tells the highest tip of those whose word counts", async () => {
    const under = await track();
    const [a, b] = under.wires;
    if (a) a.node.chain = a.node.chain.mine(5);
    if (b) b.node.chain = b.node.chain.mine(2);
    await under.clock.advance(1_000);
    expect(under.tracker.best()?.height).toBe(204);
    under.pool.nodes[0]?.setCause("contradicts-final", true);
    expect(under.tracker.best()?.height).toBe(201);
    under.pool.nodes[1]?.setCause("lagging", true);
    expect(under.tracker.best()?.height).toBe(201);
  });

  it("asks the others as soon as one node tells a new block, and for a while until they have it", async () => {
    const under = await track();
    await under.clock.advance(10_000);
    const [first, second, third] = under.wires;
    if (!first || !second || !third) throw new Error("three nodes");
    const polls = third.posts.length;
    first.node.chain = first.node.chain.mine(1);
    while (!under.pool.nodes[0]?.hasReached(200)) await under.clock.advance(10);
    second.node.chain = first.node.chain;
    third.node.chain = first.node.chain;
    await under.clock.advance(130);
    expect(under.pool.nodes.map(({ tips }) => tips?.tip.height)).toEqual([200, 200, 200]);
    expect(third.posts.length - polls).toBeLessThanOrEqual(6);
  });

  it("does not leave a node's pace to another that tells a new block with every answer", async () => {
    const under = await track({ nodes: 2 });
    const [busy, other] = under.wires;
    if (!busy || !other) throw new Error("two nodes");
    const before = other.posts.length;
    for (let i = 0; i < 40; i++) {
      busy.node.chain = busy.node.chain.mine(1);
      await under.clock.advance(250);
    }
    expect(other.posts.length - before).toBeLessThanOrEqual(10_000 / 125 + 1);
  });
});

describe("a node that does not answer", () => {
  it("is unreachable at once when it never answered, and after three failures when it did", async () => {
    const under = await track({ prepare: ([wire]) => wire && Object.assign(wire, { broken: "node-unreachable" }) });
    const [never, later] = under.pool.nodes;
    expect([never?.state, never?.mayVote]).toEqual(["unreachable", false]);
    const wire = under.wires[1];
    if (!wire || !later) throw new Error("two nodes");
    wire.broken = "node-timeout";
    const states: string[] = [];
    for (let polls = wire.posts.length; states.length < 3; ) {
      await under.clock.advance(10);
      if (wire.posts.length === polls) continue;
      polls = wire.posts.length;
      states.push(later.state);
    }
    expect(states).toEqual(["healthy", "healthy", "unreachable"]);
    expect(later.lastError?.code).toBe("node-timeout");
  });

  it("is found out within one usual pause of the first failure", async () => {
    const under = await track({ nodes: 1 });
    only(under.wires).broken = "node-unreachable";
    await under.clock.advance(500 + 2 * 125);
    expect(only(under.pool.nodes).state).toBe("unreachable");
  });

  it("comes back after three good polls, which follow one another soon, and not when it fails in between", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    wire.broken = "node-unreachable";
    await under.clock.advance(2_000);
    wire.broken = undefined;
    const before = wire.posts.length;
    while (wire.posts.length === before) await under.clock.advance(10);
    expect([node.state, node.isReturning]).toEqual(["unreachable", true]);
    await under.clock.advance(125);
    wire.broken = "node-unreachable";
    await under.clock.advance(125);
    wire.broken = undefined;
    await under.clock.advance(125);
    expect(node.state).toBe("unreachable");
    await under.clock.advance(3_000);
    expect([node.state, node.isReturning, node.mayVote]).toEqual(["healthy", false, true]);
  });

  it("is found out as well when it answers now and then, but fails more often", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    const states: string[] = [];
    for (const good of [false, false, true, false, false]) {
      wire.broken = good ? undefined : "node-unreachable";
      const polls = wire.posts.length;
      while (wire.posts.length === polls) await under.clock.advance(5);
      states.push(node.state);
    }
    expect(states).toEqual(["healthy", "healthy", "healthy", "healthy", "unreachable"]);
  });

  it("does not come back while it fails as often as not", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    wire.broken = "node-unreachable";
    await under.clock.advance(2_000);
    const seen = new Set<string>();
    let polls = wire.posts.length;
    for (let flips = 0; flips < 20; ) {
      await under.clock.advance(20);
      seen.add(node.state);
      if (wire.posts.length === polls) continue;
      polls = wire.posts.length;
      wire.broken = wire.broken ? undefined : "node-unreachable";
      flips++;
    }
    expect([...seen]).toEqual(["unreachable"]);
  });

  it("is asked less and less often, and never not at all", async () => {
    const under = await track({
      nodes: 2,
      prepare: ([wire]) => wire && Object.assign(wire, { broken: "node-unreachable" }),
    });
    const wire = only(under.wires);
    expect(await pollsWithin(under, wire, 60_000)).toBeLessThan(20);
    expect(await pollsWithin(under, wire, 60_000)).toBeGreaterThanOrEqual(11);
  });

  it("counts as there when it answers that it is asked too much", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    wire.answers = { status: 429, retryAfter: "1" };
    await under.clock.advance(5_000);
    expect([node.state, node.mayVote]).toEqual(["throttled", true]);
    wire.answers = undefined;
    await under.clock.advance(3_000);
    expect(node.state).toBe("healthy");
  });

  it("is given up after a few seconds when it hangs", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    if (wire) wire.hangs = true;
    await under.clock.advance(20_000);
    expect(under.pool.nodes.map(({ state }) => state)).toEqual(["unreachable", "healthy"]);
  });
});

describe("a node that is not what it should be", () => {
  it("is left out while it serves another chain, and looked at again", async () => {
    const under = await track({
      nodes: 2,
      prepare: ([wire]) => {
        if (wire) wire.node.chainId = "test:other";
      },
    });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    expect([node?.usable, [...(node?.causes ?? [])]]).toEqual([false, ["wrong-chain"]]);
    if (wire) wire.node.chainId = POOL_CHAIN;
    await under.clock.advance(1_000);
    expect(node?.state).toBe("healthy");
  });

  it("is not voted with while it syncs, and for three polls more", async () => {
    const under = await track({
      nodes: 2,
      prepare: ([wire]) => {
        if (wire) wire.node.syncing = true;
      },
    });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    expect([node.state, node.mayVote]).toEqual(["syncing", false]);
    wire.node.syncing = false;
    const calls = () => wire.node.calls.get("fetchTips") ?? 0;
    const before = calls();
    while (node.state === "syncing") await under.clock.advance(10);
    expect(calls() - before).toBe(3);
  });

  it("is not voted with as soon as its tips show that it syncs, long before it would be probed again", async () => {
    const under = await track({ nodes: 2 });
    const [wire] = under.wires;
    const [node] = under.pool.nodes;
    if (!wire || !node) throw new Error("two nodes");
    const probes = () => wire.node.calls.get("probe") ?? 0;
    expect([node.state, probes()]).toEqual(["healthy", 1]);
    wire.node.syncing = true;
    wire.node.tellsSyncing = true;
    await under.clock.advance(2_000);
    expect([node.state, node.mayVote]).toEqual(["syncing", false]);
    expect(probes()).toBeGreaterThan(1);
    wire.node.syncing = false;
    await under.clock.advance(5_000);
    expect(node.state).toBe("healthy");
  });

  it("comes back from what agreement holds against it when agreement says so, three polls later", async () => {
    const under = await track({ nodes: 2 });
    const [node] = under.pool.nodes;
    node?.setCause("forked", true);
    await under.clock.advance(5_000);
    expect(node?.state).toBe("forked");
    node?.setCause("forked", false);
    expect(node?.state).toBe("forked");
    await under.clock.advance(1_000);
    expect(node?.state).toBe("healthy");
  });

  it("stays out for as long as it is cordoned, but goes on being looked at", async () => {
    const under = await track({ nodes: 2 });
    const [node] = under.pool.nodes;
    const [wire] = under.wires;
    if (!wire || !node) throw new Error("two nodes");
    node.setCause("cordoned", true);
    expect(await pollsWithin(under, wire, 5_000)).toBeGreaterThan(5);
    expect([node.state, node.usable, node.mayVote]).toEqual(["cordoned", false, false]);
    node.setCause("cordoned", false);
    expect([node.state, node.usable, node.mayVote]).toEqual(["healthy", true, true]);
  });
});

describe("a push feed", () => {
  it("tells new blocks at once, beside the polls", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    await under.clock.advance(2_000);
    const node = only(under.pool.nodes);
    const wire = only(under.wires);
    expect(node.feed).toBe("open");
    under.news.length = 0;
    wire.node.chain = wire.node.chain.mine(1);
    await under.clock.advance(0);
    expect(node.tips?.tip.height).toBe(200);
    expect(under.news).toEqual([node]);
    expect(await pollsWithin(under, wire, 5_000)).toBe(10);
  });

  it("that falls silent is found by the polls, opened again, and shown until it speaks", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    await under.clock.advance(2_000);
    const node = only(under.pool.nodes);
    const wire = only(under.wires);
    wire.node.chain = wire.node.chain.mine(1);
    await under.clock.advance(500);
    wire.muteFeeds();
    wire.node.chain = wire.node.chain.mine(1);
    await under.clock.advance(2_100);
    expect([node.feed, node.state, [...node.causes]]).toEqual(["silent", "healthy", ["silent-feed"]]);
    expect(wire.feeds).toBe(2);
    expect(node.tips?.tip.height).toBe(201);
    wire.node.chain = wire.node.chain.mine(1);
    await under.clock.advance(0);
    expect([node.feed, [...node.causes]]).toEqual(["open", []]);
    expect(node.tips?.tip.height).toBe(202);
  });

  it("that never speaks is not opened without end", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    const wire = only(under.wires);
    for (let i = 0; i < 60; i++) {
      wire.muteFeeds();
      wire.node.chain = wire.node.chain.mine(1);
      await under.clock.advance(1_000);
    }
    expect(wire.feeds).toBeGreaterThan(3);
    expect(wire.feeds).toBeLessThan(30);
    expect(only(under.pool.nodes).tips?.tip.height).toBeGreaterThanOrEqual(258);
  });

  it("is quiet for good reason while there is no new block", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    await under.clock.advance(120_000);
    expect(only(under.wires).feeds).toBe(1);
    expect(only(under.pool.nodes).feed).toBe("open");
  });

  it("that breaks is opened again after a while", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    await under.clock.advance(2_000);
    await only(under.wires).node.close();
    await under.clock.advance(100);
    expect(only(under.pool.nodes).feed).toBe("closed");
    await under.clock.advance(2_500);
    expect([only(under.wires).feeds, only(under.pool.nodes).feed]).toEqual([2, "open"]);
  });

  it("is newer than an answer that was asked for before it", async () => {
    const under = await track({ nodes: 1, feeds: [0] });
    const wire = only(under.wires);
    const node = only(under.pool.nodes);
    await under.clock.advance(2_000);
    const old = wire.node.chain;
    const tips = new Set<number | undefined>();
    // The answer to a poll is made when the node is asked, and is long on its way.
    wire.post = async (request) => {
      const answer = wire.node.post(request);
      await under.clock.sleep(400, request.signal);
      return await answer;
    };
    await under.clock.advance(450);
    wire.node.chain = old.mine(1);
    for (let i = 0; i < 50; i++) {
      await under.clock.advance(20);
      tips.add(node.tips?.tip.height);
    }
    expect([...tips]).toEqual([200]);
  });
});

describe("arrivals", () => {
  it("are measured against the first node that told the block", async () => {
    const under = await track({ nodes: 2, feeds: [0, 1] });
    await under.clock.advance(2_000);
    const [first, second] = under.wires;
    if (!first || !second) throw new Error("two nodes");
    let chain: TestChain = first.node.chain;
    for (let i = 0; i < 20; i++) {
      chain = chain.mine(1);
      first.node.chain = chain;
      await under.clock.advance(100);
      second.node.chain = chain;
      await under.clock.advance(900);
    }
    const [early, late] = under.pool.nodes.map((node) => node.measurements());
    expect(early?.firstSeenDeltaMs).toEqual({ p50: 0, p95: 0 });
    expect(late?.firstSeenDeltaMs?.p50).toBeGreaterThan(90);
    expect(late?.firstSeenDeltaMs?.p50).toBeLessThan(110);
    expect(late?.jitterMs).toBeLessThan(20);
  });
});
