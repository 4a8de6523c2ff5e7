// How long the first page of an account's unspent outputs takes, in a store on disk with some millions made and spent: of an
// account that keeps 100,000, and of one that has spent 50,000 older ones; and how fast blocks with outputs are committed.
// Usage: node bench/utxo.ts [--blocks 800] [--transactions 1000]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { OutputPlace } from "../src/core/contracts/store.ts";
import type { SealedBlock } from "../src/core/ledger/seal.ts";
import { LIMITS } from "../src/core/limits.ts";
import { openLevelStore } from "../src/store/level/open.ts";
import { CoinChain } from "./utxo/coin-chain.ts";

const WHALE_OUTPUTS = 100_000;
const GOAL_MS = 10;
const COLD_RUNS = 10;
const WARM_RUNS = 200;
const DEEP_PAGES = 100;
const READS = ["first50", "first500", "deep500", "outputs500"] as const;
const TERMS = { chain: "bip122:000000000019d6689c085ae165831e93", profile: "bench", startHeight: 0 };

const { values: flags, positionals } = parseArgs({
  options: {
    blocks: { type: "string", default: "800" },
    transactions: { type: "string", default: "1000" },
  },
  allowPositionals: true,
});
const blocks = Number(flags.blocks);
const transactionsPerBlock = Number(flags.transactions);
// The spender takes in half as many outputs again as it keeps.
const whaleShare = Math.max(2, Math.floor((blocks * transactionsPerBlock * 2) / (1.5 * WHALE_OUTPUTS)));

const [command, path, account] = positionals;
if (command === "read") await readOnce(path as string, account as string);
else await main();

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "headwater-utxo-"));
  try {
    const accounts = await fill(directory);
    const rows: Row[] = [];
    for (const [name, account] of Object.entries(accounts)) {
      const cold: Reading[] = [];
      for (let run = 0; run < COLD_RUNS; run++) cold.push(await readInChild(directory, account));
      for (const read of READS) rows.push(rowOf(name, read, cold));
    }
    console.table(rows);
    const firstPages = rows.filter(({ read }) => read !== "outputs500");
    const kept = firstPages.every(({ coldMedianMs, warmMedianMs }) => Math.max(coldMedianMs, warmMedianMs) <= GOAL_MS);
    console.log(JSON.stringify({ bench: "utxo", goalMs: GOAL_MS, kept, rows }));
    if (!kept) process.exitCode = 1;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Writes the chain, and tells how fast: commits alone, without making and sealing the blocks. */
async function fill(directory: string): Promise<Record<"keeper" | "spender", string>> {
  const chain = new CoinChain({ transactionsPerBlock, whaleShare, whaleOutputs: WHALE_OUTPUTS });
  const store = await openLevelStore(directory);
  const ledger = await store.openChain(TERMS);
  const perCommit = Math.max(
    1,
    Math.min(LIMITS.commitBlocks, Math.floor(LIMITS.commitMovements / (4 * transactionsPerBlock))),
  );
  const cpuBefore = process.cpuUsage();
  let sealingCpuMicros = 0;
  let seconds = 0;
  let [spent, made] = [0, 0];
  for (let done = 0; done < blocks; done += perCommit) {
    const before = process.cpuUsage();
    const batch: SealedBlock[] = [];
    for (let i = 0; i < Math.min(perCommit, blocks - done); i++) batch.push(chain.next());
    const { user, system } = process.cpuUsage(before);
    sealingCpuMicros += user + system;
    for (const { outputs } of batch) {
      spent += outputs?.spendEnds.length ?? 0;
      made += outputs?.amounts.length ?? 0;
    }
    const start = performance.now();
    await ledger.commit(batch);
    seconds += (performance.now() - start) / 1000;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system - sealingCpuMicros) / 1e6;
  await store.close();
  let bytes = 0;
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  console.log({
    blocks,
    made,
    spent,
    unspent: chain.unspent,
    keeper: chain.keeperOutputs,
    spender: chain.whaleOutputs,
    perSecond: Math.round((made + spent) / seconds),
    cpuMicrosEach: Math.round((cpuSeconds / (made + spent)) * 1e7) / 10,
    megabytes: Math.round(bytes / 1e6),
    rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024),
  });
  return { keeper: chain.keeper, spender: chain.whale };
}

type Timing = { readonly firstMs: number; readonly warmMs: readonly number[] };
type Reading = Record<(typeof READS)[number], Timing>;
type Row = {
  readonly account: string;
  readonly read: (typeof READS)[number];
  readonly coldMedianMs: number;
  readonly coldWorstMs: number;
  readonly warmMedianMs: number;
  readonly warmP99Ms: number;
};

function rowOf(account: string, read: Row["read"], cold: readonly Reading[]): Row {
  const firsts = cold.map((reading) => reading[read].firstMs);
  const warm = cold.flatMap((reading) => reading[read].warmMs);
  const [coldMedianMs, coldWorstMs] = [median(firsts), percentile(firsts, 100)];
  return { account, read, coldMedianMs, coldWorstMs, warmMedianMs: median(warm), warmP99Ms: percentile(warm, 99) };
}

/** A process of its own each time: nothing of the store is in its memory. */
async function readInChild(directory: string, account: string): Promise<Reading> {
  const child = spawn(process.execPath, [import.meta.filename, "read", directory, account], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`reading ended with code ${code}`);
  return JSON.parse(text) as Reading;
}

async function readOnce(directory: string, account: string): Promise<void> {
  const store = await openLevelStore(directory);
  const ledger = await store.openChain(TERMS);
  const page = async (after: OutputPlace | undefined, limit: number) => {
    using view = ledger.view();
    return await view.unspent(account, after, limit);
  };
  const first50 = await timed(() => page(undefined, 50), 50);
  const first500 = await timed(() => page(undefined, 500), 500);
  let place: OutputPlace | undefined;
  for (let i = 0; i < DEEP_PAGES; i++) place = (await page(place, 500)).next;
  const deep500 = await timed(() => page(place, 500), 500);
  const ids = (await page(undefined, 500)).outputs.map(({ id }) => id);
  const outputs500 = await timed(async () => {
    using view = ledger.view();
    return { outputs: (await view.outputs(ids)).filter((output) => output !== undefined) };
  }, 500);
  await store.close();
  console.log(JSON.stringify({ first50, first500, deep500, outputs500 } satisfies Reading));
}

async function timed(read: () => Promise<{ readonly outputs: readonly unknown[] }>, expected: number): Promise<Timing> {
  const times: number[] = [];
  for (let run = 0; run <= WARM_RUNS; run++) {
    const start = performance.now();
    const { outputs } = await read();
    times.push(performance.now() - start);
    if (outputs.length !== expected) throw new Error(`a page of ${outputs.length} outputs, expected ${expected}`);
  }
  const [firstMs, ...warmMs] = times;
  return { firstMs: firstMs as number, warmMs };
}

function median(values: readonly number[]): number {
  return percentile(values, 50);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100));
  return Math.round((sorted[at] as number) * 100) / 100;
}
