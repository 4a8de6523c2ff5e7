import { expect } from "vitest";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { type ClusterOptions, SolanaCluster } from "../../src/testing/solana/cluster.ts";
import type { Bank } from "../../src/testing/solana/ledger/bank.ts";
import { readTokenAccount } from "../../src/testing/solana/ledger/token-state.ts";
import { SOLANA_SEATS, SolanaNode, type SolanaSeat } from "../../src/testing/solana/solana-node.ts";
import { SolanaTraffic } from "../../src/testing/solana/traffic/traffic.ts";
import { importDigest, type Json, serviceConfig } from "./service.ts";

export type ClusterUnderTest = {
  readonly cluster: SolanaCluster;
  readonly traffic: SolanaTraffic;
  readonly nodes: readonly SolanaNode[];
};

/** A cluster whose newest slot is now, with `blocks` blocks of traffic, and a node of it in each seat. */
export async function startCluster(
  blocks: number,
  options: ClusterOptions & { readonly seats?: readonly SolanaSeat[] } = {},
): Promise<ClusterUnderTest> {
  const { seats = SOLANA_SEATS, ...rest } = options;
  const genesisTime = Math.floor(Date.now() / 1000 - blocks * 0.4);
  const cluster = new SolanaCluster({ genesisTime, finalizedBlocks: 8, ...rest });
  const traffic = new SolanaTraffic(cluster, { seed: 3, wallets: 6 });
  traffic.setUp();
  makeTraffic({ cluster, traffic }, blocks);
  return { cluster, traffic, nodes: await Promise.all(seats.map((seat) => SolanaNode.start(cluster, seat))) };
}

export async function stopCluster({ nodes }: ClusterUnderTest): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

/** Makes blocks of new transactions on the branch that nodes follow. */
export function makeTraffic(
  { cluster, traffic }: Pick<ClusterUnderTest, "cluster" | "traffic">,
  blocks: number,
  count = 4,
): void {
  for (let i = 0; i < blocks; i++) {
    traffic.send(count);
    cluster.makeSlot();
  }
}

/** The newest block that a service indexes: the newest confirmed one of the first node. */
export function newest({ nodes }: ClusterUnderTest): Bank {
  return (nodes[0] as SolanaNode).view.confirmed;
}

/** The configuration of a service over all nodes of the cluster. */
export function solanaConfig(
  { cluster, nodes }: ClusterUnderTest,
  storePath: string,
  options: Readonly<Record<string, unknown>> = {},
): HeadwaterConfig {
  const configured = nodes.map(({ seat, url, wsUrl }) => ({ ...seat, url, ws: wsUrl }));
  const id = `solana:${cluster.genesisHash.slice(0, 32)}`;
  return serviceConfig({ id, plugin: "solana", nodes: configured, options }, storePath);
}

/** The digest that a fresh import of the cluster's newest confirmed block ends with. */
export function freshSolanaDigest(
  under: ClusterUnderTest,
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return importDigest((storePath) => solanaConfig(under, storePath, options), newest(under).blockhash);
}

/** Accounts in one question. */
const ASKED_AT_ONCE = 100;

/**
 * Holds what the service tells of every account that any block wrote against the virtual machine's own accounts after the bank:
 * lamports, and the tokens of each owner over all that the owner's token accounts hold. The service must have indexed it.
 */
export async function expectBalancesOfBank(
  service: { readonly url: string },
  { cluster }: ClusterUnderTest,
  bank: Bank,
): Promise<void> {
  const chain = `solana:${cluster.genesisHash.slice(0, 32)}`;
  const expected = sumByOwner(cluster, bank);
  const accounts = [...expected.keys()];
  for (let at = 0; at < accounts.length; at += ASKED_AT_ONCE) {
    const asked = accounts.slice(at, at + ASKED_AT_ONCE);
    const response = await fetch(`${service.url}/v1/balances`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ accounts: asked.map((account) => `${chain}:${account}`) }),
    });
    const { results }: Json = await response.json();
    for (const [i, account] of asked.entries()) {
      const { asOf, balances, error } = results[i];
      expect(asOf?.hash, `${account}: ${JSON.stringify(error)}`).toBe(bank.blockhash);
      const told = balances.filter(({ amount }: Json) => amount !== "0");
      const byAsset = new Map(told.map(({ asset, amount }: Json) => [asset.slice(chain.length + 1), amount]));
      expect(byAsset, `${account} after slot ${bank.slot}`).toEqual(expected.get(account));
    }
  }
}

/** By account, what it has of each asset, without zeros: decimal texts. */
function sumByOwner(cluster: SolanaCluster, bank: Bank): Map<string, Map<string, string>> {
  const sums = new Map<string, Map<string, bigint>>();
  const add = (account: string, asset: string, amount: bigint) => {
    const held = sums.get(account) ?? new Map<string, bigint>();
    if (amount > 0n) held.set(asset, (held.get(asset) ?? 0n) + amount);
    sums.set(account, held);
  };
  for (const [address, state] of cluster.ledger.accounts.written(bank)) {
    add(address, "slip44:501", state.lamports);
    const token = readTokenAccount(state);
    if (token) add(token.owner, `token:${token.mint}`, token.amount);
  }
  const asText = (held: Map<string, bigint>) => new Map([...held].map(([asset, amount]) => [asset, `${amount}`]));
  return new Map([...sums].map(([account, held]) => [account, asText(held)]));
}
