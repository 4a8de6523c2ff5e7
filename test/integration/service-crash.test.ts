import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { configFor, freshDigest, makeDirectory, type NetworkUnderTest, startNetwork } from "../support/service.ts";
import { expectToSurviveKills } from "../support/survive-kills.ts";

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
    await expectToSurviveKills({
      folder: directory.path,
      config: configFor(network, join(directory.path, "store")),
      seed: 20_261_122,
      importing: KILLS_IMPORTING,
      following: KILLS_FOLLOWING,
      mostMs: 400,
      goOn: async () => void (await network.mineBlock(await traffic.nextBlock())),
      newest: () => network.head.hash,
      freshDigest: () => freshDigest(network),
    });
  }, 300_000);
});
