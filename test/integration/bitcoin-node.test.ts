import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import type { Chain, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { BlockRef, LedgerBlock, Output } from "../../src/core/model.ts";
import plugin from "../../src/plugins/bitcoin/index.ts";
import { LocalBlocks } from "../../src/plugins/bitcoin/local/local-blocks.ts";
import type { MeteredTransport } from "../../src/sync/pool/metered-transport.ts";
import { RealNode } from "../../src/testing/bitcoin/real-node.ts";
import { RegtestNetwork } from "../../src/testing/bitcoin/regtest-network.ts";
import { amountOf } from "../../src/testing/bitcoin/scan-outputs.ts";
import { availableKinds } from "../../src/testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic } from "../../src/testing/bitcoin/traffic.ts";
import { failureOf } from "../support/failure-of.ts";
import { httpTransport, openTransport } from "../support/node-transport.ts";

function configFor(id: string, from: number): ChainConfig {
  return {
    id,
    plugin: "bitcoin",
    index: { from, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [],
    options: {},
  };
}

/** A chain taken in from its first block, as plainly as can be. */
class PlainLedger {
  readonly blocks: LedgerBlock[] = [];
  readonly unspent = new Map<string, Output>();

  async follow(chain: Chain, node: ChainNode, height: number): Promise<void> {
    const raw = await node.fetchBlock({ height }, "bitcoin/1");
    const { spends, makes } = chain.listOutputs?.(raw) ?? { spends: [], makes: [] };
    const spent = spends.map((id) => this.unspent.get(id) as Output);
    const { checks } = chain.verify(raw, spent);
    const skipped = checks.filter(({ result }) => result === "skipped").map(({ check }) => check);
    // Below height 500 blocks of Litecoin's regtest network do not say their height.
    expect(skipped.filter((check) => check !== "coinbaseHeight")).toEqual([]);
    const block = chain.decode(raw, spent);
    const trailAt = (at: number) => this.blocks[at]?.trail;
    const held = chain.verifyTrail?.(block.ref, block.trail as Uint8Array, trailAt) ?? [];
    expect(held.map(({ result }) => result)).toEqual(height === 0 ? [] : ["passed", "passed"]);
    for (const id of spends) this.unspent.delete(id);
    for (const output of makes) this.unspent.set(output.id, output);
    this.blocks.push(block);
  }

  balances(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    const movements = this.blocks.flatMap(({ transactions }) => transactions).flatMap((one) => one.movements);
    for (const { account, delta } of movements) sums.set(account, (sums.get(account) ?? 0n) + delta);
    return sums;
  }
}

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("a node of $name", ({ kind }) => {
  let network: RegtestNetwork;
  let traffic: RegtestTraffic;
  let transport: MeteredTransport;
  let chain: Chain;
  let node: ChainNode;
  let tip: BlockRef;
  const ledger = new PlainLedger();

  beforeAll(async () => {
    network = await RegtestNetwork.start(kind);
    traffic = new RegtestTraffic({ network: network.terms, seed: 5 });
    await network.mine(FUNDING_BLOCKS, traffic.minerAddress(0));
    await traffic.refill(network.first);
    for (let i = 0; i < 8; i++) {
      await network.send(traffic.next(10).map(({ raw }) => raw));
      await network.mine(1, traffic.minerAddress(i));
      traffic.mined();
    }
    const { url, name } = network.first;
    transport = httpTransport({ name, url, operator: "alder", region: "eu" });
    chain = plugin.open(configFor(network.terms.chain, 0));
    node = chain.connect(transport);
    tip = (await node.fetchTips()).tip;
    for (let height = 0; height <= tip.height; height++) await ledger.follow(chain, node, height);
  });

  afterAll(async () => {
    await transport?.close();
    await network?.remove();
  });

  it("says which chain it serves, and what it can do", async () => {
    const probe = await node.probe();
    expect(probe).toMatchObject({ chainId: network.terms.chain, syncing: false });
    expect(probe.clientVersion).toMatch(/^\/.+\/$/);
    expect(probe.capabilities).toEqual(expect.arrayContaining(["scan", "long-polling"]));
    expect(chain.canServe(chain.selectProfile([probe]), probe)).toBe(true);
  });

  it("tells its tip and leaves it to depth what is final", async () => {
    const count = await network.first.client.call("getblockcount");
    expect(await node.fetchTips()).toEqual({
      tip: expect.objectContaining({ height: count }),
      safe: null,
      finalized: null,
    });
    expect(chain.info.finality).toEqual({ kind: "depth", safe: 6, finalized: 100 });
  });

  it("tells headers by height and by hash, and that it lacks one", async () => {
    const ref = ledger.blocks[7]?.ref as BlockRef;
    expect(await node.fetchHeader({ height: 7 })).toEqual(ref);
    expect(await node.fetchHeader({ hash: ref.hash })).toEqual(ref);
    expect(await node.fetchHeader({ hash: ref.hash, height: 7 })).toEqual(ref);
    const failures = [
      node.fetchHeader({ height: tip.height + 1 }),
      node.fetchHeader({ hash: "ab".repeat(32) }),
      node.fetchBlock({ height: tip.height + 1 }, "bitcoin/1"),
      node.fetchBlock({ hash: "ab".repeat(32), height: 7 }, "bitcoin/1"),
      node.fetchBlock({ hash: "ab".repeat(32) }, "bitcoin/1"),
    ].map(failureOf);
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(Array(5).fill("node-block-missing"));
    expect((await failureOf(node.fetchHeader({ hash: ref.hash, height: 8 }))).code).toBe("node-wrong-block");
  });

  it("gives the same block by height, by hash, and far below its tip by hashes asked for by the dozen", async () => {
    const ref = ledger.blocks[9]?.ref as BlockRef;
    const raws = await Promise.all([
      node.fetchBlock({ height: 9 }, "bitcoin/1"),
      node.fetchBlock({ hash: ref.hash }, "bitcoin/1"),
      node.fetchBlock({ hash: ref.hash, height: 9 }, "bitcoin/1"),
      node.fetchBlock({ height: 9 }, "bitcoin/1", { work: "backfill" }),
    ]);
    for (const raw of raws) expect(chain.verify(raw, []).ref).toEqual(ref);
  });

  it("gives bytes where it serves REST, and all its blocks from its files where they are at hand", async () => {
    const { first } = network;
    const ref = ledger.blocks[9]?.ref as BlockRef;
    const served = await node.fetchBlock({ height: 9 }, "bitcoin/1");
    expect(Object.keys(served.parts)).toEqual([first.real ? "bytes" : "answer"]);
    if (!(first instanceof RealNode)) return;
    const local = new LocalBlocks(join(first.directory, "regtest", "blocks"));
    await local.settled();
    for (const { ref: each } of ledger.blocks) expect((await local.read(each.hash))?.length).toBeGreaterThan(80);
    expect(await local.read(ref.hash)).toEqual(Buffer.from(served.parts["bytes"] as Uint8Array));
  });

  it("has the balances that the ledger comes to, and as many coins", async () => {
    const balances = ledger.balances();
    const asset = chain.info.nativeAsset;
    const accounts = [...balances.keys()].filter((account) => !account.startsWith("ff"));
    expect(accounts.length).toBeGreaterThan(20);
    const nobody = chain.parseAccount(chain.formatAccount("0014".padEnd(44, "7")));
    const hashed = `ff${"00".repeat(32)}`;
    const told = await node.readBalances(
      [...accounts, nobody, hashed].map((account) => ({ account, asset })),
      tip,
    );
    expect(told).toEqual([...accounts.map((account) => balances.get(account)), 0n, null]);
    const info = await network.first.client.call<{ total_amount: number; txouts: number }>("gettxoutsetinfo");
    expect([...balances.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(amountOf(info.total_amount));
    expect(ledger.unspent.size).toBe(info.txouts);
    const elsewhere = node.readBalances([{ account: nobody, asset }], ledger.blocks[3]?.ref as BlockRef);
    expect((await failureOf(elsewhere)).code).toBe("node-wrong-block");
  });

  it("tells what blocks spend to an index that starts later, which then has the same ledger", async () => {
    const later = plugin.open(configFor(network.terms.chain, 5));
    const teller = later.connect(transport);
    const probe = await teller.probe();
    const profile = later.selectProfile([probe]);
    expect(profile).toBe("bitcoin/1+told");
    expect(later.canServe(profile, probe)).toBe(true);
    for (const height of [FUNDING_BLOCKS + 1, tip.height]) {
      const raw = await teller.fetchBlock({ height }, profile);
      expect(later.listOutputs?.(raw)).toBeUndefined();
      expect(later.decode(raw)).toEqual(ledger.blocks[height]);
      const isWord = "told" in raw.parts;
      const subsidy = later.verify(raw).checks.find(({ check }) => check === "subsidy");
      expect(subsidy?.result).toBe(isWord ? "skipped" : "passed");
    }
  });

  it("tells transactions that are in no block, with the fee and the size that the node tells", async () => {
    const sent = traffic.next(12);
    await network.send(sent.map(({ raw }) => raw));
    const ids = (await node.listPending?.()) ?? [];
    expect(ids.length).toBeGreaterThan(5);
    const gone = "cd".repeat(32);
    const raws = (await node.fetchPending?.([...ids, gone])) ?? [];
    expect(raws.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const made = new Map(ledger.unspent);
    for (const raw of raws) for (const one of chain.listPendingOutputs?.(raw).makes ?? []) made.set(one.id, one);
    for (const raw of raws) {
      const spends = chain.listPendingOutputs?.(raw).spends ?? [];
      const decoded = chain.decodePending?.(
        raw,
        spends.map((id) => made.get(id) as Output),
      );
      type Entry = { fees: { base: number }; "bip125-replaceable": boolean };
      const { client } = network.first;
      const entry = await client.call<Entry>("getmempoolentry", raw.id);
      // Not the entry's size, which counts checks of signatures as bytes.
      const { vsize } = await client.call<{ vsize: number }>("getrawtransaction", raw.id, true);
      expect([decoded?.transaction.fee?.amount, decoded?.size]).toEqual([amountOf(entry.fees.base), vsize]);
      // A transaction is replaceable for its parents as well, which the node counts.
      if (decoded?.replaceable) expect(entry["bip125-replaceable"]).toBe(true);
    }
  });

  it("tells a new block at once to who waits for it", async () => {
    const abort = new AbortController();
    const { promise: told, resolve } = Promise.withResolvers<BlockRef>();
    const started = network.first.client.call("getblockcount");
    const watching = node.watchTips?.(resolve, abort.signal);
    const height = ((await started) as number) + 1;
    await network.mine(1, traffic.minerAddress(0));
    expect(await told).toEqual(await node.fetchHeader({ height }));
    abort.abort();
    await watching;
  });

  it("publishes new blocks to who listens, also after it was down", async ({ skip }) => {
    const { first } = network;
    const zmq = await first.openPublisher();
    if (zmq === undefined) return skip("this program is built without ZMQ");
    const listener = chain.connect(openTransport(first.url, undefined, zmq));
    for (const again of [false, true]) {
      if (again) {
        await first.stop();
        await first.restart();
        await first.connect(network.node(1));
      }
      const abort = new AbortController();
      const told: BlockRef[] = [];
      const watching = listener.watchTips?.((ref) => told.push(ref), abort.signal);
      const mined: string[] = [];
      // A publisher sends nothing to who is not there yet: the first block that it does send will do.
      while (told.length === 0) mined.push(...(await network.mine(1, traffic.minerAddress(0))));
      abort.abort();
      await watching;
      expect(told).toEqual(await Promise.all(told.map(({ height }) => listener.fetchHeader({ height }))));
      expect(mined).toContain(told[0]?.hash);
    }
  });

  it("refuses another's credentials", async () => {
    const url = new URL(network.first.url);
    url.password = "wrong";
    const stranger = httpTransport({ name: "stranger", url: url.href, operator: "alder", region: "eu" });
    const failure = await failureOf(chain.connect(stranger).fetchTips());
    expect([failure.code, failure.details["reason"]]).toEqual(["node-rpc-error", "unauthorized"]);
    await stranger.close();
  });
});
