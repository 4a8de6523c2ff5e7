// What the pool adds to a request: one header asked by a bare `fetch`, by a pool of one node and by a pool of three (which
// chooses, and would hedge), of the same nodes, in turns within one run; and by two operators at once, as where they must agree.
// Usage: node bench/pool.ts [--requests 3000]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { systemClock } from "../src/core/clock.ts";
import type { ChainConfig } from "../src/core/contracts/chain-config.ts";
import evm from "../src/plugins/evm/index.ts";
import type { NodeCall } from "../src/sync/pool/node-asker.ts";
import { NodePool } from "../src/sync/pool/node-pool.ts";

const { values: flags } = parseArgs({ options: { requests: { type: "string", default: "3000" } } });
const requests = Number(flags.requests);
const WARM_UP = 500;

function openPool(urls: readonly string[]): NodePool {
  const config: ChainConfig = {
    id: "eip155:1",
    plugin: "evm",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: urls.map((url, i) => ({ name: `n${i}`, url, operator: `o${i}`, region: "local" })),
    options: {},
  };
  return new NodePool({ config, chain: evm.open(config), clock: systemClock, region: "local" });
}

async function look(pool: NodePool): Promise<void> {
  for (const node of pool.nodes) {
    node.noteProbe({ chainId: "eip155:1", syncing: false, clientVersion: "bench/1", capabilities: [] });
    pool.noteTips(node, await node.client.fetchTips());
  }
}

const header: NodeCall<unknown> = (node, options) => node.client.fetchHeader({ height: 16 }, options);
const request = { what: "a header", work: "read" } as const;

async function bareFetch(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["0x10", false] });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result } = (await response.json()) as { result: { hash: string } };
  if (result.hash.length !== 66) throw new Error("not a header");
}

/** The least that a request can take in this process: the HTTP client that the pool uses, and nothing around it. */
async function bareRequest(client: Pool): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["0x10", false] });
  const headers = { "content-type": "application/json" };
  const response = await client.request({ method: "POST", path: "/", headers, body });
  const { result } = (await response.body.json()) as { result: { hash: string } };
  if (result.hash.length !== 66) throw new Error("not a header");
}

async function measure(ways: Readonly<Record<string, () => Promise<unknown>>>): Promise<Map<string, number[]>> {
  const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let i = -WARM_UP; i < requests; i++) {
    for (const [name, ask] of Object.entries(ways)) {
      const from = process.hrtime.bigint();
      await ask();
      if (i >= 0) times.get(name)?.push(Number(process.hrtime.bigint() - from) / 1e6);
    }
  }
  return times;
}

function quantile(times: readonly number[], at: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * at)] ?? Number.NaN;
}

async function main(): Promise<void> {
  const children: ChildProcess[] = [1, 2, 3].map(() => fork(new URL("./pool/node.ts", import.meta.url)));
  const pools: { close(): Promise<unknown> }[] = [];
  try {
    const urls: string[] = [];
    for (const child of children) {
      const [port] = (await once(child, "message")) as [number];
      urls.push(`http://127.0.0.1:${port}/`);
    }
    const one = openPool(urls.slice(0, 1));
    const three = openPool(urls);
    pools.push(one, three);
    for (const pool of [one, three]) await look(pool);
    const [a, b] = three.nodes;
    if (!a || !b) throw new Error("three nodes");
    const client = new Pool(new URL(urls[0] as string).origin, { connections: 1 });
    pools.push(client);
    const times = await measure({
      "bare fetch": () => bareFetch(urls[0] as string),
      "bare request of the client below": () => bareRequest(client),
      "pool of one node": () => one.request(header, request),
      "pool of three nodes, hedged": () => three.request(header, request),
      "two bare fetches at once": () => Promise.all(urls.slice(0, 2).map(bareFetch)),
      "two operators at once": () => Promise.all([a, b].map((node) => three.requestFrom(node, header, request))),
    });
    console.log(
      `node ${process.version}, ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${requests} requests each\n`,
    );
    console.log("| way | median ms | p99 ms | over the bare fetch ms |\n| --- | ---: | ---: | ---: |");
    const bare = {
      one: quantile(times.get("bare fetch") ?? [], 0.5),
      two: quantile(times.get("two bare fetches at once") ?? [], 0.5),
    };
    for (const [name, each] of times) {
      const median = quantile(each, 0.5);
      const over = median - (name.startsWith("two") ? bare.two : bare.one);
      console.log(`| ${name} | ${median.toFixed(3)} | ${quantile(each, 0.99).toFixed(3)} | ${over.toFixed(3)} |`);
    }
  } finally {
    for (const pool of pools) await pool.close();
    for (const child of children) child.disconnect();
  }
}

await main();
