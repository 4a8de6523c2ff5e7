import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { configFor, get, indexed, makeDirectory, type NetworkUnderTest, startNetwork } from "../support/service.ts";

/** Requests under way at once: what 500 a second amount to where an answer takes a tenth of one. */
const IN_FLIGHT = 50;
const REQUESTS = 500;

/** What came of many requests: how many failed and how, and how many told an older block than one answered before they began. */
type Load = { readonly failed: string[]; readonly older: number; readonly answered: number };

describe("the primary node", () => {
  let under: NetworkUnderTest;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let service: RunningService;
  let newest = -1;

  beforeAll(async () => {
    under = await startNetwork(6);
  });

  beforeEach(async () => {
    newest = -1;
    directory = await makeDirectory();
    // The replica's region is the first node's: all that it can do it does.
    service = await startService(configFor(under.network, `${directory.path}/store`), { logger: silentLogger });
    await indexed(service, under.network.head.hash);
  });

  afterEach(async () => {
    await service?.stop();
    await directory?.remove();
    await under.network.rejoin("alder-eu");
  });

  afterAll(async () => {
    await under?.network.stop();
  });

  async function load(requests: number): Promise<Load> {
    const { receivers } = under.traffic;
    const failed: string[] = [];
    let older = 0;
    let answered = 0;
    let next = 0;
    const ask = async () => {
      while (next < requests) {
        const account = `eip155:${under.network.chainId}:${receivers[next++ % receivers.length]}`;
        const known = newest;
        const { status, body } = await get(service, `/v1/accounts/${account}/balances`);
        const height: number = body.asOf?.height ?? -1;
        if (status !== 200) failed.push(`${status} ${JSON.stringify(body)}`);
        else if (height < known) older++;
        newest = Math.max(newest, height);
        answered++;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
    return { failed, older, answered };
  }

  const blocks = async (count: number) => {
    for (let i = 0; i < count; i++) await under.network.mineBlock(await under.traffic.nextBlock());
  };

  it("is killed under load: no request fails, and no answer is older than one before", async () => {
    const [before] = await Promise.all([load(REQUESTS), blocks(3)]);
    expect(before).toEqual({ failed: [], older: 0, answered: REQUESTS });
    const killed = load(REQUESTS);
    await under.network.node("alder-eu").kill();
    const [during] = await Promise.all([killed, blocks(3)]);
    expect(during).toEqual({ failed: [], older: 0, answered: REQUESTS });
    // The two that are left still are the majority, and go on with the chain.
    await indexed(service, under.network.head.hash);
    expect(await load(50)).toEqual({ failed: [], older: 0, answered: 50 });
    expect(newest).toBe(under.network.head.height);
  });

  it("hangs under load: the same holds", async () => {
    expect(await load(50)).toEqual({ failed: [], older: 0, answered: 50 });
    const hanging = load(REQUESTS);
    under.network.node("alder-eu").pause();
    const [during] = await Promise.all([hanging, blocks(3)]);
    expect(during).toEqual({ failed: [], older: 0, answered: REQUESTS });
    await indexed(service, under.network.head.hash);
  });
});
