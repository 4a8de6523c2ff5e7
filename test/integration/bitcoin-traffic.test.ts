import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RegtestNetwork } from "../../src/testing/bitcoin/regtest-network.ts";
import { amountOf } from "../../src/testing/bitcoin/scan-outputs.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic, type TrafficTransaction } from "../../src/testing/bitcoin/traffic.ts";
import { RECIPES } from "../../src/testing/bitcoin/traffic-recipes.ts";

type Scan = { readonly total_amount: number; readonly unspents: readonly unknown[] };
type SetInfo = { readonly total_amount: number; readonly txouts: number };

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("the traffic on $name", ({ kind }) => {
  let network: RegtestNetwork;
  let traffic: RegtestTraffic;
  const sent: TrafficTransaction[] = [];

  beforeAll(async () => {
    network = await RegtestNetwork.start(kind);
    traffic = new RegtestTraffic({ network: network.terms, seed: 3 });
    await network.mine(FUNDING_BLOCKS, traffic.minerAddress(0));
    await traffic.refill(network.first);
    for (let i = 0; i < 14; i++) {
      const transactions = traffic.next(10);
      sent.push(...transactions);
      await network.send(transactions.map(({ raw }) => raw));
      await network.mine(1, traffic.minerAddress(i));
      traffic.mined();
    }
  });

  afterAll(() => network?.remove());

  it("is taken as it is, of every kind", () => {
    const kinds = new Set(sent.map(({ recipe }) => recipe));
    expect([...kinds].sort()).toEqual(RECIPES.map(({ name }) => name).sort());
  });

  it("has all that there is on scripts that it knows", async () => {
    const { client } = network.first;
    const info = await client.call<SetInfo>("gettxoutsetinfo");
    const descriptors = traffic.scripts.map((script) => `raw(${Buffer.from(script).toString("hex")})`);
    const scan = await client.call<Scan>("scantxoutset", "start", descriptors);
    expect([amountOf(scan.total_amount), scan.unspents.length]).toEqual([amountOf(info.total_amount), info.txouts]);
    expect(info.txouts).toBeGreaterThan(300);
  });

  it("leaves no transaction whose place another took", async () => {
    const replaced = sent.flatMap(({ replaces }) => (replaces === undefined ? [] : [replaces]));
    expect(replaced.length).toBeGreaterThan(3);
    for (const id of replaced) {
      const found = network.first.client.call("getrawtransaction", id);
      await expect(found).rejects.toMatchObject({ details: { rpcCode: -5 } });
    }
  });

  it("is the same for the same seed and outputs, and another for another seed", async () => {
    const again = new RegtestTraffic({ network: network.terms, seed: 11 });
    await again.refill(network.first);
    traffic.reseed(11);
    await traffic.refill(network.first);
    const first = traffic.next(5);
    expect(again.next(5)).toEqual(first);
    again.reseed(12);
    await again.refill(network.first);
    expect(again.next(5)).not.toEqual(first);
  });

  it("goes on after a reorg, with what left the chain back in the mempool", async () => {
    await network.split();
    await traffic.refill(network.first);
    const orphaned = traffic.next(5);
    await network.send(orphaned.map(({ raw }) => raw));
    await network.mine(1, traffic.minerAddress(0));
    await network.mine(2, traffic.minerAddress(1), network.node(1));
    await network.join();
    const waiting = await network.first.client.call<string[]>("getrawmempool");
    const last = orphaned.filter(({ id }) => !orphaned.some(({ replaces }) => replaces === id));
    expect(new Set(waiting)).toEqual(new Set(last.map(({ id }) => id)));
    await traffic.refill(network.first);
    const next = traffic.next(5);
    await network.send(next.map(({ raw }) => raw));
    const [hash] = await network.mine(1, traffic.minerAddress(0));
    const { tx } = await network.first.client.call<{ tx: string[] }>("getblock", hash, 1);
    for (const { id } of last) expect(tx).toContain(id);
  });

  it("is refused to join where both chains are as long", async () => {
    await network.split();
    await network.mine(1, traffic.minerAddress(0));
    await network.mine(1, traffic.minerAddress(1), network.node(1));
    await expect(network.join()).rejects.toMatchObject({ code: "test-node-failed", message: /two chains/ });
    await network.mine(1, traffic.minerAddress(0));
    await network.join();
  });
});
