import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../src/testing/chain/test-node.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const SKIPPED = new HeadwaterError("node-block-skipped", "height was skipped");
const running = endAfterEach();

async function run(...args: Parameters<typeof runEngine>): Promise<EngineUnderTest> {
  const under = await runEngine(args[0], {
    inline: true,
    ...args[1],
    config: { lag: { targetSeconds: 5, maxSeconds: 1_000_000 }, ...args[1]?.config },
  });
  running.push(under);
  return under;
}

/** `before` blocks from height 0, then so many heights without a block, then `after` blocks. */
function gapped(before: number, skipped: number, after: number): TestChain {
  return TestChain.buildSlots(before, START).skip(skipped).mine(after);
}

function calls(under: EngineUnderTest, method: Parameters<TestNode["calls"]["get"]>[0]): number {
  return under.nodes.reduce((sum, node) => sum + (node.calls.get(method) ?? 0), 0);
}

function position({ engine }: EngineUnderTest) {
  using view = engine.view();
  return view?.position;
}

async function heights({ engine }: EngineUnderTest): Promise<number[]> {
  using view = engine.view();
  const found: number[] = [];
  let at: number | undefined = view?.position?.tip.height;
  while (view && at !== undefined && at >= 0) {
    const block = await view.block(at);
    if (!block) break;
    found.unshift(at);
    at = block.ref.parentHeight;
  }
  return found;
}

function heightsOf(chain: TestChain): number[] {
  return chain.blocks.map(({ ref }) => ref.height);
}

describe("an import of a chain that skips heights", () => {
  it("takes in every block, and asks for no height without one", async () => {
    const chain = TestChain.buildSlots(300, START, (height) => (height % 7 === 0 ? height % 3 : 0));
    const under = await run(chain, { operators: 1 });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(calls(under, "fetchBlock")).toBe(300);
    expect(calls(under, "listHeights")).toBe(1);
  });

  it.each([1, 100, 10_000])("passes a run of %d skipped heights", async (skipped) => {
    const chain = gapped(40, skipped, 60);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(calls(under, "fetchBlock")).toBe(100);
  });

  it("passes a run that is the whole rest of a list's range", async () => {
    const chain = gapped(40, LIMITS.plannedHeights - 40, 300);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
  });

  it.each([1, 100, 10_000])("begins above %d skipped heights", async (skipped) => {
    const chain = gapped(40, skipped, 60);
    const from = chain.blocks[39]?.ref.height as number;
    const under = await run(chain, { config: { index: { from: from + 1, scope: "all", verify: "full" } } });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain).slice(40));
    expect(position(under)?.transactions).toBe(120);
  });

  it("asks for the next list before what is planned is fetched", async () => {
    // The first list holds three hundred blocks, of which the last is followed by heights without any.
    const chain = gapped(300, LIMITS.plannedHeights - 200, 300);
    let lists: number | undefined;
    const under = await run(chain, {
      operators: 1,
      prepare: ([node]) => {
        if (!node) return;
        node.fail = (method, at) => {
          const isLast = method === "fetchBlock" && at && "height" in at && at.height === 299;
          if (isLast) lists = node.calls.get("listHeights");
          return undefined;
        };
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(lists).toBe(2);
    expect(calls(under, "listHeights")).toBe(2);
  });

  it("comes to the same ledger as one that is followed block by block", async () => {
    const chain = TestChain.buildSlots(20, START);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    let grown = chain;
    for (const skipped of [0, 1, 100, 0, 10_000, 2]) {
      grown = grown.skip(skipped).mine(1);
      for (const node of under.nodes) node.chain = grown;
      await under.untilTip(grown.tip.ref.hash);
    }
    expect(calls(under, "listHeights")).toBe(1);
    expect(position(under)?.digest).toBe(await freshDigest(grown));
  });
});

describe("a list of heights", () => {
  it("that leaves some out costs nothing but to fetch these by hash", async () => {
    const chain = TestChain.buildSlots(200, START, (height) => (height % 9 === 0 ? 1 : 0));
    const under = await run(chain, {
      operators: 1,
      prepare: ([node]) => {
        if (node) node.list = (heights) => heights.filter((_, i) => i % 10 !== 3);
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(calls(under, "listHeights")).toBe(1);
    expect(calls(under, "fetchBlock")).toBe(200);
  });

  it.each([
    ["leaves a long run out", (list: readonly number[]) => list.filter((height) => height < 30 || height > 100)],
    ["leaves every other one out", (list: readonly number[]) => list.filter((_, i) => i % 2 === 0)],
    ["is empty", () => []],
  ])("that %s is the node's fault, and another node's is taken", async (_, list) => {
    const chain = TestChain.buildSlots(200, START);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes.slice(0, 2)) node.list = list;
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(under.engine.status().reason).toBeNull();
    const [honest] = under.nodes.slice(2);
    const blamed = under.engine
      .nodes()
      .filter(({ lastError }) => lastError?.includes("its lists of heights leave out"));
    for (const { name } of blamed) expect(name).not.toBe(honest?.name);
    expect(honest?.calls.get("listHeights") ?? 0).toBeGreaterThan(0);
  });

  it("that nobody gives is not needed: each height is asked for", async () => {
    const chain = gapped(40, 100, 60);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes) {
          node.fail = (method) =>
            method === "listHeights" ? new HeadwaterError("node-method-unsupported", "no lists here") : undefined;
        }
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
  });

  it.each([
    ["is not in order", [5, 4]],
    ["holds what was not asked for", [1_000_000]],
    ["holds what is no height", [1.5]],
  ])("that %s is refused", async (_, list) => {
    const chain = TestChain.buildSlots(100, START);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes.slice(0, 2)) node.list = () => list;
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(under.nodes[2]?.calls.get("listHeights")).toBe(1);
  });
});

describe("a node that says that a height is skipped", () => {
  it("which has a block is found out by the next block's parent, at fault, and not believed again", async () => {
    const chain = TestChain.buildSlots(400, START);
    const under = await run(chain, {
      prepare: ([liar]) => {
        if (liar) liar.fail = (method) => (method === "fetchBlock" ? SKIPPED : undefined);
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    const [liar] = under.engine.nodes();
    expect(liar?.lastError).toMatch(
      /^node-wrong-block: node \S+: said that height \d+ is skipped, the chain has block/,
    );
    expect(liar?.errorRate).toBeGreaterThan(0);
    for (const { errorRate, lastError } of under.engine.nodes().slice(1))
      expect([errorRate, lastError]).toEqual([0, null]);
  });

  it("as it really is tells nothing against itself", async () => {
    const chain = gapped(40, 200, 60);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes)
          node.list = () => {
            throw new HeadwaterError("node-method-unsupported", "none");
          };
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    for (const { errorRate, servesFromHeight } of under.engine.nodes()) {
      expect([errorRate, servesFromHeight]).toEqual([0, 0]);
    }
  });
});

describe("a node that does not tell skipped heights from missing ones", () => {
  it("holds nothing up, and is not taken to have pruned", async () => {
    const chain = gapped(40, 100, 160);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes) {
          node.fail = (method, at) => {
            if (method === "listHeights") return new HeadwaterError("node-method-unsupported", "no lists here");
            const isSkipped = method === "fetchBlock" && at && "height" in at && !node.chain.block(at.height as number);
            return isSkipped ? new HeadwaterError("node-block-missing", "not there") : undefined;
          };
        }
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
    expect(under.engine.nodes().map(({ servesFromHeight }) => servesFromHeight)).toEqual([0, 0, 0]);
  });
});

describe("a node that has pruned", () => {
  it("and lists nothing of what it has not is left for one that has it", async () => {
    const chain = gapped(100, 50, 100);
    const pruned = new HeadwaterError("node-history-pruned", "no longer");
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes.slice(0, 2)) {
          node.list = (list) => list.filter((height) => height >= 120);
          node.fail = (method, at) =>
            method === "fetchBlock" && at && "height" in at && (at.height as number) < 120 ? pruned : undefined;
        }
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(await heights(under)).toEqual(heightsOf(chain));
  });
});
