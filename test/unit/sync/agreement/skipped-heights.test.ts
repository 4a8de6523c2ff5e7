import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../../src/testing/chain/test-node.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
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

function moveAll(under: EngineUnderTest, chain: TestChain): void {
  for (const node of under.nodes) node.chain = chain;
}

describe("a reorg over skipped heights", () => {
  const shared = TestChain.buildSlots(20, START);
  it.each([
    ["skips the height of our block", shared.mine(2), shared.fork(19, "fork", 0).skip(1).mine(2)],
    ["has a block at a height that we skip", shared.skip(1).mine(1), shared.fork(19, "fork", 3)],
    ["skips all that we have above", shared.mine(2), shared.fork(19, "fork", 0).skip(100).mine(1)],
    ["is lower than what we skip to", shared.skip(100).mine(1), shared.fork(19, "fork", 0).skip(50).mine(2)],
  ])("to a branch that %s", async (_, before, after) => {
    const under = await run(before);
    await under.untilTip(before.tip.ref.hash);
    moveAll(under, after);
    await under.untilTip(after.tip.ref.hash);
    expect(position(under)?.digest).toBe(await freshDigest(after));
    expect(under.engine.conflict).toBeUndefined();
  });

  it("below the first block of an index that begins at a skipped height begins anew", async () => {
    const before = shared.skip(3).mine(4);
    const under = await run(before, { config: { index: { from: 21, scope: "all", verify: "full" } } });
    await under.untilTip(before.tip.ref.hash);
    const after = shared.fork(17, "fork", 0).skip(4).mine(10);
    moveAll(under, after);
    await under.untilTip(after.tip.ref.hash);
    using view = under.engine.view();
    const lowest = after.blocks.find(({ ref }) => ref.height >= 21);
    expect((await view?.nearestBlock(0, "above"))?.ref.hash).toBe(lowest?.ref.hash);
  });
});

describe("a node on a branch of its own, in an import", () => {
  // The chain has no block at 30, the branch none at 33.
  const chain = TestChain.buildSlots(30, START).skip(1).mine(200);
  const branch = chain.fork(29, "odd", 3).skip(1).mine(195);

  it("gives nothing where the others have skipped the height: their next block counts against it", async () => {
    const under = await run(chain, {
      prepare: ([odd]) => {
        if (odd) odd.chain = branch;
      },
    });
    const [odd, ...honest] = three(under);
    for (const node of honest)
      node.list = () => {
        throw new HeadwaterError("node-method-unsupported", "no lists");
      };
    await under.untilTip(chain.tip.ref.hash);
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    await under.until(() => nodeOf(under, odd)?.state === "forked");
  });

  it.each([[0], [1], [2]])("is found whoever lists the heights first (%d)", async (turn) => {
    const under = await run(chain, {
      prepare: (nodes) => {
        const odd = nodes[turn] as TestNode;
        odd.chain = branch;
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    for (const { hash, ours } of (await under.engine.evidence(10)).flatMap((found) =>
      found.kind === "minority-branch" ? [{ hash: found.theirs.hash, ours: found.ours?.hash }] : [],
    )) {
      expect(hash).toMatch(/-odd-/);
      if (ours !== undefined) expect(ours).toMatch(/-main-/);
    }
  });
});

describe("what is final", () => {
  /** Blocks at all heights but 20; final is the block at 25. */
  async function withFinal() {
    const chain = TestChain.buildSlots(20, START).skip(1).mine(15);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const node of nodes) node.finalizedHeight = 25;
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    await under.until(() => position(under)?.finalized?.height === 25);
    return { chain, under };
  }

  it("is contradicted by a final block at a height that it skips", async () => {
    const { chain, under } = await withFinal();
    const [, , odd] = three(under);
    odd.finalizedHeight = 20;
    odd.chain = chain.fork(19, "odd", 20);
    await under.until(() => nodeOf(under, odd)?.causes.includes("contradicts-final") === true);
    await under.until(async () => (await under.engine.evidenceCounts())["final-conflict"] > 0);
    const found = (await under.engine.evidence(10)).find(({ kind }) => kind === "final-conflict");
    expect(found).toMatchObject({ theirs: { height: 20 }, ours: { height: 21, parentHeight: 19 } });
    expect(under.engine.status().state).not.toBe("conflict");
  });

  it("is contradicted by a branch that skips its height", async () => {
    const { chain, under } = await withFinal();
    const [, , odd] = three(under);
    odd.finalizedHeight = -1;
    odd.chain = chain.fork(24, "odd", 0).skip(3).mine(12);
    await under.until(() => nodeOf(under, odd)?.causes.includes("contradicts-final") === true);
    await under.until(async () => (await under.engine.evidenceCounts())["final-conflict"] > 0);
    const found = (await under.engine.evidence(10)).find(({ kind }) => kind === "final-conflict");
    expect(found).toMatchObject({ theirs: { height: 28, parentHeight: 24 }, ours: { height: 25 } });
  });

  it.each([
    ["a block at a height that it skips", (chain: TestChain) => chain.fork(19, "deep", 25)],
    ["a branch that skips its height", (chain: TestChain) => chain.fork(24, "deep", 0).skip(4).mine(20)],
  ])("stops the chain when enough operators have %s", async (_, leave) => {
    const { chain, under } = await withFinal();
    moveAll(under, leave(chain));
    await under.until(() => under.engine.status().state === "conflict");
    expect(position(under)?.tip.hash).toBe(chain.tip.ref.hash);
    expect(under.engine.conflict?.evidence.theirs.hash).toMatch(/-deep-/);
  });

  it("by depth counts blocks, not heights", async () => {
    const chain = TestChain.buildSlots(20, START).skip(100).mine(2).skip(10).mine(2);
    const under = await run(chain, { config: { options: { finalDepth: 5 } } });
    await under.untilTip(chain.tip.ref.hash);
    await under.until(() => position(under)?.finalized?.height === 19);
  });
});

describe("a block beyond many skipped heights", () => {
  it("is one block of lag, for the chain and for a node that has not heard of it", async () => {
    const chain = TestChain.buildSlots(20, START);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    await under.until(() => under.engine.status().state === "synced");
    const states = new Set<string>();
    const lags = new Set<number | null>();
    const [first, second, late] = three(under);
    const grown = chain.skip(200).mine(1, START + 1_000);
    for (const node of [first, second]) node.chain = grown;
    await under.until(() => {
      const { state, lagBlocks } = under.engine.status();
      states.add(state);
      lags.add(lagBlocks);
      return position(under)?.tip.hash === grown.tip.ref.hash;
    });
    await under.until(() => nodeOf(under, late)?.lagBlocks === 1);
    expect([...states]).toEqual(["synced"]);
    for (const blocks of lags) expect(blocks).toBeLessThanOrEqual(1);
    expect(nodeOf(under, late)?.causes).not.toContain("lagging");
  });
});
