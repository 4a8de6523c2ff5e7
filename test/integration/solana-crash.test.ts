import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { openLevelStore } from "../../src/store/level/open.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { kill, startCli } from "../support/cli-service.ts";
import { indexed, makeDirectory } from "../support/service.ts";
import {
  type ClusterUnderTest,
  freshSolanaDigest,
  makeTraffic,
  newest,
  solanaConfig,
  startCluster,
  stopCluster,
} from "../support/solana-service.ts";

const KILLS_IMPORTING = 3;
const KILLS_FOLLOWING = 5;
/** How long the service is let work before it is killed, at most, milliseconds. */
const MOST_MS = 300;
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
    const random = new SeededRandom(20_261_127);
    const configFile = join(directory.path, "headwater.yaml");
    const config = solanaConfig(under, join(directory.path, "store"));
    await writeFile(configFile, stringify(config));
    for (let i = 0; i < KILLS_IMPORTING; i++) {
      const { child, listening } = startCli(configFile);
      await listening;
      await pause(random.integer(0, MOST_MS));
      await kill(child);
    }
    for (let i = 0; i < KILLS_FOLLOWING; i++) {
      const { child, listening } = startCli(configFile);
      await listening;
      const until = Date.now() + random.integer(0, MOST_MS);
      while (Date.now() < until) {
        if (random.integer(0, 5) === 0) fork(random.integer(2, 4));
        else if (random.integer(0, 3) === 0) cluster.skipSlots(random.integer(1, 3));
        makeTraffic(under, 1, 2);
        await pause(SLOT_MS);
      }
      await kill(child);
    }
    const last = startCli(configFile);
    const block = await indexed(await last.listening, newest(under).blockhash);
    last.child.kill("SIGTERM");
    await once(last.child, "exit");
    expect(block.digest).toBe(await freshSolanaDigest(under));
    const store = await openLevelStore(config.store.path);
    expect((await store.verify()).faults).toEqual([]);
    await store.close();
  }, 200_000);

  function fork(depth: number): void {
    const { cluster } = under;
    const branch = cluster.fork(depth);
    cluster.makeSlots(depth + 1, branch);
    cluster.follow(branch);
  }
});
