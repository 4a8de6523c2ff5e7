import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import {
  configFor,
  eventually,
  get,
  indexed,
  type Json,
  makeDirectory,
  type NetworkUnderTest,
  startNetwork,
} from "../support/service.ts";

const SEATS = [
  { name: "alder", operator: "alder", region: "eu-west" },
  { name: "birch", operator: "birch", region: "eu-west" },
  { name: "cedar", operator: "cedar", region: "us-east" },
  { name: "odd", operator: "odd", region: "ap-south" },
];

/** Three operators of four are a majority. One test goes on where the one before it ended. */
describe("real nodes, one of which is sent other transactions", () => {
  let under: NetworkUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;

  beforeAll(async () => {
    under = await startNetwork(12, { seats: SEATS });
    directory = await makeDirectory();
    service = await startService(configFor(under.network, join(directory.path, "store")), { logger: silentLogger });
    await indexed(service, under.network.head.hash);
  });

  afterAll(async () => {
    await service?.stop();
    await under?.network.stop();
    await directory?.remove();
  });

  async function mine(): Promise<Json> {
    const { network, traffic } = under;
    const block = await network.mineBlock(await traffic.nextBlock());
    return await indexed(service, block.hash);
  }

  function untilNode(name: string, suits: (node: Json) => boolean): Promise<Json> {
    return eventually(async () => {
      const { body } = await get(service, "/v1/nodes");
      const node = body.nodes.find((each: Json) => each.name === name);
      return suits(node) && node;
    });
  }

  it("finds it forked, shows the evidence, and goes on without it", async () => {
    const { network, traffic } = under;
    const odd = network.node("odd");
    const branched = network.head.height;
    const other = await traffic.nextBlock();
    await odd.mineAlone(other.slice(0, 1), network.head.timestamp + 2);
    const main = await network.mineBlock(other);
    await indexed(service, main.hash);
    await untilNode("odd", ({ state, causes }) => state === "forked" && causes.includes("forked"));
    const block = await mine();
    expect(block.agreement).toMatchObject({ operators: 3, required: 3, regions: ["eu-west", "us-east"] });
    const evidence = await eventually(async () => {
      const { body } = await get(service, "/v1/chains/demo/evidence");
      return body.evidence.find(({ kind }: Json) => kind === "minority-branch");
    });
    expect(evidence).toMatchObject({
      said: [{ node: "odd", operator: "odd", region: "ap-south" }],
      theirs: { height: branched + 1, hash: odd.head.hash },
      ours: { height: branched + 1, hash: main.hash },
    });
    const { body: orphan } = await get(service, `/v1/chains/demo/blocks/${odd.head.hash}`);
    expect(orphan.code).toBe("block-unknown");
  });

  it("takes it back by itself when it is on the common chain again", async () => {
    await under.network.rejoin("odd");
    await untilNode("odd", ({ state }) => state === "healthy");
    const block = await mine();
    const whole = await eventually(async () => {
      const { body } = await get(service, `/v1/chains/demo/blocks/${block.hash}`);
      return body.agreement.operators === 4 && body;
    });
    expect(whole.agreement.regions).toEqual(["ap-south", "eu-west", "us-east"]);
  });

  it("answers on when a region is cut off, and says so", async () => {
    await under.network.node("odd").kill();
    await untilNode("odd", ({ state }) => state === "unreachable");
    const block = await mine();
    expect(block.agreement.regions).toEqual(["eu-west", "us-east"]);
    const { status, body } = await get(service, "/v1/chains/demo/blocks/latest");
    expect(status).toBe(200);
    expect(body.agreement).toMatchObject({ operators: 3, regions: ["eu-west", "us-east"] });
  });

  it("stalls with the reason when the quorum is lost, refuses fresh reads, and lowers nothing", async () => {
    const { network } = under;
    const before = network.head.hash;
    await network.node("cedar").kill();
    const chain = await eventually(async () => {
      const { body } = await get(service, "/v1/chains/demo");
      return body.sync.state === "stalled" && body;
    });
    expect(chain.sync.reason).toMatch(/^the chain needs 3 operators from 1 region, 2 from 1 are heard: .*cedar.*odd/);
    await network.mineBlock();
    const tip = await eventually(async () => {
      const { body } = await get(service, "/v1/chains/demo");
      return body.tip.hash === network.head.hash && body;
    });
    expect(tip.indexed.hash).toBe(before);
    expect(tip.tip.agreement).toMatchObject({ operators: 2, required: 3 });
    const refused = await get(service, "/v1/chains/demo/blocks/latest");
    expect([refused.status, refused.body.code]).toEqual([503, "stale"]);
    await network.rejoin("cedar");
    await indexed(service, network.head.hash);
    await eventually(async () => (await get(service, "/v1/chains/demo/blocks/latest")).status === 200);
  });
});
