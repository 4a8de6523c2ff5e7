import { describe, expect, it } from "vitest";
import type { SpentOutputs } from "../../../src/core/contracts/plugin.ts";
import type { ChainLedger } from "../../../src/core/contracts/store.ts";
import { HeadwaterError, IntegrityViolation } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { BlockRef, Output } from "../../../src/core/model.ts";
import { BlockCompleter, RefusedBlock } from "../../../src/sync/block-completer.ts";
import type { FetchedBlock, ObtainedBlock } from "../../../src/sync/block-pipeline.ts";
import type { DecodedBlock } from "../../../src/sync/decode-protocol.ts";
import type { CheckCounter } from "../../../src/sync/meters/check-counter.ts";
import type { PoolNode } from "../../../src/sync/pool/pool-node.ts";
import { Trails } from "../../../src/sync/trails.ts";

const node = { config: { name: "node-1" } } as unknown as PoolNode;

function refAt(height: number): BlockRef {
  return { height, hash: `h${height}`, parentHash: `h${height - 1}`, parentHeight: height - 1, time: height };
}

function output(id: string, height = 0): Output {
  return { id, account: "a", asset: "coin", amount: 1n, height, coinbase: false };
}

function open(height: number, spends: readonly string[] = [], makes: readonly string[] = []): FetchedBlock {
  const ref = refAt(height);
  const outputs = { ref, spends, makes: makes.map((id) => output(id, height)) };
  const raw = { asked: { height }, profile: "p", node: "node-1", parts: {} };
  return { ref, node, byHeight: true, sizeBytes: 1_000, open: { outputs, checks: [], raw } };
}

function sealed(height: number): ObtainedBlock {
  const ref = refAt(height);
  return { ref, node, byHeight: true, sizeBytes: 1_000, sealed: { ref }, checks: [] } as unknown as ObtainedBlock;
}

/** A completer over a ledger of these outputs, whose second looks end when the test says so. */
function setUp(options: { stored?: readonly string[]; auto?: boolean; trails?: Trails } = {}) {
  const { stored = [], auto = true } = options;
  const asked: (readonly string[])[] = [];
  const looks: { readonly height: number; readonly spent: SpentOutputs; end(error?: Error): void }[] = [];
  const delivered: number[] = [];
  const refused: { height: number; message: string }[] = [];
  const failed: unknown[] = [];
  const state = { hold: Promise.resolve() };
  const view = () => ({
    outputs: async (ids: readonly string[]) => {
      asked.push(ids);
      return ids.map((id) => (stored.includes(id) ? output(id) : undefined));
    },
    [Symbol.dispose]() {},
  });
  const completer = new BlockCompleter({
    ledger: { terms: { chain: "test:one" }, view } as unknown as ChainLedger,
    trails: options.trails ?? new Trails({ info: { id: "test:one" } as never }),
    checks: {
      count: () => {},
      countFailure: (_: string, error: unknown) => failed.push(error),
    } as unknown as CheckCounter,
    decoder: {
      mark: () => Promise.reject(new Error("not used")),
      run: () => Promise.reject(new Error("no first looks here")),
      watch: () => {},
      complete: (_, block, spent) => {
        const { ref } = block.outputs;
        const { promise, resolve, reject } = Promise.withResolvers<DecodedBlock>();
        const end = (error?: Error) => (error ? reject(error) : resolve({ sealed: { ref }, checks: [] } as never));
        looks.push({ height: ref.height, spent, end });
        if (auto) end();
        return promise;
      },
    },
    refuse: ({ ref }, { message }) => refused.push({ height: ref.height, message }),
    deliver: async ({ ref }) => {
      await state.hold;
      delivered.push(ref.height);
    },
  });
  return { completer, asked, looks, delivered, refused, failed, state };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("completing blocks", () => {
  it("finds what they spend among uncommitted blocks and in the ledger, asked once a block", async () => {
    const { completer, asked, looks, delivered } = setUp({ stored: ["old:0", "old:1"] });
    await completer.push(open(1, ["old:0"], ["one:0", "one:1"]));
    await completer.push(open(2, ["one:1", "old:1"], ["two:0"]));
    await completer.push(open(3, ["two:0", "one:0"]));
    await completer.flush();
    expect(asked).toEqual([["old:0"], ["old:1"]]);
    expect(looks.map(({ spent }) => spent)).toEqual([
      [output("old:0")],
      [output("one:1", 1), output("old:1")],
      [output("two:0", 2), output("one:0", 1)],
    ]);
    expect(delivered).toEqual([1, 2, 3]);
  });

  it("has several in their second look at once, and delivers them in order", async () => {
    const { completer, looks, delivered } = setUp({ auto: false });
    for (const height of [1, 2, 3]) await completer.push(open(height));
    await turn();
    expect(looks.map(({ height }) => height)).toEqual([1, 2, 3]);
    looks[2]?.end();
    looks[1]?.end();
    await turn();
    expect(delivered).toEqual([]);
    looks[0]?.end();
    await completer.flush();
    expect(delivered).toEqual([1, 2, 3]);
    expect(completer.heldBytes).toBe(0);
  });

  it("asks the ledger for what committed blocks made, once they are forgotten", async () => {
    const { completer, asked } = setUp({ stored: ["one:0"] });
    await completer.push(open(1, [], ["one:0"]));
    await completer.flush();
    completer.noteCommitted(1);
    await completer.push(open(2, ["one:0"]));
    await completer.flush();
    expect(asked).toEqual([["one:0"]]);
  });

  it("lets blocks pass that need none of it, behind those that do", async () => {
    const { completer, looks, delivered } = setUp({ auto: false });
    await completer.push(sealed(1));
    expect(delivered).toEqual([1]);
    await completer.push(open(2));
    await completer.push(sealed(3));
    await turn();
    expect(delivered).toEqual([1]);
    looks[0]?.end();
    await completer.flush();
    expect(delivered).toEqual([1, 2, 3]);
  });

  it("takes no more while too many wait for the writer", async () => {
    const { completer, delivered, state } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.hold = promise;
    let pushed = 0;
    const pushing = (async () => {
      for (; pushed < 3 * LIMITS.pipelineBlocks; pushed++) await completer.push(open(pushed + 1));
    })();
    await turn();
    expect(pushed).toBeLessThanOrEqual(LIMITS.pipelineBlocks);
    resolve();
    await pushing;
    await completer.flush();
    expect(delivered).toHaveLength(3 * LIMITS.pipelineBlocks);
  });
});

describe("a block that does not hold", () => {
  it.each([
    ["spends what there is not", open(2, ["nowhere:0"]), /nowhere:0, which there is not/],
    ["spends what an uncommitted block has spent", open(2, ["old:0"]), /old:0, which block 1 has spent/],
  ] as const)("is refused when it %s, and so is nothing else", async (_, bad, message) => {
    const { completer, delivered, refused, failed } = setUp({ stored: ["old:0"] });
    await completer.push(open(1, ["old:0"], ["one:0"]));
    await completer.push(bad);
    // Its own output is missing as well, but that is not this block's fault.
    await completer.push(open(3, ["two:0"])).catch(() => {});
    await expect(completer.flush()).rejects.toThrowError(RefusedBlock);
    expect(delivered).toEqual([1]);
    expect(refused).toEqual([{ height: 2, message: expect.stringMatching(message) }]);
    expect(failed[0]).toMatchObject({ code: "integrity-violation", details: { field: "spent output" } });
    await expect(completer.push(open(4))).rejects.toThrowError(RefusedBlock);
  });

  it("is refused when its second look finds it wrong, whatever came of later ones", async () => {
    const { completer, looks, delivered, refused } = setUp({ auto: false });
    for (const height of [1, 2, 3]) await completer.push(open(height));
    await turn();
    looks[2]?.end(new IntegrityViolation("reward", "50", "52", "block 3"));
    looks[1]?.end(new IntegrityViolation("reward", "50", "51", "block 2"));
    looks[0]?.end();
    await expect(completer.flush()).rejects.toMatchObject({
      code: "integrity-violation",
      message: expect.stringContaining("block 2 h2 of node node-1 is refused"),
    });
    expect([delivered, refused.map(({ height }) => height)]).toEqual([[1], [2]]);
  });

  it("is refused when its trail contradicts those before it", async () => {
    const trails = new Trails({
      info: { id: "test:one" } as never,
      trailBlocks: 1,
      verifyTrail: (ref) => {
        throw new IntegrityViolation("time", "later", "earlier", `block ${ref.height}`);
      },
    });
    const { completer, refused, failed } = setUp({ trails });
    const block = sealed(1);
    const withTrail = { ...block, sealed: { ...block.sealed, trail: new Uint8Array(1) } };
    await expect(completer.push(withTrail)).rejects.toThrowError(RefusedBlock);
    expect([refused, failed]).toMatchObject([[{ height: 1 }], [{ details: { field: "time" } }]]);
  });

  it("is not refused for what no other node can mend", async () => {
    const { completer, looks, refused } = setUp({ auto: false });
    await completer.push(open(1));
    await turn();
    const failure = new HeadwaterError("shutting-down", "the decode threads are stopped");
    looks[0]?.end(failure);
    await expect(completer.flush()).rejects.toBe(failure);
    expect(refused).toEqual([]);
  });
});
