// How the store behaves as it grows: commit rate, memory and disk at 100 thousand, 1 million and 10 million movements.
// Usage: node bench/growth.ts [movements]
// Node sizes its heap by the machine's memory; here it is given what a machine of 512 MiB would give it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SealedBlock } from "../src/core/ledger/seal.ts";
import { LIMITS } from "../src/core/limits.ts";
import { openLevelStore } from "../src/store/level/open.ts";
import { movementsPerBlock, SyntheticChain } from "./growth/synthetic-chain.ts";

const SHAPE = { accounts: 1_000_000, assets: 200, transactionsPerBlock: 20, transfersPerTransaction: 5 };
const MILESTONES = [100_000, 1_000_000, 10_000_000];
/** The rate at a milestone is that of the movements before it, a tenth of it but at least this many. */
const WINDOW_MOVEMENTS = 100_000;
const HEAP_FLAGS = ["--max-old-space-size=192", "--max-semi-space-size=16"] as const;
const GOAL_RATIO = 0.8;
const GOAL_RSS_BYTES = 512 * 1024 * 1024;

type Batch = { readonly movements: number; readonly seconds: number };

const wanted = Number(process.argv[2] ?? MILESTONES[MILESTONES.length - 1]);
const milestones = [...MILESTONES.filter((at) => at < wanted), wanted];
if (process.execArgv.includes(HEAP_FLAGS[0])) {
  const directory = await mkdtemp(join(tmpdir(), "headwater-growth-"));
  try {
    await measure(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
} else {
  const child = spawn(process.execPath, [...HEAP_FLAGS, import.meta.filename, String(wanted)], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
}

async function measure(path: string): Promise<void> {
  const store = await openLevelStore(path);
  const ledger = await store.openChain({ chain: "eip155:31337", profile: "bench", startHeight: 0 });
  const chain = new SyntheticChain(SHAPE);
  const perBatch = LIMITS.commitBlocks * movementsPerBlock(SHAPE);
  const batches: Batch[] = [];
  const results: Record<string, number>[] = [];
  let movements = 0;
  let sealing = 0;
  let rss = 0;
  for (const milestone of milestones) {
    while (movements < milestone) {
      const start = performance.now();
      const blocks: SealedBlock[] = [];
      for (let i = 0; i < LIMITS.commitBlocks; i++) blocks.push(chain.next());
      const sealed = performance.now();
      await ledger.commit(blocks);
      batches.push({ movements: perBatch, seconds: (performance.now() - sealed) / 1000 });
      sealing += (sealed - start) / 1000;
      movements += perBatch;
      rss = Math.max(rss, process.memoryUsage.rss());
    }
    const bytes = await sizeOf(path);
    const window = Math.max(WINDOW_MOVEMENTS, milestone / 10);
    const result = {
      movements,
      movementsPerSecond: Math.round(rate(batches, window)),
      averagePerSecond: Math.round(rate(batches, movements)),
      slowestCommitMs: Math.round(Math.max(...batches.map(({ seconds }) => seconds)) * 1000),
      rssMiB: Math.round(rss / 1024 / 1024),
      bytesPerMovement: Math.round(bytes / movements),
      sealingSeconds: Math.round(sealing * 10) / 10,
    };
    results.push(result);
    console.log(result);
  }
  await store.close();
  console.table(results);
  const first = results[0]?.["movementsPerSecond"] ?? 0;
  const last = results.at(-1)?.["movementsPerSecond"] ?? 0;
  const ratio = Math.round((last / first) * 100) / 100;
  const kept = ratio >= GOAL_RATIO && rss <= GOAL_RSS_BYTES;
  console.log(
    JSON.stringify({
      bench: "growth",
      ratio,
      goalRatio: GOAL_RATIO,
      rssBytes: rss,
      goalRssBytes: GOAL_RSS_BYTES,
      kept,
      results,
    }),
  );
  if (!kept) process.exitCode = 1;
}

/** Movements a second over the last batches that hold `window` movements: commits only, without sealing. */
function rate(batches: readonly Batch[], window: number): number {
  let movements = 0;
  let seconds = 0;
  for (let i = batches.length - 1; i >= 0 && movements < window; i--) {
    const batch = batches[i] as Batch;
    movements += batch.movements;
    seconds += batch.seconds;
  }
  return movements / seconds;
}

async function sizeOf(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) {
    // A file may be merged away between the listing and the look at it.
    bytes += await stat(join(path, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}
