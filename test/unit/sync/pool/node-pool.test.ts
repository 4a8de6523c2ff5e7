import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import type { NodeCall } from "../../../../src/sync/pool/node-asker.ts";
import { type EventNode, noPoolEvents } from "../../../../src/sync/pool/pool-events.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { RateBudgets } from "../../../../src/sync/pool/rate-budgets.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { openPool, type PoolUnderTest } from "../../../support/pool.ts";

const header: NodeCall<string> = async (node, options) => {
  await node.client.fetchHeader({ height: 5 }, options);
  return node.config.name;
};
const read = { what: "a header", work: "read" } as const;

/** Asks so often that latencies are known. */
async function warm({ pool, clock }: PoolUnderTest, times = 8): Promise<void> {
  for (const node of pool.nodes) {
    for (let i = 0; i < times; i++) {
      const asked = pool.requestFrom(node, header, read);
      await clock.advance(1_000);
      await asked;
    }
  }
}

describe("a request", () => {
  it("goes to another node when one does not work, and to the same again when there is no other", async () => {
    const under = await openPool();
    const [broken] = under.wires;
    if (broken) broken.broken = "node-unreachable";
    for (let i = 0; i < 20; i++) expect(await under.pool.request(header, read)).not.toBe("node-0");
    const alone = await openPool({ nodes: 1 });
    const [wire] = alone.wires;
    if (!wire) throw new Error("one node");
    wire.broken = "node-unreachable";
    const asked = alone.pool.request(header, read);
    await alone.clock.advance(20);
    wire.broken = undefined;
    await alone.clock.advance(100);
    expect(await asked).toBe("node-0");
  });

  it("fails at once with an error that no node can mend", async () => {
    const { pool, wires } = await openPool();
    const asked = pool.request(async () => {
      throw new HeadwaterError("invalid-request", "a bug of the caller");
    }, read);
    expect((await failureOf(asked)).code).toBe("invalid-request");
    expect(wires.flatMap(({ posts }) => posts)).toEqual([]);
  });

  it("asks nobody more often than its attempts, and says who said what last", async () => {
    const { pool, clock, wires } = await openPool();
    for (const wire of wires) wire.broken = "node-http-error";
    const asked = failureOf(pool.request(header, { ...read, attempts: 4 }));
    await clock.advance(60_000);
    const failure = await asked;
    expect(failure).toMatchObject({ code: "nodes-exhausted", details: { lastCode: "node-http-error" } });
    expect(failure.message).toMatch(/^a header: no node could answer after 4 attempts; the last said: node node-\d/);
    expect(wires.flatMap(({ posts }) => posts).length).toBe(4);
  });

  it("does not ask a node again that said it never can", async () => {
    const { pool, clock, wires } = await openPool({ nodes: 2 });
    const never: NodeCall<never> = async (node, options) => {
      await header(node, options);
      throw new HeadwaterError("node-method-unsupported", "not here");
    };
    const asked = failureOf(pool.request(never, read));
    await clock.advance(60_000);
    expect((await asked).code).toBe("nodes-exhausted");
    expect(wires.map(({ posts }) => posts.length)).toEqual([1, 1]);
  });

  it("waits as long as the error asks where every node said so", async () => {
    const { pool, clock } = await openPool({ nodes: 1 });
    let calls = 0;
    const asked = pool.request(async () => {
      if (calls++ === 0)
        throw new HeadwaterError("node-throttled", "later", {
          retry: { sameNode: true, otherNode: true, afterMs: 3_000 },
        });
      return "done";
    }, read);
    await clock.advance(2_900);
    expect(calls).toBe(1);
    await clock.advance(200);
    expect(await asked).toBe("done");
  });

  it("ends in time, whatever its nodes do, and its requests end with it", async () => {
    const { pool, clock, wires } = await openPool();
    for (const wire of wires) wire.hangs = true;
    const asked = failureOf(pool.request(header, { ...read, deadlineMs: 700 }));
    await clock.advance(700);
    expect(await asked).toMatchObject({ code: "deadline-exceeded", message: "a header: no answer within 700 ms" });
    expect(pool.nodes.map(({ load }) => load)).toEqual([0, 0, 0]);
  });

  it("has a deadline of its own when it is a caller's read", async () => {
    const { pool, clock, wires } = await openPool();
    for (const wire of wires) wire.hangs = true;
    const asked = failureOf(pool.request(header, read));
    await clock.advance(LIMITS.readDeadlineMs);
    expect((await asked).code).toBe("deadline-exceeded");
  });

  it("ends with the caller's reason when the caller gives up", async () => {
    const { pool, clock, wires } = await openPool();
    for (const wire of wires) wire.hangs = true;
    const abort = new AbortController();
    const asked = pool.request(header, { ...read, signal: abort.signal });
    await clock.advance(10);
    abort.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    expect(pool.nodes.map(({ calls }) => calls.shares().errorRate)).toEqual([null, null, null]);
    await expect(pool.request(header, { ...read, signal: abort.signal })).rejects.toThrow("enough");
  });

  it("leaves out nodes that do not suit", async () => {
    const { pool } = await openPool();
    const suits = ({ config }: PoolNode) => config.operator === "operator-1";
    for (let i = 0; i < 10; i++) expect(await pool.request(header, { ...read, suits })).toBe("node-1");
    expect((await failureOf(pool.request(header, { ...read, suits: () => false }))).message).toMatch(
      /no node is usable$/,
    );
  });

  it("prefers the own region", async () => {
    const { pool } = await openPool({ pool: { region: "region-2" } });
    for (let i = 0; i < 10; i++) expect(await pool.request(header, read)).toBe("node-2");
  });

  it("moves on from a node whose queue is full", async () => {
    const { pool, clock, wires } = await openPool({ nodes: 2 });
    const [full] = pool.nodes;
    const [wire] = wires;
    if (!full || !wire) throw new Error("two nodes");
    wire.hangs = true;
    const abort = new AbortController();
    const waiting = Array.from({ length: LIMITS.nodeQueueLength + LIMITS.nodeConcurrency }, () =>
      full.client.fetchHeader({ height: 5 }, { signal: abort.signal }).catch(() => undefined),
    );
    await clock.advance(0);
    const told = await failureOf(pool.requestFrom(full, header, read));
    expect(told).toMatchObject({ code: "overloaded", retry: { otherNode: true } });
    expect(await pool.request(header, { ...read, suits: () => true })).toBe("node-1");
    expect(full.calls.shares().errorRate).toBeNull();
    abort.abort();
    await Promise.all(waiting);
  });
});

describe("a hedge", () => {
  it("asks a second node when the first is slower than it usually is, and gives up the loser without blame", async () => {
    const hedges: string[] = [];
    const called: string[] = [];
    const events = {
      ...noPoolEvents,
      called: ({ config }: EventNode, kind: string) => called.push(`${config.name} ${kind}`),
      hedged: (first: EventNode, second: EventNode) => hedges.push(`${first.config.name} ${second.config.name}`),
    };
    const under = await openPool({ nodes: 2, pool: { region: "region-0", events } });
    for (const wire of under.wires) wire.delayMs = 60;
    await warm(under);
    const [slow] = under.wires;
    if (slow) slow.hangs = true;
    called.length = 0;
    const asked = under.pool.request(header, read);
    await under.clock.advance(55);
    expect(hedges).toEqual([]);
    await under.clock.advance(100);
    expect(await asked).toBe("node-1");
    expect(hedges).toEqual(["node-0 node-1"]);
    const [loser] = under.pool.nodes;
    expect(called).toEqual(["node-1 read"]);
    expect(loser?.calls.shares().errorRate).toBe(0);
    expect(loser?.load).toBe(0);
    expect(loser?.lastError).toBeUndefined();
  });

  it("is no answer when the second fails: the first is waited for", async () => {
    const under = await openPool({ nodes: 2, pool: { region: "region-0" } });
    await warm(under);
    const [slow, broken] = under.wires;
    if (slow) slow.delayMs = 1_000;
    if (broken) broken.broken = "node-http-error";
    const asked = under.pool.request(header, read);
    await under.clock.advance(1_000);
    expect(await asked).toBe("node-0");
  });

  it("is not made for backfill, nor where it is not wanted", async () => {
    const under = await openPool({ nodes: 2, pool: { region: "region-0" } });
    const [slow] = under.wires;
    if (slow) slow.delayMs = 5_000;
    for (const request of [
      { ...read, work: "backfill" as const },
      { ...read, hedge: false },
    ]) {
      const asked = under.pool.request(header, request);
      await under.clock.advance(5_000);
      expect(await asked).toBe("node-0");
    }
  });

  it("is made for a tenth of the requests at most when all nodes are slow", async () => {
    let hedges = 0;
    const counted = await openPool({ pool: { events: { ...noPoolEvents, hedged: () => hedges++ } } });
    for (const wire of counted.wires) wire.delayMs = 3_000;
    for (let i = 0; i < 100; i++) {
      const asked = counted.pool.request(header, read);
      await counted.clock.advance(3_000);
      await asked;
    }
    expect(hedges).toBeGreaterThanOrEqual(10);
    expect(hedges).toBeLessThanOrEqual(20);
  });
});

describe("what is learnt of nodes", () => {
  it("a refusal that comes as a good answer is one: the rate falls", async () => {
    const { pool, wires } = await openPool({ nodes: 2 });
    const [node] = pool.nodes;
    const [wire] = wires;
    if (!node || !wire) throw new Error("two nodes");
    const error = { message: "credits used up", data: "node-throttled" };
    wire.answers = { body: new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id: 1, error })) };
    expect((await failureOf(pool.requestFrom(node, header, read))).code).toBe("node-throttled");
    expect(node.isPaused).toBe(true);
    expect(node.measurements().allowedRequestsPerSecond).toBeLessThan(5);
    expect([...node.causes]).toEqual(["throttled"]);
    expect(node.mayVote).toBe(true);
    for (let i = 0; i < 10; i++) expect(await pool.request(header, read)).toBe("node-1");
  });

  it("a node that keeps failing is left alone, and asked again after a while", async () => {
    const { pool, clock, wires, poll } = await openPool({ nodes: 2 });
    const [node] = pool.nodes;
    const [wire] = wires;
    if (!node || !wire) throw new Error("two nodes");
    wire.broken = "node-http-error";
    for (let i = 0; i < 5; i++) await failureOf(pool.requestFrom(node, header, read));
    expect(node.state).toBe("throttled");
    wire.posts.length = 0;
    for (let i = 0; i < 20; i++) await pool.request(header, read);
    expect((await failureOf(pool.requestFrom(node, header, read))).message).toMatch(/left alone for a while$/);
    expect(wire.posts).toEqual([]);
    wire.broken = undefined;
    await clock.advance(2_000);
    for (let i = 0; i < 3; i++) await poll(node);
    expect(node.state).toBe("healthy");
    expect(node.breakerState).toBe("closed");
  });

  it("one that has forgotten old blocks is not asked for them, though for newer ones", async () => {
    const { pool, wires } = await openPool({ nodes: 2 });
    const [pruned] = wires;
    if (!pruned) throw new Error("two nodes");
    pruned.node.fail = (method, at) => {
      const height = at && "height" in at ? (at.height as number) : 200;
      if (method !== "fetchBlock" || height >= 150) return undefined;
      return new HeadwaterError("node-history-pruned", "no such state");
    };
    const block = (height: number) =>
      pool.request(
        async (node, options) => {
          await node.client.fetchBlock({ height }, "test/1", options);
          return node.config.name;
        },
        { ...read, need: { data: "blocks", height } },
      );
    for (let i = 0; i < 10; i++) expect(await block(100)).toBe("node-1");
    const asked = pruned.posts.length;
    expect(asked).toBe(1);
    for (let i = 0; i < 10; i++) await block(100);
    expect(pruned.posts.length).toBe(asked);
    expect(pool.nodes[0]?.measurements().servesFromHeight).toBe(101);
    const names = new Set<string>();
    for (let i = 0; i < 20; i++) names.add(await block(180));
    expect([...names].sort()).toEqual(["node-0", "node-1"]);
    expect(pool.nodes[0]?.calls.shares().errorRate).toBe(0);
  });

  it("one that lacks a block far below its tip has forgotten it; near the tip it may be to come", async () => {
    const { pool, wires } = await openPool({ nodes: 1 });
    const [node] = pool.nodes;
    const [wire] = wires;
    if (!node || !wire) throw new Error("one node");
    wire.node.fail = (method) =>
      method === "fetchBlock" ? new HeadwaterError("node-block-missing", "no such block") : undefined;
    await failureOf(node.client.fetchBlock({ height: 190 }, "test/1"));
    expect(node.measurements().servesFromHeight).toBe(0);
    await failureOf(node.client.fetchBlock({ height: 90 }, "test/1"));
    expect(node.measurements().servesFromHeight).toBe(91);
  });

  it("what turns out wrong after the call is held against the node once, and named", async () => {
    const { pool } = await openPool({ nodes: 1 });
    const [node] = pool.nodes;
    if (!node) throw new Error("one node");
    const lie = new HeadwaterError("integrity-violation", "the hash is another");
    for (let i = 0; i < 5; i++) await header(node, { work: "read" });
    await failureOf(
      pool.requestFrom(
        node,
        async () => {
          throw lie;
        },
        read,
      ),
    );
    expect(node.calls.shares().errorRate).toBeCloseTo(1 / 8);
    expect(node.lastError?.text).toBe("integrity-violation: the hash is another");
    expect(node.breakerState).toBe("closed");
  });
});

describe("the last node", () => {
  it("stays in use, marked, until a better one is there", async () => {
    const { pool } = await openPool({ nodes: 2 });
    const [a, b] = pool.nodes;
    if (!a || !b) throw new Error("two nodes");
    a.setCause("syncing", true);
    expect([a.usable, a.lastResort]).toEqual([false, false]);
    b.setCause("unreachable", true);
    expect([a.usable, a.lastResort, a.mayVote]).toEqual([true, true, false]);
    expect([b.usable, b.lastResort]).toEqual([false, false]);
    expect(await pool.request(header, read)).toBe("node-0");
    a.setCause("unreachable", true);
    expect([a.lastResort, b.lastResort]).toEqual([true, true]);
    b.setCause("unreachable", false);
    for (let i = 0; i < 3; i++) b.notePolled();
    expect([a.lastResort, b.lastResort, b.usable]).toEqual([false, false, true]);
  });

  it("is not used when it serves another chain, contradicts what is final, or an operator said so", async () => {
    for (const cause of ["cordoned", "wrong-chain", "contradicts-final", "finality-violation"] as const) {
      const { pool } = await openPool({ nodes: 1 });
      pool.nodes[0]?.setCause(cause, true);
      expect([pool.nodes[0]?.usable, pool.nodes[0]?.lastResort]).toEqual([false, false]);
      expect((await failureOf(pool.request(header, read))).message).toBe("a header: no node is usable");
    }
  });
});

describe("states", () => {
  it("are told when they change, with the moment", async () => {
    const changes: string[] = [];
    const stateChanged = (node: EventNode, from: string, to: string) =>
      changes.push(`${node.config.name} ${from} ${to}`);
    const { pool, clock } = await openPool({ nodes: 1, pool: { events: { ...noPoolEvents, stateChanged } } });
    const [node] = pool.nodes;
    if (!node) throw new Error("one node");
    const asked = node.since;
    await clock.advance(500);
    node.setCause("lagging", true);
    node.setCause("silent-feed", true);
    node.setCause("lagging", false);
    expect(changes).toEqual(["node-0 unknown healthy", "node-0 healthy lagging", "node-0 lagging healthy"]);
    expect(node.since).toBe((asked ?? 0) + 500);
  });

  it("are unknown before the first question", async () => {
    const { pool } = await openPool({ asked: false });
    expect(pool.nodes.map(({ state, usable, mayVote }) => [state, usable, mayVote])).toEqual(
      Array.from({ length: 3 }, () => ["unknown", false, false]),
    );
    expect((await failureOf(pool.request(header, read))).code).toBe("nodes-exhausted");
  });

  it("show a node that falls behind what enough operators have, by blocks and by time", async () => {
    const { pool, clock, wires, poll } = await openPool();
    const [late, ...others] = pool.nodes;
    if (!late) throw new Error("three nodes");
    for (const wire of wires.slice(1)) wire.node.chain = wire.node.chain.mine(3);
    for (const node of others) await poll(node);
    await clock.advance(9_000);
    await poll(late);
    expect(late.lag).toEqual({ blocks: 3, seconds: 9 });
    expect(late.state).toBe("healthy");
    await clock.advance(1_000);
    await poll(late);
    expect([late.state, late.mayVote, late.usable]).toEqual(["lagging", true, true]);
    const [wire] = wires;
    if (wire) wire.node.chain = wire.node.chain.mine(3);
    await poll(late);
    expect(late.state).toBe("healthy");
  });

  it("are not changed by one node that tells an absurd height", async () => {
    const { pool, clock, wires, poll } = await openPool();
    const [wire] = wires;
    if (wire) wire.node.chain = wire.node.chain.mine(1_000);
    await clock.advance(60_000);
    for (const node of pool.nodes) await poll(node);
    expect(pool.nodes.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
  });
});

describe("rates", () => {
  it("of an operator hold over its nodes, and each node's own besides", async () => {
    const budgets = new RateBudgets({ shared: { requestsPerSecond: 10 } }, new Date(0).getTime());
    const { pool, clock, wires } = await openPool({
      asked: false,
      node: (i) => (i < 2 ? { operator: "shared" } : { requestsPerSecond: 5 }),
      pool: { budgets },
    });
    const asked = pool.nodes.flatMap((node) => Array.from({ length: 100 }, () => header(node, { work: "backfill" })));
    await clock.advance(4_000);
    const [a = 0, b = 0, c = 0] = wires.map(({ posts }) => posts.length);
    expect(a + b).toBeGreaterThanOrEqual(38);
    expect(a + b).toBeLessThanOrEqual(43);
    expect(Math.min(a, b)).toBeGreaterThan(15);
    expect(c).toBeGreaterThanOrEqual(19);
    expect(c).toBeLessThanOrEqual(22);
    for (const promise of asked) promise.catch(() => {});
    await pool.close();
  });
});
