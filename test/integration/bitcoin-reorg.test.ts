import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import {
  expectBalancesOfNode,
  freshRegtestDigest,
  mineTraffic,
  type RegtestUnderTest,
  regtestConfig,
  startRegtest,
} from "../support/regtest-service.ts";
import { eventually, get, indexed, makeDirectory } from "../support/service.ts";

/** Deeper than the longest branch that is left here. */
const OPTIONS = { finalityDepth: { safe: 6, finalized: 30 } };

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("a service over $name", ({ kind }) => {
  let under: RegtestUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startRegtest(kind, 6);
    directory = await makeDirectory();
    service = await startService(regtestConfig(under, join(directory.path, "store"), OPTIONS), {
      logger: silentLogger,
    });
  });

  afterAll(async () => {
    await service?.stop();
    await under?.network.remove();
    await directory?.remove();
  });

  it("has every account's balance after the import and after every block", async () => {
    const { first } = under.network;
    await indexed(service, await first.client.call("getbestblockhash"));
    await expectBalancesOfNode(service, under, first);
    for (let i = 0; i < 5; i++) {
      await indexed(service, await mineTraffic(under, first));
      await expectBalancesOfNode(service, under, first);
    }
  });

  it.each([1, 6, 20])("follows nodes that part, mine %i blocks apart and join again", async (depth) => {
    const { network, traffic } = under;
    const [left, right] = [network.node(0), network.node(1)];
    await network.split();
    await traffic.refill(left);
    traffic.reseed(100 + depth);
    const doomed: string[] = [];
    for (let i = 0; i < depth; i++) doomed.push(await mineTraffic(under, left, 3));
    await indexed(service, doomed.at(-1) as string);
    await expectBalancesOfNode(service, under, left);
    // The same outputs are there to be spent, and are spent otherwise.
    await traffic.refill(right);
    traffic.reseed(200 + depth);
    let tip = "";
    for (let i = 0; i <= depth; i++) tip = await mineTraffic(under, right, 3);
    // While a node still stands behind the blocks of the ledger, they are not taken back.
    await network.join();
    const block = await indexed(service, tip);
    await expectBalancesOfNode(service, under, left);
    await expectBalancesOfNode(service, under, right);
    expect(block.digest).toBe(await freshRegtestDigest(under, tip, OPTIONS));
    const orphan = await get(service, `/v1/chains/demo/blocks/${doomed[0]}`);
    expect([orphan.status, orphan.body.code]).toEqual([404, "block-unknown"]);
    // What was in the blocks that were left is pending again, and is mined in the end.
    await traffic.refill(left);
    await indexed(service, await mineTraffic(under, left));
    await expectBalancesOfNode(service, under, left);
  });

  it("is in conflict, and takes nothing back, when what is final is left", async () => {
    const { network, traffic } = under;
    const [left, right] = [network.node(0), network.node(1)];
    await network.split();
    await traffic.refill(left);
    for (let i = 0; i < 32; i++) await network.mine(1, traffic.minerAddress(0), left);
    const kept = await left.client.call<string>("getbestblockhash");
    await indexed(service, kept);
    await network.mine(40, traffic.minerAddress(1), right);
    await expectBalancesOfNode(service, under, left);
    await network.join();
    const status = await eventually(async () => {
      const { body } = await get(service, "/v1/chains/demo");
      return body.sync.state === "conflict" && body;
    });
    expect(status.indexed.hash).toBe(kept);
    expect(status.finalized.height).toBe(status.indexed.height - 29);
  });
});
