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

describe("a cordon", () => {
  let under: NetworkUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let service: RunningService | undefined;

  beforeAll(async () => {
    under = await startNetwork(10);
    directory = await makeDirectory();
  });

  afterAll(async () => {
    await service?.stop();
    await under?.network.stop();
    await directory?.remove();
  });

  async function start(): Promise<RunningService> {
    service = await startService(configFor(under.network, `${directory.path}/store`), { logger: silentLogger });
    return service;
  }

  const stateOf = async ({ url }: RunningService, name: string): Promise<Json> =>
    (await get({ url }, "/v1/nodes")).body.nodes.find((node: Json) => node.name === name);

  const votesIn = async ({ url }: RunningService): Promise<Json> =>
    (await get({ url }, "/v1/chains/demo")).body.tip?.agreement;

  it("takes a node's vote and work at once, lasts over a restart, and lowers no requirement", async () => {
    const first = await start();
    await indexed(first, under.network.head.hash);
    await eventually(async () => (await votesIn(first))?.operators === 3);
    const { name, operator } = under.network.nodes[0] as (typeof under.network.nodes)[number];
    const path = `/v1/nodes/${name}/cordon`;
    const put = await fetch(`${first.url}${path}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "moves house" }),
    });
    expect(await put.json()).toMatchObject({ name, state: "cordoned", cordon: { reason: "moves house" } });
    expect(await votesIn(first)).toMatchObject({ operators: 2, required: 2 });
    await first.stop();

    const second = await start();
    await eventually(async () => (await stateOf(second, name)).state === "cordoned");
    await under.network.mineBlock(await under.traffic.nextBlock());
    await indexed(second, under.network.head.hash);
    expect(await stateOf(second, name)).toMatchObject({ state: "cordoned", cordon: { reason: "moves house" } });
    await eventually(async () => (await votesIn(second))?.operators === 2);
    expect((await votesIn(second)).required).toBe(2);

    expect((await fetch(`${second.url}${path}`, { method: "DELETE" })).status).toBe(200);
    await eventually(async () => (await votesIn(second))?.operators === 3);
    expect(await stateOf(second, name)).toMatchObject({ operator, state: "healthy", causes: [], cordon: null });
  });
});
