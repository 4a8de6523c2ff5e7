import { beforeAll, describe, expect, it } from "vitest";
import type { Chain, RawBlock } from "../../src/core/contracts/plugin.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { clusterIdOf } from "../../src/plugins/solana/networks.ts";
import { buildProfile } from "../../src/plugins/solana/profile.ts";
import { SolanaCluster } from "../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../src/testing/solana/cluster-wire.ts";
import { readTokenAccount } from "../../src/testing/solana/ledger/token-state.ts";
import { NodeView } from "../../src/testing/solana/node-view.ts";
import { SolanaTraffic } from "../../src/testing/solana/traffic/traffic.ts";

const NATIVE = "slip44:501";
const SLOTS = 30;

describe.each(["full", "accounts"] as const)(
  "blocks with traffic of all kinds, fetched as %s",
  (transactionDetails) => {
    let cluster: SolanaCluster;
    let chain: Chain;
    let raws: RawBlock[];

    beforeAll(async () => {
      cluster = new SolanaCluster({ finalizedBlocks: 2, confirmedBlocks: 0 });
      const traffic = new SolanaTraffic(cluster, { seed: 11, wallets: 5 });
      traffic.setUp();
      for (let i = 0; i < SLOTS; i++) {
        traffic.send(8);
        cluster.makeSlot();
        if (i % 7 === 0) cluster.skipSlots(2);
      }
      chain = plugin.open({
        id: clusterIdOf(cluster.genesisHash),
        plugin: "solana",
        index: { from: 0, scope: "all", verify: "full" },
        agreement: {},
        lag: { targetSeconds: 5, maxSeconds: 60 },
        nodes: [],
        options: {},
      });
      raws = await fetchAll(
        cluster,
        transactionDetails,
        buildProfile(transactionDetails === "full" ? "by-programs" : "by-accounts"),
      );
    });

    it("hold in every check that the chain allows", () => {
      for (const raw of raws) {
        const { checks } = chain.verify(raw);
        const skipped = checks.filter(({ result }) => result === "skipped").map(({ check }) => check);
        const unsigned = transactionDetails === "accounts" ? ["signatures"] : [];
        expect(skipped.sort()).toEqual(["bankHash", "blockHash", ...unsigned]);
      }
    });

    it("are decoded to the balances that the virtual machine has, of lamports and of tokens by owner", () => {
      const sums = new Map<string, bigint>();
      const observed = new Map<string, bigint>();
      for (const raw of raws) {
        const { transactions, observations } = chain.decode(raw);
        for (const { account, asset, delta } of transactions.flatMap(({ movements }) => movements)) {
          sums.set(`${account} ${asset}`, (sums.get(`${account} ${asset}`) ?? 0n) + delta);
        }
        for (const { account, amount } of observations) observed.set(account, amount);
      }
      for (const [account, amount] of observed) expect(cluster.account(account)?.lamports ?? 0n, account).toBe(amount);
      const tokens = new Map<string, bigint>();
      for (const [, state] of cluster.ledger.accounts.written(cluster.tip)) {
        const token = readTokenAccount(state);
        if (!token) continue;
        const key = `${token.owner} token:${token.mint}`;
        tokens.set(key, (tokens.get(key) ?? 0n) + token.amount);
      }
      const decoded = [...sums].filter(([key, amount]) => !key.endsWith(NATIVE) && amount !== 0n);
      expect(new Map(decoded)).toEqual(new Map([...tokens].filter(([, amount]) => amount !== 0n)));
      expect(decoded.length).toBeGreaterThan(15);
    });
  },
);

async function fetchAll(cluster: SolanaCluster, transactionDetails: string, profile: string): Promise<RawBlock[]> {
  const wire = new ClusterWire(new NodeView(cluster));
  const config = { commitment: "confirmed", maxSupportedTransactionVersion: 0, transactionDetails, encoding: "base64" };
  const raws: RawBlock[] = [];
  for (let slot = 1; slot <= cluster.tip.slot; slot++) {
    if (!cluster.ledger.index.bankAt(slot, cluster.tip)) continue;
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getBlock", params: [slot, config] });
    const { body: answer } = await wire.post({ body, timeoutMs: 1_000 });
    raws.push({ asked: { height: slot }, profile, node: "juniper", parts: { answer } });
  }
  return raws;
}
