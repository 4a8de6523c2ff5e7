import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const running = endAfterEach();

async function run(...args: Parameters<typeof runEngine>): Promise<EngineUnderTest> {
  const under = await runEngine(...args);
  running.push(under);
  return under;
}

function digest(under: EngineUnderTest): string | undefined {
  using view = under.engine.view();
  return view?.position?.digest;
}

function moveAll(under: EngineUnderTest, chain: TestChain): void {
  for (const node of under.nodes) node.chain = chain;
}

describe("following", () => {
  it("imports from genesis and follows new blocks", async () => {
    const chain = TestChain.build(200, START);
    // The fake clock runs ahead of the worker thread; the tip's age must not matter here.
    const under = await run(chain, { config: { lag: { targetSeconds: 5, maxSeconds: 1_000_000 } } });
    await under.untilTip("199-main");
    moveAll(under, chain.mine(3));
    await under.untilTip("202-main");
    expect(digest(under)).toBe(await freshDigest(chain.mine(3)));
    expect(under.engine.status()).toMatchObject({ state: "synced", lagBlocks: 0, reason: null });
  });

  it("fetches no more ahead than the pipeline's cap", async () => {
    const under = await run(TestChain.build(400, START), { operators: 1 });
    await under.untilTip("399-main");
    expect(under.nodes[0]?.mostFetching).toBeGreaterThan(1);
    expect(under.nodes[0]?.mostFetching).toBeLessThanOrEqual(LIMITS.pipelineBlocks);
  });

  it("starts at the configured height", async () => {
    const under = await run(TestChain.build(50, START), {
      config: { index: { from: 40, scope: "all", verify: "full" } },
    });
    await under.untilTip("49-main");
    using view = under.engine.view();
    expect(await view?.block(39)).toBeUndefined();
    expect((await view?.block(40))?.ref.hash).toMatch(/^40-main-/);
  });

  it("goes on where it stopped, after a restart on the same store", async () => {
    const chain = TestChain.build(30, START);
    const first = await runEngine(chain, { operators: 1 });
    await first.untilTip("29-main");
    await first.stop();
    const second = await run(chain.mine(5), { operators: 1, store: first.store });
    await second.untilTip("34-main");
    // Each new block once, and once more at most where it was fetched ahead of its agreement.
    expect(second.nodes[0]?.calls.get("fetchBlock")).toBeLessThanOrEqual(10);
    expect(digest(second)).toBe(await freshDigest(chain.mine(5)));
  });
});

describe("nodes that fail", () => {
  const failures: readonly (readonly [string, HeadwaterError])[] = [
    ["cannot be reached", new HeadwaterError("node-unreachable", "down")],
    ["time out", new HeadwaterError("node-timeout", "slow")],
    [
      "throttle",
      new HeadwaterError("node-throttled", "429", { retry: { sameNode: true, otherNode: true, afterMs: 200 } }),
    ],
    ["answer with HTML", new HeadwaterError("node-bad-response", "<html>")],
    ["do not have the block", new HeadwaterError("node-block-missing", "null")],
  ];
  it.each(failures)("are passed over when they %s", async (_, error) => {
    const under = await run(TestChain.build(20, START), {
      prepare: ([first, second]) => {
        for (const node of [first, second])
          if (node) node.fail = (method) => (method === "fetchBlock" ? error : undefined);
      },
    });
    await under.untilTip("19-main");
    expect(under.nodes[0]?.calls.get("fetchBlock")).toBeGreaterThan(0);
  });

  it("are passed over when they serve another block than asked, or one that breaks its own hash", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, {
      prepare: ([first, second]) => {
        if (first) first.serve = (block) => chain.block(Math.max(0, block.ref.height - 1)) ?? block;
        if (second) second.serve = (block) => ({ ...block, ref: { ...block.ref, hash: "forged" } });
      },
    });
    await under.untilTip("19-main");
    expect(digest(under)).toBe(await freshDigest(chain));
  });

  it("are left out when they serve another chain", async () => {
    const under = await run(TestChain.build(5, START), {
      prepare: ([first]) => {
        if (first) first.chainId = "test:two";
      },
    });
    await under.untilTip("4-main");
    expect(under.engine.nodes()[0]).toMatchObject({ state: "forked", causes: ["wrong-chain"] });
    expect(under.nodes[0]?.calls.get("fetchBlock")).toBeUndefined();
  });

  it("leave the chain stalled with a reason when all are gone, and it goes on when one is back", async () => {
    const chain = TestChain.build(5, START);
    const under = await run(chain);
    await under.untilTip("4-main");
    const down = new HeadwaterError("node-unreachable", "the network is gone");
    for (const node of under.nodes) node.fail = () => down;
    await under.until(() => under.engine.status().state === "unknown" || under.engine.status().state === "stalled");
    await under.until(() => under.engine.status().reason?.includes("0 from 0 are heard") === true);
    for (const node of under.nodes) node.fail = () => undefined;
    moveAll(under, chain.mine(200));
    await under.untilTip("204-main");
  });

  it("lose only the block at hand when the plugin takes its thread down", async () => {
    const under = await run(TestChain.build(12, START), {
      operators: 2,
      prepare: ([first]) => {
        if (!first) return;
        first.serve = (block) =>
          block.ref.height === 7
            ? { ...block, transactions: [{ id: "crash", index: 0, status: "success", fee: null, movements: [] }] }
            : block;
      },
    });
    await under.untilTip("11-main");
  });
});

describe("reorgs", () => {
  it.each([1, 2, 30])("of depth %i leave the digest of a fresh import", async (depth) => {
    const chain = TestChain.build(60, START);
    const under = await run(chain);
    await under.untilTip("59-main");
    const fork = chain.fork(59 - depth, "fork", depth + 1);
    moveAll(under, fork);
    await under.untilTip(fork.tip.ref.hash);
    expect(digest(under)).toBe(await freshDigest(fork));
  });

  it("to a branch that is not longer are followed too", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    moveAll(under, chain.fork(15, "short", 2));
    await under.untilTip("17-short");
  });

  it("need as many operators as the chain's agreement asks for", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    const fork = chain.fork(17, "fork", 4);
    const [first, second, third] = under.nodes;
    if (first) first.chain = fork;
    await under.until(() => (first?.calls.get("fetchHeader") ?? 0) > 2);
    using before = under.engine.view();
    expect(before?.position?.tip.hash).toMatch(/^19-main-/);
    for (const node of [second, third]) if (node) node.chain = fork;
    await under.untilTip("21-fork");
  });

  it("need as many regions as the chain's agreement asks for", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, { config: { agreement: { operators: 2, regions: 2 } } });
    await under.untilTip("19-main");
    const fork = chain.fork(17, "fork", 4);
    const [first, second, third] = under.nodes;
    // The first and the third stand in one region.
    for (const node of [first, third]) if (node) node.chain = fork;
    await under.until(() => under.engine.agreementOf(chain.tip.ref).operators === 1);
    await under.clock.advance(5_000);
    using before = under.engine.view();
    expect(before?.position?.tip.hash).toBe(chain.tip.ref.hash);
    if (second) second.chain = fork;
    await under.untilTip("21-fork");
  });

  it("never undo what is final: the chain stops in conflict and keeps answering", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes) node.finalizedHeight = 25;
      },
    });
    await under.untilTip("29-main");
    await under.until(() => {
      using view = under.engine.view();
      return view?.position?.finalized?.height === 25;
    });
    const before = digest(under);
    for (const node of under.nodes) {
      node.chain = chain.fork(20, "deep", 15);
      node.finalizedHeight = -1;
    }
    await under.until(() => under.engine.status().state === "conflict");
    expect(under.engine.status().reason).toMatch(
      /at height 25, where the index holds 25-main-\w+ final, 2 operators have 25-deep-/,
    );
    expect(digest(under)).toBe(before);
    using view = under.engine.view();
    expect((await view?.block(25))?.ref.hash).toMatch(/^25-main-/);
  });
});

describe("what is said of a block", () => {
  it("counts operators, not nodes, and only those known to stand behind it", async () => {
    const chain = TestChain.build(10, START);
    const under = await run(chain);
    await under.untilTip("9-main");
    const tip = chain.tip.ref;
    await under.until(() => under.engine.agreementOf(tip).operators === 3);
    expect(under.engine.agreementOf(tip)).toEqual({ operators: 3, required: 2, regions: ["region-0", "region-1"] });
    const [, , third] = under.nodes;
    if (third) third.chain = chain.fork(5, "alone", 3);
    await under.until(() => under.engine.agreementOf(tip).operators === 2);
  });

  it("calls a block final when enough operators do, and never takes it back", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    const [first, second, third] = under.nodes as [never, never, never] as { finalizedHeight: number }[];
    const finalized = () => {
      using view = under.engine.view();
      return view?.position?.finalized?.height;
    };
    if (first) first.finalizedHeight = 18;
    if (second) second.finalizedHeight = 12;
    await under.until(() => finalized() === 12);
    if (third) third.finalizedHeight = 15;
    await under.until(() => finalized() === 15);
    for (const node of [first, second, third]) if (node) node.finalizedHeight = 3;
    moveAll(under, chain.mine(1));
    await under.untilTip("20-main");
    expect(finalized()).toBe(15);
  });
});
