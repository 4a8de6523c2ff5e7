import { describe, expect, it } from "vitest";
import { SlotClient } from "../../../../src/testing/chain/slot-client.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { slotsDialect } from "../../../../src/testing/chain/test-dialect.ts";
import { TestNode } from "../../../../src/testing/chain/test-node.ts";
import { TestTransport } from "../../../../src/testing/chain/test-transport.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";
import type { Fault, FaultKind } from "../../../../src/testing/faulty-node/fault-script.ts";
import { FaultyNode } from "../../../../src/testing/faulty-node/faulty-node.ts";
import { FaultyWire } from "../../../../src/testing/faulty-node/faulty-wire.ts";
import { failureOf } from "../../../support/failure-of.ts";

/** Blocks at 0 to 9, 13 to 17 and 118 to 119. */
const CHAIN = TestChain.buildSlots(10, Date.UTC(2026, 0, 1))
  .skip(3)
  .mine(5)
  .skip(100)
  .mine(2);

function start(...faults: Fault[]) {
  const upstream = new TestNode("honest", "test:one", CHAIN);
  upstream.finalizedHeight = 17;
  const clock = new FakeClock();
  const injected: FaultKind[] = [];
  const onFault = ({ kind }: { readonly kind: FaultKind }) => injected.push(kind);
  const node = new FaultyNode({ upstream, dialect: slotsDialect, script: { seed: 1, faults }, clock, onFault });
  const wire = new FaultyWire(node, { name: "faulty", upstream, clock });
  return { client: new SlotClient(new TestTransport("faulty", wire)), injected };
}

async function codeAt(client: SlotClient, height: number): Promise<string> {
  return await client.fetchBlock({ height }, "test/1").then(
    () => "given",
    (error) => error.code,
  );
}

describe("a node on a chain that skips heights", () => {
  it("tells skipped heights from those that are not there yet", async () => {
    const { client, injected } = start();
    expect(await client.listHeights(8, 118)).toEqual([8, 9, 13, 14, 15, 16, 17, 118]);
    expect([await codeAt(client, 12), await codeAt(client, 120)]).toEqual(["node-block-skipped", "node-block-missing"]);
    expect(injected).toEqual([]);
  });

  it("leaves heights out of its lists", async () => {
    const some = start({ kind: "left-out-heights", how: "some" });
    expect(await some.client.listHeights(8, 119)).toEqual([9, 13, 15, 17, 119]);
    expect(some.injected).toEqual(["left-out-heights"]);
    expect(await start({ kind: "left-out-heights", how: "all" }).client.listHeights(8, 119)).toEqual([]);
  });

  it("says of blocks that they are skipped when it is asked by height", async () => {
    const { client, injected } = start({ kind: "false-skip" });
    expect(await codeAt(client, 9)).toBe("node-block-skipped");
    const hash = CHAIN.block(9)?.ref.hash as string;
    expect(await client.fetchHeader({ hash })).toEqual(CHAIN.block(9)?.ref);
    expect((await client.fetchTips()).tip).toEqual(CHAIN.tip.ref);
    expect(injected).toEqual(["false-skip"]);
  });

  it("says of skipped heights that it does not have them", async () => {
    const { client, injected } = start({ kind: "skipped-as-missing" });
    expect([await codeAt(client, 12), await codeAt(client, 13)]).toEqual(["node-block-missing", "given"]);
    expect(injected).toEqual(["skipped-as-missing"]);
  });

  it("has forgotten what is far below, and does not say so when it lists", async () => {
    const { client, injected } = start({ kind: "pruned", heights: 104 });
    expect(await client.listHeights(8, 119)).toEqual([15, 16, 17, 118, 119]);
    expect([await codeAt(client, 14), await codeAt(client, 15)]).toEqual(["node-history-pruned", "given"]);
    const hash = CHAIN.block(14)?.ref.hash as string;
    expect((await failureOf(client.fetchHeader({ hash }))).code).toBe("node-history-pruned");
    expect(injected).toContain("pruned");
  });

  it.each<[Fault, number]>([
    [{ kind: "stale-head", blocks: 1 }, 118],
    [{ kind: "stale-head", blocks: 60 }, 17],
    [{ kind: "stale-head", blocks: 108 }, 9],
  ])("stands behind on a block, also where its head would be at a skipped height: %j", async (fault, height) => {
    const { client } = start(fault);
    expect((await client.fetchTips()).tip).toEqual(CHAIN.block(height)?.ref);
    expect((await client.listHeights(0, 119)).at(-1)).toBe(height);
    expect(await codeAt(client, height + 1)).toBe("node-block-missing");
  });

  it("goes back with what it calls final to a block", async () => {
    const { client } = start({ kind: "finality-violation", how: "back", blocks: 6 });
    expect((await client.fetchTips()).finalized).toEqual(CHAIN.block(9)?.ref);
  });

  it("follows a branch of its own over skipped heights", async () => {
    const { client } = start({ kind: "fork", depth: 104, salt: "evil" });
    let at = (await client.fetchTips()).tip;
    const heights = [];
    for (; at.height > 15; at = await client.fetchHeader({ hash: at.parentHash })) heights.push(at.height);
    expect(heights).toEqual([119, 118, 17, 16]);
    expect(at).toEqual(CHAIN.block(15)?.ref);
  });
});
