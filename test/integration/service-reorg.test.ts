import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import {
  configFor,
  freshDigest,
  get,
  indexed,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

/** Blocks 1 and 2 of the branch have other traffic than those they replace, for the traffic goes on from its seed. */
describe("a reorg of real nodes", () => {
  let under: NetworkUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startNetwork(60, { slotsInAnEpoch: 40 });
    directory = await makeDirectory();
    service = await startService(configFor(under.network, join(directory.path, "store")), { logger: silentLogger });
    await indexed(service, under.network.head.hash);
  });

  afterAll(async () => {
    await service?.stop();
    await under?.network.stop();
    await directory?.remove();
  });

  it.each([1, 2, 30])("of depth %i leaves the digest of a fresh import", async (depth) => {
    const { network, traffic } = under;
    const saved = traffic.save();
    const doomed = [];
    for (let i = 0; i < depth; i++) doomed.push(await network.mineBlock(await traffic.nextBlock()));
    await indexed(service, network.head.hash);
    traffic.restore(saved, 1_000 + depth);
    const replacement = [];
    for (let i = 0; i <= depth; i++) replacement.push(await traffic.nextBlock());
    await network.reorg(depth, replacement);
    const block = await indexed(service, network.head.hash);
    expect(block.digest).toBe(await freshDigest(network));
    const orphan = await get(service, `/v1/chains/demo/blocks/${doomed[0]?.hash}`);
    expect(orphan.status).toBe(404);
    expect(orphan.body.code).toBe("block-unknown");
  });
});
