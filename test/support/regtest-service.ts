import { expect } from "vitest";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import plugin from "../../src/plugins/bitcoin/index.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { accountOfHex } from "../../src/plugins/bitcoin/scripts/account.ts";
import { REGTEST_SEATS, RegtestNetwork, type RegtestSeat } from "../../src/testing/bitcoin/regtest-network.ts";
import type { RegtestNode } from "../../src/testing/bitcoin/regtest-node.ts";
import { amountOf, scanOutputs } from "../../src/testing/bitcoin/scan-outputs.ts";
import type { NodeKind } from "../../src/testing/bitcoin/start-node.ts";
import { FUNDING_BLOCKS, RegtestTraffic } from "../../src/testing/bitcoin/traffic.ts";
import { get, importDigest, type Json, serviceConfig } from "./service.ts";

export type RegtestUnderTest = { readonly network: RegtestNetwork; readonly traffic: RegtestTraffic };

/** Nodes on one chain with rewards to spend and `blocks` blocks of traffic. */
export async function startRegtest(
  kind: NodeKind,
  blocks: number,
  seats: readonly RegtestSeat[] = REGTEST_SEATS,
): Promise<RegtestUnderTest> {
  const network = await RegtestNetwork.start(kind, seats);
  const traffic = new RegtestTraffic({ network: network.terms, seed: 5 });
  await network.mine(FUNDING_BLOCKS, traffic.minerAddress(0));
  await traffic.refill(network.first);
  const under = { network, traffic };
  for (let i = 0; i < blocks; i++) await mineTraffic(under, network.first);
  return under;
}

/** Mines a block of new transactions on a node, and on those it is joined with. @returns its hash */
export async function mineTraffic(
  { network, traffic }: RegtestUnderTest,
  miner: RegtestNode,
  count = 6,
): Promise<string> {
  await network.send(
    traffic.next(count).map(({ raw }) => raw),
    miner,
  );
  const index = network.nodes.findIndex(({ node }) => node === miner);
  const [hash] = await network.mine(1, traffic.minerAddress(index), miner);
  traffic.mined();
  return hash as string;
}

/** The configuration of a service over all nodes of the network, of which one operator is enough. */
export function regtestConfig(
  { network }: RegtestUnderTest,
  storePath: string,
  options: Readonly<Record<string, unknown>> = {},
): HeadwaterConfig {
  const nodes = network.nodes.map(({ name, operator, region, node }) => ({ name, operator, region, url: node.url }));
  const { chain: id } = network.terms;
  return serviceConfig({ id, plugin: "bitcoin", nodes, agreement: { operators: 1 }, options }, storePath);
}

/** The digest that a fresh import of the network's chain ends with. */
export function freshRegtestDigest(
  under: RegtestUnderTest,
  hash: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return importDigest((storePath) => regtestConfig(under, storePath, options), hash);
}

/** Accounts of whom also the list of unspent outputs is compared: the own ones of the traffic, and the miners'. */
const LISTED_ACCOUNTS = 14;

/**
 * Holds every account's balance, the sum of all, and the lists of those who spend, against what the node itself finds among its unspent outputs. The
 * service must have indexed the node's tip.
 */
export async function expectBalancesOfNode(
  service: { readonly url: string },
  { network, traffic }: RegtestUnderTest,
  node: RegtestNode,
): Promise<void> {
  const scripts = traffic.scripts.map((script) => Buffer.from(script).toString("hex"));
  const scan = await scanOutputs(node, scripts);
  const expected = new Map(scripts.map((script) => [accountText(network, script), 0n]));
  for (const { scriptPubKey, amount } of scan.unspents) {
    const account = accountText(network, scriptPubKey);
    expected.set(account, (expected.get(account) ?? 0n) + amountOf(amount));
  }
  const response = await fetch(`${service.url}/v1/balances`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ accounts: [...expected.keys()] }),
  });
  const { results }: Json = await response.json();
  const told = new Map<string, bigint>();
  for (const { account, asOf, balances, error } of results) {
    expect(asOf?.hash, JSON.stringify(error)).toBe(scan.bestblock);
    for (const { source } of balances) expect(source, account).toBe("ledger");
    told.set(account, BigInt(balances[0]?.amount ?? 0));
  }
  expect(told).toEqual(expected);
  for (const script of scripts.slice(0, LISTED_ACCOUNTS)) {
    const own = scan.unspents.filter(({ scriptPubKey }) => scriptPubKey === script);
    expect(await listOutputs(service, accountText(network, script))).toEqual(
      own.map(({ txid, vout, amount, height }) => `${txid}:${vout} ${amountOf(amount)} ${height}`).sort(),
    );
  }
  const info = await node.client.call<{ bestblock: string; total_amount: number }>("gettxoutsetinfo");
  expect(info.bestblock).toBe(scan.bestblock);
  const total = [...told.values()].reduce((sum, amount) => sum + amount, 0n);
  expect(total).toBe(amountOf(info.total_amount));
}

/** All pages of an account's unspent outputs, as `<id> <amount> <height>`. */
async function listOutputs(service: { readonly url: string }, account: string): Promise<string[]> {
  const listed: string[] = [];
  let cursor = "";
  do {
    const { status, body } = await get(service, `/v1/accounts/${account}/utxos?limit=100${cursor}`);
    expect(status, JSON.stringify(body)).toBe(200);
    for (const { output, amount, height } of body.utxos) listed.push(`${output} ${amount} ${height}`);
    cursor = body.next === null ? "" : `&cursor=${body.next}`;
  } while (cursor !== "");
  return listed.sort();
}

/** The account that owns a script, as the API shows it. */
function accountText({ terms }: RegtestNetwork, script: string): string {
  const network = findNetwork(terms.chain) as BitcoinNetwork;
  const account = accountOfHex(script, network);
  if (account === null) throw new Error(`nobody owns ${script}`);
  const chain = plugin.open({
    id: terms.chain,
    plugin: "bitcoin",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 60 },
    nodes: [],
    options: {},
  });
  return `${terms.chain}:${chain.formatAccount(account)}`;
}
