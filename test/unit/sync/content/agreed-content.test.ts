import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../../src/core/contracts/logger.ts";
import type { ContentEvidence } from "../../../../src/core/contracts/records.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { AgreedContent } from "../../../../src/sync/content/agreed-content.ts";
import { CheckCounter } from "../../../../src/sync/meters/check-counter.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";
import { SkippedHeight } from "../../../../src/sync/skip-words.ts";
import { createMetrics } from "../../../../src/telemetry/metrics.ts";
import { type TestBlock, writeTestJson } from "../../../../src/testing/chain/test-block.ts";
import plugin from "../../../../src/testing/chain/test-plugin.ts";
import { decodeInline } from "../../../simulation/inline-decoder.ts";
import { openPool } from "../../../support/pool.ts";

const SKIPPED = new HeadwaterError("node-block-skipped", "no block there");

/** Five operators of one node each, in regions of their own. */
async function five(quorum = { operators: 2, regions: 1 }) {
  const under = await openPool({ nodes: 5 });
  const { pool, clock, wires, config } = under;
  const conflicts: Omit<ContentEvidence, "at">[] = [];
  const agreed: BlockRef[] = [];
  const fetched: string[] = [];
  const content = new AgreedContent({
    chainId: config.id,
    nodes: pool,
    clock,
    quorum,
    decoder: decodeInline(plugin.open({ ...config, options: { content: "claimed" } }), () => {}),
    checks: new CheckCounter(createMetrics(silentLogger)),
    fetch: (node, at, call) => {
      fetched.push(node.config.name);
      return node.client.fetchBlock(at, "test/1", call);
    },
    mayGive: (node) => node.usable,
    skipWord: (node, at, error) =>
      (error as HeadwaterError).code === "node-block-skipped" && !("hash" in at)
        ? new SkippedHeight(config.id, at.height, node)
        : undefined,
    onTold: () => {},
    onAgreed: (ref) => agreed.push(ref),
    onViolation: () => {},
    onConflict: (evidence) => conflicts.push(evidence),
    stopped: new AbortController().signal,
  });
  const block = wires[0]?.node.chain.block(100) as TestBlock;
  const at = { height: 100, hash: block.ref.hash };
  const lie = (i: number) => {
    const [first, ...rest] = block.transactions;
    const forged = { ...first, movements: [] } as unknown as TestBlock["transactions"][number];
    const node = wires[i]?.node;
    if (node) node.serve = (honest) => ({ ...honest, transactions: [forged, ...rest] });
  };
  const join = (copies: ReturnType<typeof content.gather>, ...which: number[]) =>
    Promise.all(which.map((i) => copies.join(pool.nodes[i] as PoolNode)));
  const obtain = (copies = content.gather(at)) => content.obtain(copies, at, "tip", new AbortController().signal);
  return { ...under, content, conflicts, agreed, fetched, block, at, lie, join, obtain };
}

describe("agreed content", () => {
  it("is asked of nobody else where enough copies are there", async () => {
    const { content, at, block, join, obtain, fetched, agreed } = await five();
    const copies = content.gather(at);
    await join(copies, 3, 1);
    const found = await obtain(copies);
    expect(fetched).toEqual(["node-3", "node-1"]);
    expect([found.node.config.name, found.alike?.map(({ config }) => config.name)]).toEqual(["node-3", ["node-1"]]);
    expect(found.sealed.ref).toEqual(block.ref);
    expect(found.sizeBytes).toBe(2 * writeTestJson({ jsonrpc: "2.0", id: 1, result: block }).length);
    expect(found.checks).toContainEqual({ check: "content", result: "passed", reason: "2 operators gave it" });
    expect(await obtain(copies)).toBe(found);
    expect(agreed).toEqual([block.ref]);
  });

  it("takes what is under way into account, and no longer than a moment", async () => {
    const { content, clock, wires, at, join, obtain, fetched } = await five();
    const [silent] = wires;
    if (silent) silent.hangs = true;
    const copies = content.gather(at);
    void join(copies, 0, 1).catch(() => {});
    const waiting = obtain(copies);
    await clock.advance(150);
    expect(fetched).toEqual(["node-0", "node-1"]);
    await clock.advance(100);
    const found = await waiting;
    expect(fetched).toHaveLength(3);
    expect([found.node, ...(found.alike ?? [])].map(({ config }) => config.name)).not.toContain("node-0");
  });

  it("is fetched whole from one who gave it where the first in full was a lie", async () => {
    const { content, at, block, lie, join, obtain, fetched, conflicts } = await five({ operators: 3, regions: 1 });
    lie(0);
    const copies = content.gather(at);
    // Of the liar in full; of the others, which come before its lie can show, for their marks.
    await join(copies, 0, 1, 2);
    const found = await obtain(copies);
    expect(found.sealed.encoded).toHaveLength(block.transactions.length);
    expect([found.node, ...(found.alike ?? [])].map(({ config }) => config.name)).not.toContain("node-0");
    expect(fetched.length).toBeGreaterThan(3);
    expect(conflicts).toHaveLength(1);
    expect(conflicts[0]).toMatchObject({ kind: "content-conflict", said: [{ node: "node-0" }], block: block.ref });
    expect(conflicts[0]?.against).toHaveLength(3);
  });

  it("is not taken from a node that gives something else when it is asked for the whole", async () => {
    const { content, pool, at, lie, obtain, wires } = await five();
    lie(0);
    const copies = content.gather(at);
    const [a, b, c] = pool.nodes as readonly [PoolNode, PoolNode, PoolNode];
    // All three at once: two marks agree against the one in full.
    await Promise.all([a, b, c].map((node) => copies.fetch(node, {})));
    expect(copies.given.filter(({ decoded }) => decoded).map(({ node }) => node)).toEqual([a]);
    const [, turncoat] = wires;
    if (turncoat) turncoat.node.serve = (honest) => ({ ...honest, transactions: [] });
    expect((await obtain(copies)).node).toBe(c);
  });

  it("is no conflict where another block was given", async () => {
    const { content, pool, wires, conflicts } = await five();
    const chain = wires[0]?.node.chain;
    for (const { node } of wires.slice(0, 2)) if (chain) node.chain = chain.fork(90, "other", 20);
    const at = { height: 100 };
    const copies = content.gather(at);
    for (const node of pool.nodes.slice(0, 3)) await copies.fetch(node, {});
    const found = await content.obtain(copies, at, "backfill", new AbortController().signal);
    expect(found.ref.hash).toMatch(/^100-other-/);
    expect(found.byHeight).toBe(true);
    expect(conflicts).toEqual([]);
  });

  it("is asked for in other regions where those at hand are all of one", async () => {
    const { content, pool, at, fetched } = await five({ operators: 2, regions: 2 });
    for (const { config } of pool.nodes.slice(0, 4)) Object.assign(config, { region: "eu" });
    const copies = content.gather(at);
    for (const node of pool.nodes.slice(0, 2)) await copies.fetch(node, {});
    const found = await content.obtain(copies, at, "tip", new AbortController().signal);
    expect(fetched).toEqual(["node-0", "node-1", "node-4"]);
    expect(found.alike).toHaveLength(2);
  });

  it("is not to be had where no other region answers", async () => {
    const { content, pool, at, wires, clock } = await five({ operators: 2, regions: 2 });
    for (const { config } of pool.nodes.slice(0, 4)) Object.assign(config, { region: "eu" });
    const far = wires[4]?.node;
    if (far) far.chain = far.chain.fork(50, "short", 10);
    const copies = content.gather(at);
    for (const node of pool.nodes.slice(0, 2)) await copies.fetch(node, {});
    const waiting = content.obtain(copies, at, "backfill", new AbortController().signal).catch((error) => error);
    await clock.advance(60_000);
    expect(await waiting).toMatchObject({
      code: "agreement-insufficient",
      details: { operators: 2, regions: 1, required: 2, requiredRegions: 2 },
    });
  });

  it("is not looked for where nodes say that there is no block", async () => {
    const { content, wires, fetched } = await five();
    for (const { node } of wires) node.fail = (method) => (method === "fetchBlock" ? SKIPPED : undefined);
    const at = { height: 100 };
    const waiting = content.obtain(content.gather(at), at, "backfill", new AbortController().signal);
    await expect(waiting).rejects.toBeInstanceOf(SkippedHeight);
    expect(fetched).toHaveLength(2);
  });

  it("is found where one node says so and the others have it", async () => {
    const { content, wires, block, fetched } = await five();
    let sayer: string | undefined;
    for (const { node } of wires) {
      const saysSo = () => {
        sayer ??= node.name;
        return sayer === node.name;
      };
      node.fail = (method) => (method === "fetchBlock" && saysSo() ? SKIPPED : undefined);
    }
    const at = { height: 100 };
    const found = await content.obtain(content.gather(at), at, "backfill", new AbortController().signal);
    expect(found.ref).toEqual(block.ref);
    expect(fetched).toHaveLength(3);
    expect(new Set(fetched).size).toBe(3);
    expect([found.node, ...(found.alike ?? [])].map(({ config }) => config.name)).not.toContain(sayer);
  });

  it("ends at once when nobody waits any more", async () => {
    const { content, at, wires } = await five();
    for (const wire of wires) wire.hangs = true;
    const abort = new AbortController();
    const waiting = content.obtain(content.gather(at), at, "tip", abort.signal);
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});
