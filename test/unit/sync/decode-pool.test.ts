import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChainConfig } from "../../../src/core/contracts/chain-config.ts";
import type { RawBlock } from "../../../src/core/contracts/plugin.ts";
import { hashContent } from "../../../src/core/ledger/content-hash.ts";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import type { Output } from "../../../src/core/model.ts";
import { markOf } from "../../../src/sync/content/content-mark.ts";
import { DecodePool, decodeThreads } from "../../../src/sync/decode-pool.ts";
import type { DecodedBlock, OpenBlock } from "../../../src/sync/decode-protocol.ts";
import { unspentAfter } from "../../../src/testing/chain/coin-recipe.ts";
import { buildTestBlock, type TestBlock, writeTestJson } from "../../../src/testing/chain/test-block.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";

const CHAIN = "test:one";
const START = Date.UTC(2026, 0, 1);
const chain = TestChain.buildCoins(12, START);

function rawOf({ ref, coins }: TestBlock): RawBlock {
  const text = writeTestJson({ jsonrpc: "2.0", id: 1, result: { ref, transactions: [], observations: [], coins } });
  const parts = { answer: new TextEncoder().encode(text) };
  return { asked: { height: ref.height, hash: ref.hash }, profile: "test-coins/1", node: "node", parts };
}

function spentBy(open: OpenBlock, block: TestBlock): Output[] {
  const before = unspentAfter(chain.blocks.slice(0, block.ref.height));
  return open.outputs.spends.map((id) => before.get(id) as Output);
}

/** A block whose second look takes the thread down. */
function crashing(): TestBlock {
  const coins = [{ id: "crash", coinbase: true, spends: [], makes: [] }];
  const ref = { height: 1, parentHash: chain.blocks[0]?.ref.hash ?? "", parentHeight: 0, time: START };
  return buildTestBlock("main", ref, [], [], coins);
}

const config: ChainConfig = {
  id: CHAIN,
  plugin: "test-coins",
  index: { from: 0, scope: "all", verify: "full" },
  agreement: {},
  lag: { targetSeconds: 5, maxSeconds: 60 },
  nodes: [],
  options: {},
};

function open(of: ChainConfig, file: string): DecodePool {
  const pluginUrl = new URL(`../../../src/testing/chain/${file}`, import.meta.url).href;
  return new DecodePool({ chains: [{ config: of, pluginUrl }] }, 2);
}

let pool: DecodePool;

beforeEach(() => {
  pool = open(config, "test-coins-plugin.ts");
});

afterEach(() => pool.close());

async function look(block: TestBlock): Promise<OpenBlock> {
  const raw = rawOf(block);
  const looked = await pool.run(CHAIN, raw);
  expect(raw.parts["answer"]?.length, "the bytes are handed over").toBe(0);
  if ("sealed" in looked) throw new Error("the block needs a second look");
  return looked;
}

function honest(block: TestBlock): DecodedBlock["sealed"] {
  return sealBlock({ ...block, trail: new TextEncoder().encode(`${block.ref.time}`) });
}

describe("a block whose coins are outputs", () => {
  it("takes two looks: what it spends and makes, and the ledger with what was found", async () => {
    const opened = await Promise.all(chain.blocks.map(look));
    const last = opened.at(-1) as OpenBlock;
    expect(last.outputs.spends).toHaveLength(2);
    expect(last.checks).toContainEqual({ check: "amounts", result: "skipped", reason: "not known yet" });
    const completed = await Promise.all(
      opened.map((open, i) => pool.complete(CHAIN, open, spentBy(open, chain.blocks[i] as TestBlock))),
    );
    expect(completed.map(({ sealed }) => sealed)).toEqual(chain.blocks.map(honest));
    expect(completed.at(-1)?.checks).toContainEqual({ check: "amounts", result: "passed" });
  });

  it("is given again to a thread that has forgotten it", async () => {
    const block = chain.tip;
    const open = await look(block);
    const first = await pool.complete(CHAIN, open, spentBy(open, block));
    // The second look ends the thread's memory of it.
    const again = await pool.complete(CHAIN, open, spentBy(open, block));
    expect(again).toEqual(first);
  });

  it("survives a thread that ends between its looks", async () => {
    const block = chain.tip;
    const open = await look(block);
    const others = await Promise.all([1, 2, 3, 4, 5, 6].map(() => look(crashing())));
    const crashed = await Promise.allSettled(others.map((other) => pool.complete(CHAIN, other, [])));
    expect(crashed.map(({ status }) => status)).toEqual(others.map(() => "rejected"));
    expect((await pool.complete(CHAIN, open, spentBy(open, block))).sealed).toEqual(honest(block));
  });

  it("whose second look finds it wrong is the block's violation", async () => {
    const block = chain.tip;
    const open = await look(block);
    const cheap = spentBy(open, block).map((output) => ({ ...output, amount: 1n }));
    await expect(pool.complete(CHAIN, open, cheap)).rejects.toMatchObject({
      code: "integrity-violation",
      details: { field: "fee" },
      retry: { otherNode: true },
    });
  });
});

describe("a copy that is only compared", () => {
  beforeEach(async () => {
    await pool.close();
    pool = open({ ...config, plugin: "test", options: { content: "claimed" } }, "test-plugin.ts");
  });

  const block = TestChain.build(3, START).tip;
  const raw = (beside: object = {}): RawBlock => {
    const text = writeTestJson({ jsonrpc: "2.0", id: 1, result: { ...block, ...beside } });
    return { ...rawOf(block), profile: "test/1", parts: { answer: new TextEncoder().encode(text) } };
  };

  it("comes back as its mark, the same for the same content whatever the bytes are", async () => {
    const first = (await pool.run(CHAIN, raw(), true)) as DecodedBlock;
    expect(first.mark?.content).toBe(hashContent(sealBlock(block)));
    const [same, other, forged] = await Promise.all([
      pool.mark(CHAIN, raw()),
      pool.mark(CHAIN, raw({ version: 2 })),
      pool.mark(CHAIN, raw({ transactions: [] })),
    ]);
    expect(same).toEqual({ ref: block.ref, mark: first.mark });
    expect(other).toMatchObject({ ref: block.ref, mark: { content: first.mark?.content } });
    expect(other.mark.bytes).not.toBe(first.mark?.bytes);
    expect(forged.mark.content).not.toBe(first.mark?.content);
  });

  it("is not decoded where its bytes are those of the first", async () => {
    const crash = { transactions: [{ ...block.transactions[0], id: "crash" }] };
    const { mark } = await pool.mark(CHAIN, raw());
    const like = { ref: block.ref, mark: { bytes: markOf(raw(crash), sealBlock(block)).bytes, content: mark.content } };
    // To decode it would take the thread down.
    expect(await pool.mark(CHAIN, raw(crash), like)).toEqual(like);
    await expect(pool.mark(CHAIN, raw(crash))).rejects.toMatchObject({ code: "plugin-invalid" });
  });

  it("is not verified again where it comes to the same from other bytes", async () => {
    const like = await pool.mark(CHAIN, raw());
    // To verify it would show that it is not what was asked for.
    const other = { ...raw({ version: 2 }), asked: { height: 99 } };
    expect((await pool.mark(CHAIN, other, like)).mark.content).toBe(like.mark.content);
    const forged = { ...raw({ transactions: [] }), asked: { height: 99 } };
    await expect(pool.mark(CHAIN, forged, like)).rejects.toMatchObject({ code: "node-wrong-block" });
  });

  it("hands its bytes over, and is told apart by them only where it was asked for", async () => {
    const copy = raw();
    await pool.mark(CHAIN, copy);
    expect(copy.parts["answer"]?.length).toBe(0);
    expect(await pool.run(CHAIN, raw())).not.toHaveProperty("mark");
  });
});

it("leaves the main thread a core of its own where there are more than two", () => {
  expect([1, 2, 3, 8].map(decodeThreads)).toEqual([1, 2, 2, 7]);
});
