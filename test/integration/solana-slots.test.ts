import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { eventually, get, indexed, makeDirectory } from "../support/service.ts";
import {
  type ClusterUnderTest,
  expectBalancesOfBank,
  freshSolanaDigest,
  makeTraffic,
  newest,
  solanaConfig,
  startCluster,
  stopCluster,
} from "../support/solana-service.ts";

/** Deeper than the longest branch that is left here, in blocks. */
const FINALIZED_BLOCKS = 16;

/** One test goes on where the one before it ended. */
describe("a service over a cluster of Solana", () => {
  let under: ClusterUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startCluster(20, { finalizedBlocks: FINALIZED_BLOCKS });
    directory = await makeDirectory();
    service = await startService(solanaConfig(under, join(directory.path, "store")), { logger: silentLogger });
    await indexed(service, newest(under).blockhash);
  });

  afterAll(async () => {
    await service?.stop();
    await stopCluster(under);
    await directory?.remove();
  });

  /** That the service stands on the cluster's newest block and has the ledger that a fresh import comes to. */
  async function expectWhole(): Promise<void> {
    const bank = newest(under);
    const block = await indexed(service, bank.blockhash);
    expect([block.height, block.parentHeight]).toEqual([bank.slot, bank.parentSlot]);
    expect(block.digest).toBe(await freshSolanaDigest(under));
    await expectBalancesOfBank(service, under, bank);
  }

  it.each([1, 3, 100])("goes on over %i skipped slots in a row", async (slots) => {
    const { cluster } = under;
    makeTraffic(under, 2);
    const before = cluster.tip;
    cluster.skipSlots(slots);
    makeTraffic(under, 3);
    await expectWhole();
    const { body } = await get(service, `/v1/chains/demo/blocks/${before.slot + slots + 1}`);
    expect(body).toMatchObject({ parentHeight: before.slot, parentHash: before.blockhash });
  });

  it("goes on where slots are skipped while it looks, the newest of all among them", async () => {
    const { cluster } = under;
    for (let i = 0; i < 8; i++) {
      cluster.skipSlots(i % 3);
      makeTraffic(under, 1);
      await indexed(service, newest(under).blockhash);
    }
    cluster.skipSlots(5);
    makeTraffic(under, 2);
    await expectWhole();
  });

  it.each([2, 5, 12])("rolls %i blocks back that nodes leave for others", async (depth) => {
    const { cluster, traffic } = under;
    makeTraffic(under, depth + 1);
    const left = newest(under);
    await indexed(service, left.blockhash);
    const branch = cluster.fork(depth);
    // Of other slots than those that are left, too.
    cluster.skipSlots(1, branch);
    cluster.makeSlots(depth, branch);
    cluster.follow(branch);
    traffic.send(4);
    cluster.makeSlots(2);
    await expectWhole();
    const { status, body } = await get(service, `/v1/chains/demo/blocks/${left.blockhash}`);
    expect([status, body.code]).toEqual([404, "block-unknown"]);
  });

  it("is in conflict, and takes nothing back, when nodes leave what is final", async () => {
    const { cluster } = under;
    makeTraffic(under, 4);
    const kept = newest(under);
    await indexed(service, kept.blockhash);
    const branch = cluster.fork(FINALIZED_BLOCKS + 6);
    cluster.makeSlots(FINALIZED_BLOCKS + 10, branch);
    cluster.follow(branch);
    const status = await eventually(async () => {
      const { body } = await get(service, "/v1/chains/demo");
      return body.sync.state === "conflict" && body;
    });
    expect(status.indexed.hash).toBe(kept.blockhash);
  });
});
