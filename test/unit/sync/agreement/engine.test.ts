import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../../src/testing/chain/test-node.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const DOWN = new HeadwaterError("node-unreachable", "down");
const running = endAfterEach();

async function run(...args: Parameters<typeof runEngine>): Promise<EngineUnderTest> {
  const under = await runEngine(args[0], { inline: true, ...args[1] });
  running.push(under);
  return under;
}

function three(under: EngineUnderTest): [TestNode, TestNode, TestNode] {
  return under.nodes as unknown as [TestNode, TestNode, TestNode];
}

function position({ engine }: EngineUnderTest) {
  using view = engine.view();
  return view?.position;
}

function nodeOf({ engine }: EngineUnderTest, { name }: TestNode) {
  return engine.nodes().find((node) => node.name === name);
}

describe("a block that only one operator tells", () => {
  it("is shown as the tip with its agreement, and not committed before another stands behind it", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    const [first, second] = three(under);
    first.chain = chain.mine(3);
    await under.until(() => under.engine.status().tip?.height === 22);
    await under.clock.advance(5_000);
    const { tip, agreedTip, lagBlocks } = under.engine.status();
    expect(tip?.agreement).toMatchObject({ operators: 1, required: 2 });
    expect(agreedTip).toMatchObject({ height: 19, agreement: { operators: 3 } });
    expect(lagBlocks).toBe(0);
    expect(position(under)?.tip.height).toBe(19);
    second.chain = chain.mine(2);
    await under.untilTip("21-main");
  });

  it("is fetched ahead, so that nothing is left to fetch when the deciding vote comes", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    const [first, second, third] = three(under);
    const blocks = () => under.nodes.reduce((sum, { calls }) => sum + (calls.get("fetchBlock") ?? 0), 0);
    const before = blocks();
    first.chain = chain.mine(1);
    await under.until(() => blocks() === before + 1);
    for (const node of [second, third]) node.chain = chain.mine(1);
    await under.untilTip("20-main");
    expect(blocks()).toBe(before + 1);
  });
});

describe("a node on a branch of its own", () => {
  it("gives nothing to the import, is found forked with evidence, and comes back by itself", async () => {
    const chain = TestChain.build(120, START);
    const under = await run(chain, {
      config: { lag: { targetSeconds: 5, maxSeconds: 1_000_000 } },
      prepare: ([, , third]) => {
        if (third) third.chain = chain.fork(30, "odd", 85);
      },
    });
    const [, , odd] = three(under);
    await under.untilTip("119-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    await under.until(() => nodeOf(under, odd)?.state === "forked");
    await under.until(async () => (await under.engine.evidence(10)).length > 0);
    const evidence = await under.engine.evidence(10);
    expect(evidence).toContainEqual(
      expect.objectContaining({ kind: "minority-branch", said: [expect.objectContaining({ node: odd.name })] }),
    );
    for (const found of evidence) {
      if (found.kind !== "minority-branch") continue;
      expect(found.theirs.hash).toMatch(/-odd-/);
      expect(found.ours?.hash).toMatch(/-main-/);
      expect(found.ours?.height).toBe(found.theirs.height);
    }
    odd.chain = chain;
    await under.until(() => nodeOf(under, odd)?.state === "healthy");
    expect(under.engine.agreementOf(chain.tip.ref).operators).toBe(3);
  });
});

describe("a quorum that cannot be had", () => {
  it("stalls the chain with the reason, and lowers nothing", async () => {
    const chain = TestChain.build(10, START);
    const under = await run(chain);
    await under.untilTip("9-main");
    const [first, second, third] = three(under);
    for (const node of [second, third]) node.fail = () => DOWN;
    first.chain = chain.mine(5);
    await under.until(() => under.engine.status().state === "stalled");
    expect(under.engine.status().reason).toBe(
      `the chain needs 2 operators from 1 region, 1 from 1 are heard: operator-1 (${second.name}): unreachable; operator-2 (${third.name}): unreachable`,
    );
    await under.clock.advance(30_000);
    expect(position(under)?.tip.height).toBe(9);
    second.fail = () => undefined;
    second.chain = chain.mine(5);
    await under.untilTip("14-main");
  });

  it("is not lowered by cordons", async () => {
    const chain = TestChain.build(10, START);
    const under = await run(chain);
    await under.untilTip("9-main");
    const [first, second, third] = three(under);
    for (const { name } of [second, third]) await under.engine.cordon(name, "a test");
    for (const node of [first, second, third]) node.chain = chain.mine(1);
    await under.until(() => under.engine.status().state === "stalled");
    expect(position(under)?.tip.height).toBe(9);
    await under.engine.uncordon(third.name);
    await under.untilTip("10-main");
  });

  it("is unknown where there never was one", async () => {
    const under = await run(TestChain.build(10, START), {
      prepare: ([first, second]) => {
        for (const node of [first, second]) if (node) node.fail = () => DOWN;
      },
    });
    await under.until(() => under.engine.status().reason?.includes("1 from 1 are heard") === true);
    await under.clock.advance(60_000);
    expect(under.engine.status()).toMatchObject({ state: "unknown", agreedTip: null });
    expect(position(under)).toBeUndefined();
  });

  it("shows who stands where when the operators do not agree", async () => {
    const chain = TestChain.build(10, START);
    const under = await run(chain, {
      config: { agreement: { operators: 3 } },
      prepare: ([, second]) => {
        if (second) second.chain = TestChain.build(9, START + 500);
      },
    });
    await under.until(() => under.engine.status().reason?.startsWith("no block has 3 operators") === true);
    expect(position(under)).toBeUndefined();
  });
});

describe("a region that is cut off", () => {
  it("leaves the chain synced, and out of what answers claim", async () => {
    const chain = TestChain.build(10, START);
    const under = await run(chain);
    await under.untilTip("9-main");
    const [first, second, third] = three(under);
    await under.until(() => under.engine.agreementOf(chain.tip.ref).regions.length === 2);
    second.fail = () => DOWN;
    for (const node of [first, third]) node.chain = chain.mine(2);
    await under.untilTip("11-main");
    await under.until(() => nodeOf(under, second)?.state === "unreachable");
    expect(under.engine.agreementOf(chain.mine(2).tip.ref).regions).toEqual(["region-0"]);
    expect(under.engine.status().state).toBe("synced");
  });
});

describe("what is final", () => {
  async function withFinal(height: number, options: Parameters<typeof runEngine>[1] = {}) {
    const chain = TestChain.build(30, START);
    const under = await run(chain, {
      ...options,
      prepare: (nodes) => {
        for (const node of nodes) node.finalizedHeight = height;
      },
    });
    await under.untilTip("29-main");
    await under.until(() => position(under)?.finalized?.height === height);
    return { chain, under };
  }

  it("that one node contradicts is that node's fault: it is set aside, and the chain goes on", async () => {
    const { chain, under } = await withFinal(20);
    const [first, second, odd] = three(under);
    odd.chain = chain.fork(15, "odd", 20);
    await under.until(() => nodeOf(under, odd)?.causes.includes("contradicts-final") === true);
    await under.until(async () => (await under.engine.evidenceCounts())["final-conflict"] === 1);
    for (const node of [first, second]) node.chain = chain.mine(3);
    await under.untilTip("32-main");
    expect(under.engine.status().state).not.toBe("conflict");
  });

  it("that enough operators contradict stops the chain, also after a restart, and keeps the evidence", async () => {
    const { chain, under } = await withFinal(20);
    for (const node of under.nodes) node.chain = chain.fork(15, "deep", 20);
    await under.until(() => under.engine.status().state === "conflict");
    const { conflict } = under.engine;
    expect(conflict?.evidence.said.length).toBeGreaterThanOrEqual(2);
    expect(conflict?.evidence.ours?.hash).toMatch(/-main-/);
    expect(conflict?.evidence.theirs.hash).toMatch(/-deep-/);
    await under.until(async () => (await under.store.records.conflict(under.engine.id)) !== undefined);
    await under.stop();
    const again = await run(chain.mine(5), { store: under.store });
    running.splice(running.indexOf(under), 1);
    await again.until(() => again.engine.status().state === "conflict");
    await again.clock.advance(10_000);
    expect(position(again)?.tip.hash).toBe(chain.tip.ref.hash);
  });

  it("that a node takes back costs it its vote at once, until it has been consistent for a while", async () => {
    const { under } = await withFinal(20);
    const [, , odd] = three(under);
    odd.finalizedHeight = 12;
    await under.until(() => nodeOf(under, odd)?.causes.includes("finality-violation") === true);
    await under.until(async () => (await under.engine.evidenceCounts())["finality-violation"] === 1);
    expect(under.engine.status().tip?.agreement.operators).toBe(2);
    await under.until(() => nodeOf(under, odd)?.state === "healthy");
    expect((await under.engine.evidenceCounts())["finality-violation"]).toBe(1);
  });
});

describe("an operator with two nodes", () => {
  const nodes = (names: readonly string[]) =>
    names.map((name, i) => ({
      name,
      url: "http://127.0.0.1:1",
      operator: i < 2 ? "twice" : `operator-${i}`,
      region: "region-0",
    }));

  it("has one vote, and none where its nodes contradict each other", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, { config: { agreement: { operators: 2 } }, nodesOf: nodes });
    await under.untilTip("19-main");
    const [one, two] = three(under);
    one.chain = chain.mine(2);
    two.chain = chain.mine(2);
    await under.until(() => under.engine.status().tip?.height === 21);
    await under.clock.advance(3_000);
    expect(position(under)?.tip.height).toBe(19);
    expect(under.engine.status().tip?.agreement.operators).toBe(1);
    two.chain = chain.fork(19, "other", 2);
    await under.until(async () => (await under.engine.evidenceCounts())["equivocation"] > 0);
    const [found] = await under.engine.evidence(1);
    expect(found?.said.map(({ operator }) => operator)).toEqual(["twice", "twice"]);
  });
});

describe("a reorg below the first indexed block", () => {
  it("begins the index anew where nothing is final", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, { config: { index: { from: 18, scope: "all", verify: "full" } } });
    await under.untilTip("19-main");
    const fork = chain.fork(15, "fork", 6);
    for (const node of under.nodes) node.chain = fork;
    await under.untilTip("21-fork");
    using view = under.engine.view();
    expect((await view?.block(18))?.ref.hash).toMatch(/^18-fork-/);
  });
});

describe("an index from the latest block", () => {
  it("begins at a tip that enough operators agree on, whatever one of them tells", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, {
      config: { index: { from: "latest", scope: "all", verify: "full" } },
      prepare: ([first]) => {
        if (first) first.chain = chain.mine(40);
      },
    });
    await under.untilTip("19-main");
    expect(under.engine.startHeight).toBe(19);
  });

  it("begins at a final block that enough operators agree on", async () => {
    const under = await run(TestChain.build(20, START), {
      config: { index: { from: "finalized", scope: "all", verify: "full" } },
      prepare: ([first, second, third]) => {
        if (first) first.finalizedHeight = 18;
        if (second) second.finalizedHeight = 12;
        if (third) third.finalizedHeight = 3;
      },
    });
    await under.untilTip("19-main");
    expect(under.engine.startHeight).toBe(12);
  });

  it.each([
    [5, 15],
    [20, 0],
    [100, 0],
  ])("begins at the block that %i blocks make final where no node tells it: %i", async (finalDepth, expected) => {
    const under = await run(TestChain.build(20, START), {
      config: { index: { from: "finalized", scope: "all", verify: "full" }, options: { finalDepth } },
    });
    await under.untilTip("19-main");
    expect(under.engine.startHeight).toBe(expected);
  });
});
