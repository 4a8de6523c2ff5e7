import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../src/core/clock.ts";
import type { ChainNode } from "../../../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { TEST_NATIVE, TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { TestNode } from "../../../../src/testing/chain/test-node.ts";
import plugin from "../../../../src/testing/chain/test-plugin.ts";
import type { Fault } from "../../../../src/testing/faulty-node/fault-script.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { type FaultyUnderTest, startFaulty } from "../../../support/faulty.ts";

const CHAIN = TestChain.build(20, Date.UTC(2026, 0, 1));
const servers: FaultyUnderTest["server"][] = [];
let honest: TestNode;

async function start(...faults: Fault[]): Promise<FaultyUnderTest> {
  honest = new TestNode("honest", "test:one", CHAIN);
  honest.safeHeight = 16;
  honest.finalizedHeight = 13;
  const under = await startFaulty(honest, faults);
  servers.push(under.server);
  return under;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const family = plugin.open({
  id: "test:one",
  plugin: "test",
  index: { from: 0, scope: "all", verify: "full" },
  agreement: {},
  lag: { targetSeconds: 5, maxSeconds: 60 },
  nodes: [],
  options: {},
});

async function verify(client: ChainNode, height: number): Promise<BlockRef> {
  return family.verify(await client.fetchBlock({ height }, "test/1")).ref;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await failureOf(promise)).code;
}

describe("without a fault", () => {
  it("passes everything on as it came", async () => {
    const { client, injected } = await start();
    expect((await client.fetchTips()).tip).toEqual(CHAIN.tip.ref);
    expect(await verify(client, 7)).toEqual(CHAIN.block(7)?.ref);
    expect((await client.probe()).chainId).toBe("test:one");
    expect(injected).toEqual([]);
  });
});

describe("on the way", () => {
  it("is late", async () => {
    const { client, injected } = await start({ kind: "latency", ms: 30, jitterMs: 10 });
    const begun = systemClock.now();
    await client.probe();
    // Timers and the wall clock may differ by a millisecond.
    expect(systemClock.now() - begun).toBeGreaterThanOrEqual(29);
    expect(injected).toMatchObject([{ kind: "latency", methods: ["test_describe"] }]);
  });

  it.each<[Fault, string]>([
    [{ kind: "drop" }, "node-unreachable"],
    [{ kind: "status", status: 429, retryAfterSeconds: 3 }, "node-throttled"],
    [{ kind: "status", status: 503 }, "node-http-error"],
    [{ kind: "html" }, "node-bad-response"],
    [{ kind: "truncated" }, "node-bad-response"],
  ])("fails by %o", async (fault, code) => {
    const { client, injected } = await start(fault);
    expect(await codeOf(client.fetchTips())).toBe(code);
    expect(injected).toMatchObject([{ kind: fault.kind }]);
  });

  it("says when to come back, where the script does", async () => {
    const { client } = await start({ kind: "status", status: 429, retryAfterSeconds: 3 });
    expect((await failureOf(client.probe())).retry.afterMs).toBe(3_000);
  });

  it("never answers", async () => {
    const { client } = await start({ kind: "timeout" });
    expect(await codeOf(client.fetchTips({ timeoutMs: 20 }))).toBe("node-timeout");
  });

  it("befalls the methods that are named, and no others", async () => {
    const { client } = await start({ kind: "drop", when: { methods: ["test_block"] } });
    expect((await client.fetchTips()).tip.height).toBe(19);
    expect(await codeOf(client.fetchBlock({ height: 3 }, "test/1"))).toBe("node-unreachable");
  });

  it("befalls the blocks that are named", async () => {
    const { client } = await start({ kind: "drop", when: { fromBlock: 20, untilBlock: 21 } });
    await client.probe();
    honest.chain = CHAIN.mine(1);
    expect(await codeOf(client.probe())).toBe("node-unreachable");
    honest.chain = CHAIN.mine(2);
    await client.probe();
  });

  it("befalls as many requests as the probability says, the same for the same seed", async () => {
    const outcomes = async () => {
      const { client } = await start({ kind: "html", when: { probability: 0.5 } });
      const codes = [];
      for (let i = 0; i < 30; i++)
        codes.push(
          await client.probe().then(
            () => "ok",
            (error) => error.code,
          ),
        );
      return codes;
    };
    const first = await outcomes();
    expect(new Set(first)).toEqual(new Set(["ok", "node-bad-response"]));
    expect(await outcomes()).toEqual(first);
  });
});

describe("the head", () => {
  it("stands behind, and blocks above it are not there", async () => {
    const { client } = await start({ kind: "stale-head", blocks: 4 });
    const { tip, safe, finalized } = await client.fetchTips();
    expect([tip.height, safe?.height, finalized?.height]).toEqual([15, 15, 13]);
    expect(await codeOf(client.fetchHeader({ height: 16 }))).toBe("node-block-missing");
    expect(await codeOf(client.fetchBlock({ hash: CHAIN.tip.ref.hash }, "test/1"))).toBe("node-block-missing");
    expect(await verify(client, 15)).toEqual(tip);
  });

  it("stands still", async () => {
    const { client } = await start({ kind: "frozen-head" });
    expect((await client.fetchTips()).tip.height).toBe(19);
    honest.chain = CHAIN.mine(5);
    expect((await client.fetchTips()).tip.height).toBe(19);
  });

  it("jumps back and forth", async () => {
    const { client } = await start({ kind: "head-jumps-back", blocks: 3 });
    const heights = [];
    for (let i = 0; i < 4; i++) heights.push((await client.fetchTips()).tip.height);
    expect(heights).toEqual([19, 16, 19, 16]);
  });

  it("is of a branch of its own that holds together, and grows with the chain", async () => {
    const { client } = await start({ kind: "fork", depth: 3, salt: "evil" });
    const { tip, finalized } = await client.fetchTips();
    expect([tip.height, finalized]).toEqual([19, CHAIN.block(13)?.ref]);
    honest.chain = CHAIN.mine(2);
    let at = (await client.fetchTips()).tip;
    expect([at.height, at.parentHash]).not.toEqual([21, honest.chain.block(20)?.ref.hash]);
    const hashes = [];
    for (; at.height > 16; at = await client.fetchHeader({ hash: at.parentHash })) {
      expect(await verify(client, at.height)).toEqual(at);
      hashes.push(at.hash);
    }
    expect(hashes).toContain(tip.hash);
    expect(hashes.filter((hash) => honest.chain.block(hash))).toEqual([]);
    expect(at).toEqual(CHAIN.block(16)?.ref);
    expect(await codeOf(client.fetchHeader({ hash: CHAIN.tip.ref.hash }))).toBe("node-block-missing");
    const amounts = await client.readBalances([{ account: "account-1", asset: TEST_NATIVE }], tip);
    expect(amounts).toHaveLength(1);
  });

  it("is the same of two nodes that conspire", async () => {
    const first = await start({ kind: "fork", depth: 3, salt: "evil" });
    const second = await start({ kind: "fork", depth: 3, salt: "evil" });
    const other = await start({ kind: "fork", depth: 3, salt: "other" });
    const { tip } = await first.client.fetchTips();
    expect((await second.client.fetchTips()).tip).toEqual(tip);
    expect((await other.client.fetchTips()).tip).not.toEqual(tip);
  });

  it("is now this block, now another of the same height", async () => {
    const { client } = await start({ kind: "equivocation", when: { probability: 0.5 } });
    const tips = new Map<string, BlockRef>();
    while (tips.size < 2) {
      const { tip } = await client.fetchTips();
      tips.set(tip.hash, tip);
    }
    const other = [...tips.values()].find(({ hash }) => hash !== CHAIN.tip.ref.hash) as BlockRef;
    expect(other).toMatchObject({ height: 19, parentHash: CHAIN.tip.ref.parentHash });
    const raw = await client.fetchBlock({ hash: other.hash }, "test/1");
    expect(family.verify(raw).ref).toEqual(other);
  });
});

describe("a block", () => {
  it.each(["changed-movement", "missing-movement"] as const)("with a %s breaks its own hash", async (kind) => {
    const { client, injected } = await start({ kind });
    await expect(verify(client, 5)).rejects.toMatchObject({ code: "integrity-violation" });
    expect(injected).toMatchObject([{ kind, methods: ["test_block"] }]);
    expect((await client.fetchTips()).tip).toEqual(CHAIN.tip.ref);
  });

  it("is not there although it was told", async () => {
    const { client } = await start({ kind: "missing-block" });
    const { tip } = await client.fetchTips();
    expect(await codeOf(client.fetchHeader({ hash: tip.hash }))).toBe("node-block-missing");
  });

  it("has another time, which its hash denies", async () => {
    const { client } = await start({ kind: "wrong-time", seconds: 60 });
    expect((await client.fetchTips()).tip).toEqual({ ...CHAIN.tip.ref, time: CHAIN.tip.ref.time + 60_000 });
    await expect(verify(client, 5)).rejects.toMatchObject({ code: "integrity-violation" });
  });
});

describe("what is told", () => {
  it("is another chain's id", async () => {
    const { client } = await start({ kind: "wrong-chain" });
    expect((await client.probe()).chainId).toBe("test:other");
  });

  it("is another balance", async () => {
    const { client } = await start({ kind: "changed-balance" });
    const queries = [{ account: "account-1", asset: TEST_NATIVE }];
    const told = await client.readBalances(queries, CHAIN.tip.ref);
    expect(told).toEqual([31_337n]);
  });

  it("is a finalized block that goes back, or becomes another", async () => {
    const back = await start({ kind: "finality-violation", how: "back", blocks: 5 });
    expect((await back.client.fetchTips()).finalized).toEqual(CHAIN.block(8)?.ref);
    const changed = await start({ kind: "finality-violation", how: "changed" });
    const { tip, finalized } = await changed.client.fetchTips();
    expect(tip).toEqual(CHAIN.tip.ref);
    expect(finalized).toMatchObject({ height: 13, parentHash: CHAIN.block(12)?.ref.hash });
    expect(finalized?.hash).not.toBe(CHAIN.block(13)?.ref.hash);
  });
});

describe("the push feed", () => {
  async function watch({ client }: FaultyUnderTest, heads: number): Promise<BlockRef[]> {
    const stop = new AbortController();
    const told: BlockRef[] = [];
    const watching = client.watchTips?.((tip) => {
      told.push(tip);
      if (told.length === heads) stop.abort();
    }, stop.signal);
    // Whether the subscription has arrived can only be seen from its effect.
    let chain = CHAIN;
    while (!stop.signal.aborted) {
      chain = chain.mine(1);
      honest.chain = chain;
      await client.probe();
    }
    await watching;
    return told;
  }

  it("comes through as it is", async () => {
    const [first, second] = await watch(await start(), 2);
    expect(first?.hash).toBe(honest.chain.block(first?.height ?? -1)?.ref.hash);
    expect(second?.height).toBe((first?.height ?? 0) + 1);
  });

  it("tells the fork as the answers do", async () => {
    const under = await start({ kind: "fork", depth: 2 });
    await under.client.fetchTips();
    const [pushed] = await watch(under, 1);
    expect(pushed?.hash).not.toBe(honest.chain.block(pushed?.height ?? -1)?.ref.hash);
    expect(await under.client.fetchHeader({ hash: pushed?.hash ?? "" })).toEqual(pushed);
  });

  it("stays open and says nothing", async () => {
    const under = await start({ kind: "silent-feed", when: { untilBlock: 60 } });
    const [first] = await watch(under, 1);
    expect(first?.height).toBeGreaterThanOrEqual(60);
    expect(under.injected.filter(({ kind }) => kind === "silent-feed").length).toBeGreaterThan(0);
  });
});
