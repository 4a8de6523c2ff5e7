// How long after the death of the primary node the next block is served: Headwater, which waits for two operators of three,
// and ethers' FallbackProvider with a quorum of two, in turns over the same three real nodes. The node is killed (its
// connections are refused) or hangs (they are accepted, and nothing is answered); the next block is mined at once.
// Usage: node bench/failover.ts [--rounds 5]
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FallbackProvider, JsonRpcProvider, Network } from "ethers";
import { startService } from "../src/app/start.ts";
import { silentLogger } from "../src/core/contracts/logger.ts";
import { TestNetwork } from "../src/testing/evm/network.ts";
import { Traffic } from "../src/testing/evm/traffic.ts";

const { values: flags } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(flags.rounds);
/** Between two looks at what is served. */
const LOOK_MS = 5;
/** A contender that serves nothing for so long is taken not to fail over. */
const GIVE_UP_MS = 60_000;

type Contender = {
  readonly name: string;
  /** The newest height that is served; -1 where it cannot tell. */
  readonly height: () => Promise<number>;
  readonly close: () => Promise<void>;
};
type Death = { readonly how: "killed" | "hangs"; readonly of: (network: TestNetwork, name: string) => Promise<void> };

const DEATHS: readonly Death[] = [
  { how: "killed", of: (network, name) => network.node(name).kill() },
  { how: "hangs", of: async (network, name) => network.node(name).pause() },
];

async function startHeadwater(network: TestNetwork, directory: string): Promise<Contender> {
  const service = await startService(
    {
      region: "eu-west",
      store: { driver: "level", path: join(directory, "store") },
      api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
      chains: [
        {
          id: `eip155:${network.chainId}`,
          plugin: "evm",
          index: { from: "latest", scope: "all", verify: "full" },
          agreement: { operators: 2 },
          lag: { targetSeconds: 15, maxSeconds: 86_400 },
          nodes: network.nodes.map(({ name, operator, region, url, wsUrl }) => ({
            name,
            operator,
            region,
            url,
            ws: wsUrl,
          })),
          options: { expectedIntervalMs: 2_000 },
        },
      ],
    },
    { logger: silentLogger },
  );
  const latest = `${service.url}/v1/chains/eip155:${network.chainId}/blocks/latest?allowStale=true`;
  const height = async () => ((await (await fetch(latest)).json()) as { height?: number }).height ?? -1;
  return { name: "Headwater", height, close: () => service.stop() };
}

function startFallback(network: TestNetwork): Contender {
  const chain = Network.from(network.chainId);
  const providers = network.nodes.map(({ url }) => new JsonRpcProvider(url, chain, { staticNetwork: chain }));
  const configs = providers.map((provider, i) => ({ provider, priority: i + 1, weight: 1 }));
  const fallback = new FallbackProvider(configs, chain, { quorum: 2 });
  const height = async () => (await fallback.getBlock("latest"))?.number ?? -1;
  return { name: "ethers FallbackProvider", height, close: async () => void fallback.destroy() };
}

/** Milliseconds from `from` until the contender serves the height. */
async function served({ height }: Contender, wanted: number, from: number): Promise<number> {
  while (performance.now() - from < GIVE_UP_MS) {
    const told = await Promise.race([height().catch(() => -1), pause(GIVE_UP_MS, -1)]);
    if (told >= wanted) return performance.now() - from;
    await pause(LOOK_MS);
  }
  return Number.POSITIVE_INFINITY;
}

async function measure(network: TestNetwork, traffic: Traffic, contender: Contender, death: Death) {
  const [primary] = network.nodes;
  if (!primary) throw new Error("three nodes");
  await served(contender, network.head.height, performance.now());
  const from = performance.now();
  await death.of(network, primary.name);
  const watching = served(contender, network.head.height + 1, from);
  await network.mineBlock(await traffic.nextBlock());
  const minedMs = performance.now() - from;
  const servedMs = await watching;
  await network.rejoin(primary.name);
  // It is in good standing again when the next death comes.
  await pause(3_000);
  return { minedMs, servedMs };
}

function quantile(times: readonly number[], at: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN).toFixed(0);
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "headwater-failover-"));
  const genesisTime = Math.floor(Date.now() / 1000) - 3_600;
  const network = await TestNetwork.start({ genesisTime, blockSeconds: 2 });
  const contenders: Contender[] = [];
  try {
    const traffic = new Traffic({ chainId: network.chainId, seed: 5 });
    for (const block of await traffic.setup()) await network.mineBlock(block);
    contenders.push(await startHeadwater(network, directory), startFallback(network));
    console.log(
      `node ${process.version}, ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${rounds} deaths of each kind\n`,
    );
    console.log(
      "| the primary node | who | next block on the other nodes, median ms | served, median ms | slowest ms |",
    );
    console.log("| --- | --- | ---: | ---: | ---: |");
    for (const death of DEATHS) {
      const times = new Map(contenders.map((contender) => [contender, [] as { minedMs: number; servedMs: number }[]]));
      for (let round = 0; round < rounds; round++) {
        for (const [contender, kept] of times) kept.push(await measure(network, traffic, contender, death));
      }
      for (const [{ name }, kept] of times) {
        const mined = kept.map(({ minedMs }) => minedMs);
        const at = kept.map(({ servedMs }) => servedMs);
        console.log(`| ${death.how} | ${name} | ${quantile(mined, 0.5)} | ${quantile(at, 0.5)} | ${quantile(at, 1)} |`);
      }
    }
  } finally {
    for (const contender of contenders) await contender.close();
    await network.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
