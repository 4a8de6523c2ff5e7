import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { openLevelStore } from "../../src/store/level/open.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { kill, startCli } from "../support/cli-service.ts";
import {
  freshRegtestDigest,
  mineTraffic,
  type RegtestUnderTest,
  regtestConfig,
  startRegtest,
} from "../support/regtest-service.ts";
import { indexed, makeDirectory } from "../support/service.ts";

const KILLS_IMPORTING = 8;
const KILLS_FOLLOWING = 8;
/** How long the service is let work before it is killed, at most, milliseconds. */
const MOST_MS = 300;
const OPTIONS = { finalityDepth: { safe: 6, finalized: 30 } };

// The first kind there is, a real node where one is: what is killed here is the service, which all kinds look alike to.
describe.each(
  availableKinds()
    .slice(0, 1)
    .map((kind) => ({ kind, name: kind.name })),
)("kill -9 of a service over $name", ({ kind }) => {
  let under: RegtestUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startRegtest(kind, 60, [{ name: "fern-eu", operator: "fern", region: "eu-west" }]);
    directory = await makeDirectory();
  });

  afterAll(async () => {
    await under?.network.remove();
    await directory?.remove();
  });

  it(`at ${KILLS_IMPORTING + KILLS_FOLLOWING} moments of importing, following and reorgs loses and doubles nothing`, async () => {
    const { network, traffic } = under;
    const { first } = network;
    const random = new SeededRandom(20_261_127);
    const configFile = join(directory.path, "headwater.yaml");
    const config = regtestConfig(under, join(directory.path, "store"), OPTIONS);
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
        if (random.integer(0, 3) === 0) await network.reorg(random.integer(1, 4), traffic.minerAddress(1));
        await traffic.refill(first);
        await mineTraffic(under, first, 3);
      }
      await kill(child);
    }
    const tip = await first.client.call<string>("getbestblockhash");
    const last = startCli(configFile);
    const block = await indexed(await last.listening, tip);
    last.child.kill("SIGTERM");
    await once(last.child, "exit");
    expect(block.digest).toBe(await freshRegtestDigest(under, tip, OPTIONS));
    const store = await openLevelStore(config.store.path);
    expect((await store.verify()).faults).toEqual([]);
    await store.close();
  }, 200_000);
});
