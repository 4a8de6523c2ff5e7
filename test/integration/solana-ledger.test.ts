import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { indexed, makeDirectory } from "../support/service.ts";
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

describe("a service over a cluster of Solana", () => {
  let under: ClusterUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startCluster(30);
    directory = await makeDirectory();
    service = await startService(solanaConfig(under, join(directory.path, "store")), { logger: silentLogger });
    await indexed(service, newest(under).blockhash);
  });

  afterAll(async () => {
    await service?.stop();
    await stopCluster(under);
    await directory?.remove();
  });

  it("has every account's lamports and tokens as the virtual machine has them", async () => {
    await expectBalancesOfBank(service, under, newest(under));
    for (let i = 0; i < 3; i++) {
      makeTraffic(under, 1, 8);
      await indexed(service, newest(under).blockhash);
      await expectBalancesOfBank(service, under, newest(under));
    }
  });

  it("ends with the digest of a fresh import", async () => {
    const block = await indexed(service, newest(under).blockhash);
    expect(block.digest).toBe(await freshSolanaDigest(under));
  });
});
