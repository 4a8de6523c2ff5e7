import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningService, startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import type { TrafficTransaction } from "../../src/testing/bitcoin/traffic.ts";
import { type RegtestUnderTest, regtestConfig, startRegtest } from "../support/regtest-service.ts";
import { eventually, get, indexed, type Json, makeDirectory } from "../support/service.ts";

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("pending on $name", ({ kind }) => {
  let under: RegtestUnderTest;
  let service: RunningService;
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  let replaced: TrafficTransaction;
  let latter: TrafficTransaction;
  let payer: string;

  beforeAll(async () => {
    under = await startRegtest(kind, 4);
    directory = await makeDirectory();
    service = await startService(regtestConfig(under, join(directory.path, "store")), { logger: silentLogger });
    const { traffic, network } = under;
    await indexed(service, await network.first.client.call("getbestblockhash"));
    const isPair = ({ replaces }: TrafficTransaction) => replaces !== undefined;
    let made = traffic.next(10);
    while (!made.some(isPair)) made = traffic.next(10);
    latter = made.find(isPair) as TrafficTransaction;
    replaced = made.find(({ id }) => id === latter.replaces) as TrafficTransaction;
  });

  afterAll(async () => {
    await service?.stop();
    await under?.network.remove();
    await directory?.remove();
  });

  const pendingAt = (id: string): Promise<Json> =>
    eventually(async () => {
      const { body } = await get(service, `/v1/chains/demo/transactions/${id}`);
      return body.status === "pending" && body.operators === 2 && body;
    });

  const retractedAt = (id: string, end: string): Promise<Json> =>
    eventually(async () => {
      const { body } = await get(service, `/v1/accounts/${payer}/pending`);
      return body.retracted?.find((each: Json) => each.id === id && each.end === end);
    });

  it("is what all nodes have, with its movements apart from the balance", async () => {
    await under.network.send([replaced.raw]);
    const told = await pendingAt(replaced.id);
    payer = told.fee.payer;
    expect(told).toMatchObject({ replaceable: true, ancestors: { count: 1 } });
    const own = told.movements.filter(({ account }: Json) => account === payer);
    const sum = own.reduce((all: bigint, { delta }: Json) => all + BigInt(delta), 0n);
    const { body } = await get(service, `/v1/accounts/${payer}/balances`);
    expect(BigInt(body.balances[0].pending)).toBe(sum);
    const { fees } = await under.network.first.client.call<{ fees: { base: number } }>("getmempoolentry", replaced.id);
    expect(BigInt(told.fee.amount)).toBe(BigInt(Math.round(fees.base * 1e8)));
  });

  it("gives way to what replaces it", async () => {
    await under.network.send([latter.raw]);
    expect((await pendingAt(latter.id)).replaces).toEqual([replaced.id]);
    expect(await retractedAt(replaced.id, "replaced")).toMatchObject({ by: latter.id });
  });

  it("is evicted where nodes lost it, and may come back", async () => {
    const { network } = under;
    // What nodes keep of it ends with their processes.
    for (const { node } of network.nodes) await node.stop();
    for (const { node } of network.nodes) await node.restart();
    await network.join();
    expect(await retractedAt(latter.id, "evicted")).toMatchObject({ by: null });
    await network.send([latter.raw]);
    await pendingAt(latter.id);
  });

  it("is confirmed by a block", async () => {
    const { network, traffic } = under;
    const [hash] = await network.mine(1, traffic.minerAddress(0));
    await indexed(service, hash as string);
    const { body } = await get(service, `/v1/chains/demo/transactions/${latter.id}`);
    expect(body).toMatchObject({ status: "success", blockHash: hash });
    await retractedAt(latter.id, "confirmed");
  });
});
