// How long from the moment that the deciding node has a block to the moment that the API serves it: Headwater, which waits
// for two operators, and Ponder, which follows the deciding node alone, one after the other on the same two real nodes.
// Usage: node bench/tip.ts [--blocks 100] [--transactions 20] [--transfers 5] [--only headwater,ponder]
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installPonder, spawnPonder } from "./backfill/ponder.ts";
import { CHAIN_ID, Twins } from "./tip/twins.ts";

const { values: flags } = parseArgs({
  options: {
    blocks: { type: "string", default: "100" },
    transactions: { type: "string", default: "20" },
    transfers: { type: "string", default: "5" },
    only: { type: "string", default: "headwater,ponder" },
  },
});
const blocks = Number(flags.blocks);
const size = { transactions: Number(flags.transactions), transfers: Number(flags.transfers) };
/** Not counted: code is compiled and connections are opened in the first blocks. */
const WARM_UP = 10;
/** Between two looks at the API. More often would measure the looking. */
const LOOK_MS = 2;

type Contender = { readonly child: ChildProcess; readonly height: () => Promise<number> };

async function startHeadwater(twins: Twins, directory: string): Promise<Contender> {
  const script = fileURLToPath(new URL("tip/headwater.ts", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify({ directory, nodes: twins.nodes })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const latest = `${url}/v1/chains/eip155:${CHAIN_ID}/blocks/latest?allowStale=true`;
  const height = async () => ((await (await fetch(latest)).json()) as { height?: number }).height ?? -1;
  return { child, height };
}

async function startPonder(twins: Twins, directory: string): Promise<Contender> {
  const deciding = twins.nodes[1] as Twins["nodes"][number];
  const { child, url } = await spawnPonder({ ...deciding, directory, chainId: CHAIN_ID, tokens: twins.tokens });
  const height = async () => {
    try {
      const status = (await (await fetch(`${url}/status`)).json()) as Record<string, { block?: { number: number } }>;
      return Object.values(status)[0]?.block?.number ?? -1;
    } catch {
      // Not listening yet.
      return -1;
    }
  };
  return { child, height };
}

/** When the deciding node told each of its blocks to a subscriber, by height. */
async function watchHeads(
  ws: string,
): Promise<{ readonly at: (height: number) => Promise<number>; close: () => void }> {
  const socket = new WebSocket(ws);
  await once(socket, "open");
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] }));
  const seen = new Map<number, PromiseWithResolvers<number>>();
  const entry = (height: number) => {
    const known = seen.get(height) ?? Promise.withResolvers<number>();
    seen.set(height, known);
    return known;
  };
  socket.addEventListener("message", ({ data }) => {
    const { params } = JSON.parse(String(data)) as { params?: { result?: { number?: string } } };
    if (params?.result?.number !== undefined) entry(Number(params.result.number)).resolve(performance.now());
  });
  return { at: (height) => entry(height).promise, close: () => socket.close() };
}

async function measure(twins: Twins, { height }: Contender): Promise<number[]> {
  for (let looks = 1; (await height()) < twins.head; looks++) {
    await sleep(50);
    // Ponder begins to follow with the first block that is pushed after it has started.
    if (looks % 40 === 0) await twins.next(size, () => {});
  }
  const heads = await watchHeads((twins.nodes[1] as Twins["nodes"][number]).ws);
  const times: number[] = [];
  for (let i = -WARM_UP; i < blocks; i++) {
    let served: Promise<number> | undefined;
    let next = -1;
    await twins.next(size, (block) => {
      next = block;
      served = untilServed(height, block);
    });
    const took = Math.max(0, ((await served) as number) - (await heads.at(next)));
    if (i >= 0) times.push(took);
  }
  heads.close();
  return times;
}

async function untilServed(height: () => Promise<number>, block: number): Promise<number> {
  while ((await height()) < block) await sleep(LOOK_MS);
  return performance.now();
}

function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

const STARTERS = { headwater: startHeadwater, ponder: startPonder };
const chosen = (["headwater", "ponder"] as const).filter((name) => flags.only.split(",").includes(name));
if (chosen.includes("ponder")) installPonder();
const twins = await Twins.start();
const results: Record<string, { p50Ms: number; p99Ms: number }> = {};
try {
  console.log("contender    p50        p99   from the deciding node's block to the API's answer");
  for (const name of chosen) {
    const directory = await mkdtemp(join(tmpdir(), "headwater-bench-"));
    const contender = await STARTERS[name](twins, directory);
    try {
      const times = await measure(twins, contender);
      const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)];
      results[name] = { p50Ms, p99Ms };
      console.log(`${name.padEnd(10)} ${p50Ms.toFixed(1).padStart(6)} ms ${p99Ms.toFixed(1).padStart(7)} ms`);
    } finally {
      const { child } = contender;
      const gone = once(child, "exit");
      if (child.exitCode === null && child.kill("SIGKILL")) await gone;
      await rm(directory, { recursive: true, force: true });
    }
  }
} finally {
  await twins.stop();
}
const cpu = cpus()[0]?.model ?? "unknown";
console.log(JSON.stringify({ bench: "tip", blocks, ...size, results, cpu }));
