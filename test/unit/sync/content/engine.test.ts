import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../../src/core/contracts/logger.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { createMetrics } from "../../../../src/telemetry/metrics.ts";
import type { TestBlock } from "../../../../src/testing/chain/test-block.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../../src/testing/chain/test-node.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const GONE = new HeadwaterError("node-block-missing", "no such block");
const CLAIMED = { options: { content: "claimed" }, lag: { targetSeconds: 5, maxSeconds: 1_000_000 } };
const running = endAfterEach();

/** An engine over a chain whose hashes say nothing of blocks' content. */
async function run(chain: TestChain, options: Parameters<typeof runEngine>[1] = {}): Promise<EngineUnderTest> {
  const under = await runEngine(chain, { inline: true, ...options, config: { ...CLAIMED, ...options.config } });
  running.push(under);
  return under;
}

function position({ engine }: EngineUnderTest) {
  using view = engine.view();
  return view?.position;
}

function served(nodes: readonly TestNode[]): number {
  return nodes.reduce((sum, { calls }) => sum + (calls.get("fetchBlock") ?? 0), 0);
}

/** The block with its hash and another amount. */
function forge(block: TestBlock, amount = 31_337n): TestBlock {
  const [first, ...rest] = block.transactions;
  const [moved, ...others] = first?.movements ?? [];
  if (!first || !moved) return block;
  return { ...block, transactions: [{ ...first, movements: [{ ...moved, delta: amount }, ...others] }, ...rest] };
}

async function checksOf(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of (await metrics.expose()).text.split("\n")) {
    const [, result, count] =
      /^headwater_verify_checks_total\{.*check="content",result="(\w+)"\} (\d+)/.exec(line) ?? [];
    if (result) found[result] = Number(count);
  }
  return found;
}

describe("content that operators give alike", () => {
  it("is taken from as many of them as agreement takes, and from no more", async () => {
    const chain = TestChain.build(40, START);
    const metrics = createMetrics(silentLogger);
    const under = await run(chain, { metrics });
    await under.untilTip("39-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect(served(under.nodes)).toBe(2 * 40);
    expect(await checksOf(metrics)).toEqual({ passed: 40 });
    expect(await under.engine.evidence(10)).toEqual([]);
  });

  it.each(["this thread", "a thread of its own"])("is alike whatever the bytes are, read in %s", async (where) => {
    const chain = TestChain.build(40, START);
    const under = await run(chain, {
      inline: where === "this thread",
      prepare: (nodes) => {
        for (const [i, node] of nodes.entries()) node.serve = (block) => ({ ...block, ["version".repeat(i + 1)]: i });
      },
    });
    await under.untilTip("39-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect(await under.engine.evidence(10)).toEqual([]);
  });

  it("needs no header beside it: who gave a block by height stands on it", async () => {
    const chain = TestChain.build(600, START);
    const headers = async (options: Record<string, unknown>) => {
      const under = await run(chain, { config: { options } });
      await under.untilTip("599-main");
      return under.nodes.reduce((sum, { calls }) => sum + (calls.get("fetchHeader") ?? 0), 0);
    };
    const [claimed, proven] = [await headers({ content: "claimed" }), await headers({})];
    expect(proven).toBeGreaterThan(30);
    expect(claimed).toBe(0);
  });

  it("is fetched once where one operator is enough, and said not to be compared", async () => {
    const metrics = createMetrics(silentLogger);
    const under = await run(TestChain.build(40, START), { metrics, config: { agreement: { operators: 1 } } });
    await under.untilTip("39-main");
    expect(served(under.nodes)).toBe(40);
    expect(await checksOf(metrics)).toEqual({ skipped: 40 });
  });

  it("is there from the first who told the block when the deciding vote comes", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, { operators: 5, config: { agreement: { operators: 3 } } });
    await under.untilTip("19-main");
    const before = served(under.nodes);
    const next = chain.mine(1);
    const [first, second, ...others] = under.nodes;
    for (const node of [first, second]) if (node) node.chain = next;
    await under.until(() => served(under.nodes) === before + 2);
    await under.clock.advance(5_000);
    expect(position(under)?.tip.height).toBe(19);
    for (const node of others) node.chain = next;
    await under.untilTip("20-main");
    expect(served(under.nodes)).toBe(before + 3);
  });
});

describe("a node that gives the right hash with forged movements", () => {
  it("gets none of them into the ledger, and is found out", async () => {
    const chain = TestChain.build(60, START);
    const metrics = createMetrics(silentLogger);
    const under = await run(chain, {
      metrics,
      prepare: ([liar]) => {
        if (liar) liar.serve = (block) => forge(block);
      },
    });
    await under.untilTip("59-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    const [liar] = under.nodes;
    const evidence = await under.engine.evidence(100);
    expect(evidence.length).toBeGreaterThan(0);
    for (const found of evidence) {
      expect(found).toMatchObject({ kind: "content-conflict", said: [{ node: liar?.name }] });
      if (found.kind !== "content-conflict") continue;
      expect(found.against).toHaveLength(2);
      expect(found.block).toEqual(chain.block(found.block.height)?.ref);
      expect(found.theirs).not.toBe(found.ours);
    }
    expect(await checksOf(metrics)).toEqual({ passed: 60, failed: evidence.length });
    const status = under.engine.nodes().find(({ name }) => name === liar?.name);
    expect(status?.lastError).toMatch(/^integrity-violation: node .*: content is [0-9a-f]{64}, expected [0-9a-f]{64}$/);
  });

  it.each(["an amount", "an observed balance", "the parent", "the time"])("is found out by %s", async (what) => {
    const lies: Record<string, (block: TestBlock) => TestBlock> = {
      "an amount": (block) => forge(block),
      "an observed balance": (block) => ({
        ...block,
        observations: [{ account: "account-1", asset: "erc20:token", amount: 7n }],
      }),
      "the parent": (block) => ({ ...block, ref: { ...block.ref, parentHash: "0-evil-0000000000000000" } }),
      "the time": (block) => ({ ...block, ref: { ...block.ref, time: block.ref.time + 1 } }),
    };
    const chain = TestChain.build(20, START);
    const under = await run(chain, {
      prepare: ([liar]) => {
        if (liar) liar.serve = lies[what] as (block: TestBlock) => TestBlock;
      },
    });
    await under.untilTip("19-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect((await under.engine.evidence(1))[0]).toMatchObject({ kind: "content-conflict" });
    using view = under.engine.view();
    expect(await view?.mismatches(10)).toEqual([]);
  });

  it("is not helped by another that lies otherwise", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain, {
      operators: 5,
      prepare: (nodes) => {
        for (const [i, liar] of nodes.slice(0, 2).entries()) liar.serve = (block) => forge(block, BigInt(1_000 + i));
      },
    });
    await under.untilTip("29-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
  });

  it("is believed where it makes a quorum with another that tells the very same: the limit of agreement", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, {
      prepare: (nodes) => {
        for (const liar of nodes.slice(0, 2)) liar.serve = (block) => forge(block);
      },
    });
    await under.untilTip("19-main");
    expect(position(under)?.digest).not.toBe(await freshDigest(chain));
    const [, , honest] = under.nodes;
    for (const { kind, said } of await under.engine.evidence(100)) {
      expect({ kind, said: said.map(({ node }) => node) }).toEqual({ kind: "content-conflict", said: [honest?.name] });
    }
  });
});

describe("content that too few operators give alike", () => {
  it("is not committed, and why is said; it is asked for again", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    for (const [i, node] of under.nodes.entries()) {
      node.serve = (block) => (block.ref.height === 20 ? forge(block, BigInt(1_000 + i)) : block);
      node.chain = chain.mine(1);
    }
    await under.clock.advance(20_000);
    expect(position(under)?.tip.height).toBe(19);
    expect(under.engine.status().reason).toMatch(
      /^test:one: block 20: 1 operators from 1 regions gave the same content, it needs 2 from 1: operator-. gave 20-main-/,
    );
    expect(await under.engine.evidence(10)).toEqual([]);
    for (const node of under.nodes) node.serve = (block) => block;
    await under.untilTip("20-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain.mine(1)));
  });

  it("waits for a second operator that has the block", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain, {
      prepare: ([, ...others]) => {
        for (const other of others) other.fail = (method) => (method === "fetchBlock" ? GONE : undefined);
      },
    });
    await under.until(() => /block \d+: 1 operators from 1 regions/.test(under.engine.status().reason ?? ""));
    expect(position(under)).toBeUndefined();
    expect(under.engine.status().reason).toContain("no such block");
    for (const node of under.nodes) node.fail = () => undefined;
    await under.untilTip("19-main");
  });

  it("is asked of another in place of a node that dies meanwhile", async () => {
    const chain = TestChain.build(60, START);
    let asked = 0;
    const under = await run(chain, {
      prepare: ([mortal]) => {
        if (!mortal) return;
        mortal.fail = (method) => {
          if (method === "fetchBlock") asked++;
          return asked > 5 ? new HeadwaterError("node-unreachable", "down") : undefined;
        };
      },
    });
    await under.untilTip("59-main");
    expect(asked).toBeGreaterThan(5);
    expect(position(under)?.digest).toBe(await freshDigest(chain));
  });
});

describe("copies of two branches", () => {
  it("are no lies: the branch that wins is followed, and nobody is found out for its content", async () => {
    const chain = TestChain.build(20, START);
    const under = await run(chain);
    await under.untilTip("19-main");
    const [first, ...others] = under.nodes;
    if (first) first.chain = chain.mine(2);
    for (const node of others) node.chain = chain.fork(18, "other", 3);
    await under.untilTip("21-other");
    if (first) first.chain = chain.fork(18, "other", 4);
    for (const node of others) node.chain = chain.fork(18, "other", 4);
    await under.untilTip("22-other");
    expect(position(under)?.digest).toBe(await freshDigest(chain.fork(18, "other", 4)));
    expect((await under.engine.evidence(10)).filter(({ kind }) => kind === "content-conflict")).toEqual([]);
  });

  it("are told apart in a backfill that asks by height", async () => {
    const chain = TestChain.build(120, START);
    const under = await run(chain, {
      prepare: ([odd]) => {
        if (odd) odd.chain = chain.fork(30, "odd", 85);
      },
    });
    await under.untilTip("119-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect((await under.engine.evidence(100)).filter(({ kind }) => kind === "content-conflict")).toEqual([]);
  });
});

describe("on a chain that skips heights, copies", () => {
  const chain = TestChain.buildSlots(60, START, (height) => (height % 7 === 3 ? 1 + (height % 4) : 0));

  it("are compared block by block, whoever lies", async () => {
    const under = await run(chain, {
      prepare: ([liar]) => {
        if (liar) liar.serve = (block) => forge(block);
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect((await under.engine.evidence(1))[0]).toMatchObject({ kind: "content-conflict" });
  });

  it("are asked for in spite of a node that says of heights with blocks that they are skipped", async () => {
    const skipped = new HeadwaterError("node-block-skipped", "no block there");
    const under = await run(chain, {
      prepare: ([liar]) => {
        if (liar) liar.fail = (method) => (method === "fetchBlock" ? skipped : undefined);
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    expect(position(under)?.digest).toBe(await freshDigest(chain));
  });
});

describe("one operator's nodes", () => {
  const seat = (operators: readonly string[], regions: readonly string[]) => (names: readonly string[]) =>
    names.map((name, i) => ({
      name,
      url: "http://127.0.0.1:1",
      operator: operators[i] as string,
      region: regions[i] as string,
    }));

  it("are one voice on content, too", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain, {
      operators: 4,
      config: { agreement: { operators: 2 } },
      nodesOf: seat(["acme", "acme", "acme", "bolt"], ["eu", "eu", "us", "us"]),
      prepare: (nodes) => {
        for (const node of nodes.slice(0, 3)) node.serve = (block) => forge(block);
      },
    });
    await under.clock.advance(10_000);
    expect(position(under)).toBeUndefined();
    for (const node of under.nodes) node.serve = (block) => block;
    await under.untilTip("29-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    const [, , , bolt] = under.nodes;
    expect(bolt?.calls.get("fetchBlock")).toBeGreaterThanOrEqual(30);
  });

  it("are asked in as many regions as agreement takes", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain, {
      operators: 4,
      config: { agreement: { operators: 2, regions: 2 } },
      nodesOf: seat(["acme", "bolt", "crown", "dune"], ["eu", "eu", "eu", "us"]),
    });
    await under.untilTip("29-main");
    expect(position(under)?.digest).toBe(await freshDigest(chain));
    expect(served(under.nodes)).toBe(60);
    expect(under.nodes[3]?.calls.get("fetchBlock")).toBe(30);
  });
});
