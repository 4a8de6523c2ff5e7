import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "vitest";
import { makeDirectory } from "../support/service.ts";
import {
  type ClusterUnderTest,
  freshSolanaDigest,
  makeTraffic,
  newest,
  solanaConfig,
  startCluster,
  stopCluster,
} from "../support/solana-service.ts";
import { expectToSurviveKills } from "../support/survive-kills.ts";

const KILLS_IMPORTING = 3;
const KILLS_FOLLOWING = 5;
const SLOT_MS = 20;

describe("kill -9 of a service over a cluster of Solana", () => {
  let under: ClusterUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startCluster(150, { finalizedBlocks: 31 });
    directory = await makeDirectory();
  });

  afterAll(async () => {
    await stopCluster(under);
    await directory?.remove();
  });

  it(`at ${KILLS_IMPORTING + KILLS_FOLLOWING} moments of importing, following and forks loses and doubles nothing`, async () => {
    const { cluster } = under;
    await expectToSurviveKills({
      folder: directory.path,
      config: solanaConfig(under, join(directory.path, "store")),
      seed: 20_261_127,
      importing: KILLS_IMPORTING,
      following: KILLS_FOLLOWING,
      mostMs: 300,
      goOn: async (random) => {
        if (random.integer(0, 5) === 0) fork(random.integer(2, 4));
        else if (random.integer(0, 3) === 0) cluster.skipSlots(random.integer(1, 3));
        makeTraffic(under, 1, 2);
        await pause(SLOT_MS);
      },
      newest: () => newest(under).blockhash,
      freshDigest: () => freshSolanaDigest(under),
    });
  }, 200_000);

  function fork(depth: number): void {
    const { cluster } = under;
    const branch = cluster.fork(depth);
    cluster.makeSlots(depth + 1, branch);
    cluster.follow(branch);
  }
});
