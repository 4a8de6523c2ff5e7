import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import {
  freshRegtestDigest,
  mineTraffic,
  type RegtestUnderTest,
  regtestConfig,
  startRegtest,
} from "../support/regtest-service.ts";
import { makeDirectory } from "../support/service.ts";
import { expectToSurviveKills } from "../support/survive-kills.ts";

const KILLS_IMPORTING = 8;
const KILLS_FOLLOWING = 8;
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
    await expectToSurviveKills({
      folder: directory.path,
      config: regtestConfig(under, join(directory.path, "store"), OPTIONS),
      seed: 20_261_127,
      importing: KILLS_IMPORTING,
      following: KILLS_FOLLOWING,
      mostMs: 300,
      goOn: async (random) => {
        if (random.integer(0, 3) === 0) await network.reorg(random.integer(1, 4), traffic.minerAddress(1));
        await traffic.refill(first);
        await mineTraffic(under, first, 3);
      },
      newest: () => first.client.call<string>("getbestblockhash"),
      freshDigest: (tip) => freshRegtestDigest(under, tip, OPTIONS),
    });
  }, 200_000);
});
