import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startService } from "../../src/app/start.ts";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { TestNetwork } from "../../src/testing/evm/network.ts";
import type { NodeSeat } from "../../src/testing/evm/network-node.ts";
import { Traffic } from "../../src/testing/evm/traffic.ts";

export type NetworkUnderTest = { readonly network: TestNetwork; readonly traffic: Traffic };

/** A network of real nodes with contracts and `blocks` blocks of traffic, whose head is about as old as it is late. */
export async function startNetwork(
  blocks: number,
  options: { seats?: readonly NodeSeat[]; seed?: number; slotsInAnEpoch?: number } = {},
): Promise<NetworkUnderTest> {
  const { seed = 7, ...rest } = options;
  const blockSeconds = 2;
  const genesisTime = Math.floor(Date.now() / 1000) - (blocks + 20) * blockSeconds;
  const network = await TestNetwork.start({ genesisTime, blockSeconds, ...rest });
  const traffic = new Traffic({ chainId: network.chainId, seed });
  for (const block of await traffic.setup()) await network.mineBlock(block);
  for (let i = 0; i < blocks; i++) await network.mineBlock(await traffic.nextBlock());
  return { network, traffic };
}

export async function makeDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "headwater-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export type ChainUnderTest = Pick<HeadwaterConfig["chains"][number], "id" | "plugin" | "nodes"> & {
  readonly agreement?: HeadwaterConfig["chains"][number]["agreement"];
  readonly options?: Readonly<Record<string, unknown>>;
};

/** The configuration of a service of one chain, with the alias `demo`, in the region eu-west. */
export function serviceConfig(
  { id, plugin, nodes, agreement = {}, options }: ChainUnderTest,
  storePath: string,
): HeadwaterConfig {
  return {
    region: "eu-west",
    store: { driver: "level", path: storePath },
    api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
    chains: [
      {
        id,
        alias: "demo",
        plugin,
        index: { from: 0, scope: "all", verify: "full" },
        agreement,
        lag: { targetSeconds: 15, maxSeconds: 3_600 },
        nodes,
        options: { expectedIntervalMs: 1_000, ...options },
      },
    ],
  };
}

/** The configuration of a service over all nodes of the network. */
export function configFor(
  network: TestNetwork,
  storePath: string,
  options: Readonly<Record<string, unknown>> = {},
): HeadwaterConfig {
  const nodes = network.nodes.map(({ name, operator, region, url, wsUrl }) => ({
    name,
    operator,
    region,
    url,
    ws: wsUrl,
  }));
  return serviceConfig({ id: `eip155:${network.chainId}`, plugin: "evm", nodes, options }, storePath);
}

/** What the API answers, parsed; its status beside it. */
export async function get(service: { readonly url: string }, path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${service.url}${path}`);
  return { status: response.status, body: (await response.json()) as Json };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, which fail on what is not there
export type Json = any;

/** Asks again and again until the condition gives something; the test's own timeout is the bound. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  while (true) {
    const found = await ask();
    if (found) return found;
    await pause(20);
  }
}

/** Resolves with the indexed block when the service has indexed the block of this hash. */
export function indexed(service: { readonly url: string }, hash: string): Promise<Json> {
  return eventually(async () => {
    const { body } = await get(service, "/v1/chains/demo/blocks/latest?allowStale=true").catch(() => ({
      body: undefined,
    }));
    return body?.hash === hash && body;
  });
}

/** The digest that a fresh import of the network's chain ends with. */
export function freshDigest(network: TestNetwork, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return importDigest((storePath) => configFor(network, storePath, options), network.head.hash);
}

/** The digest of the block of this hash, when a service with an empty store has indexed all up to it. */
export async function importDigest(configOf: (storePath: string) => HeadwaterConfig, hash: string): Promise<string> {
  const directory = await makeDirectory();
  const service = await startService(configOf(join(directory.path, "store")), { logger: silentLogger });
  try {
    return (await indexed(service, hash)).digest as string;
  } finally {
    await service.stop();
    await directory.remove();
  }
}
