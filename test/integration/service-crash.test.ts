import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { openLevelStore } from "../../src/store/level/open.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { kill, startCli } from "../support/cli-service.ts";
import {
  configFor,
  freshDigest,
  indexed,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

const KILLS_IMPORTING = 25;
const KILLS_FOLLOWING = 25;

describe("kill -9", () => {
  let under: NetworkUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startNetwork(300, { seats: [{ name: "alder", operator: "alder", region: "eu-west" }] });
    directory = await makeDirectory();
  });

  afterAll(async () => {
    await under?.network.stop();
    await directory?.remove();
  });

  it(`at ${KILLS_IMPORTING + KILLS_FOLLOWING} random moments of importing and following loses and doubles nothing`, async () => {
    const { network, traffic } = under;
    const seed = 20_261_122;
    const random = new SeededRandom(seed);
    const configFile = join(directory.path, "headwater.yaml");
    const config = configFor(network, join(directory.path, "store"));
    await writeFile(configFile, stringify(config));
    for (let i = 0; i < KILLS_IMPORTING; i++) {
      const { child, listening } = startCli(configFile);
      await listening;
      await pause(random.integer(0, 400));
      await kill(child);
    }
    for (let i = 0; i < KILLS_FOLLOWING; i++) {
      const { child, listening } = startCli(configFile);
      await listening;
      const until = Date.now() + random.integer(0, 400);
      while (Date.now() < until) await network.mineBlock(await traffic.nextBlock());
      await kill(child);
    }
    const last = startCli(configFile);
    const block = await indexed(await last.listening, network.head.hash);
    last.child.kill("SIGTERM");
    await once(last.child, "exit");
    expect(block.digest).toBe(await freshDigest(network));
    const store = await openLevelStore(config.store.path);
    expect((await store.verify()).faults).toEqual([]);
    await store.close();
  }, 300_000);
});
