// Solana's blocks of today's size, from a node's bytes to the store, against `JSON.parse` of the same bytes: blocks joined from
// recorded transactions (see there), each contender a process of its own, one after the other.
// Usage: node bench/solana.ts [--blocks 60] [--transactions 1600] [--rounds 3] [--modes headers,full]
//        [--only floor,decode,all,watched] [--threads N]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeBase58 } from "../src/plugins/solana/codec/base58.ts";
import { decodeThreads } from "../src/sync/decode-pool.ts";
import { runContender } from "./run-contender.ts";
import { type JoinedBlocks, writeJoinedBlocks } from "./solana/joined-blocks.ts";
import { digest } from "./solana/keys.ts";
import { type Mode, type SolanaReport, type SolanaTask, WARM_BLOCKS } from "./solana/task.ts";

const CONTENDERS = ["floor", "decode", "all", "watched"] as const;
type Contender = (typeof CONTENDERS)[number];

/** What the chain makes, and by how much Headwater is to be faster; and against the floor. */
const CHAIN_BLOCKS_PER_SECOND = 2.5;
const GOAL_FASTER = 4;
const GOAL_RATIO = 2;

const { values: flags } = parseArgs({
  options: {
    blocks: { type: "string", default: "60" },
    transactions: { type: "string", default: "1600" },
    rounds: { type: "string", default: "3" },
    modes: { type: "string", default: "headers,full" },
    only: { type: "string", default: CONTENDERS.join(",") },
    // As many as the service has.
    threads: { type: "string", default: String(decodeThreads(availableParallelism())) },
  },
});

/** So many accounts are watched; of those that the blocks touch it is one in `WATCHED_SHARE`. */
const WATCHED_ACCOUNTS = 100_000;
const WATCHED_SHARE = 50;

type Row = { readonly mode: Mode; readonly name: Contender; readonly runs: SolanaReport[] };

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "headwater-bench-"));
  try {
    console.error(`joining ${flags.blocks} blocks of ${flags.transactions} transactions …`);
    const blocks = writeJoinedBlocks(folder, Number(flags.blocks), Number(flags.transactions));
    console.error(JSON.stringify(describe(blocks)));
    const watched = chooseWatched(blocks.accounts);
    const names = CONTENDERS.filter((name) => flags.only.split(",").includes(name));
    const modes = flags.modes.split(",") as Mode[];
    const rows = modes.flatMap((mode) => names.map((name): Row => ({ mode, name, runs: [] })));
    for (let round = 0; round < Number(flags.rounds); round++) {
      // Round by round, so that a noisy minute of the machine falls on all.
      for (const { mode, name, runs } of rows) {
        const directory = join(folder, `${name}-${mode}-${round}`);
        const shared = { mode, blocks: { slots: blocks.slots }, folder, directory, threads: Number(flags.threads) };
        const task: SolanaTask = name === "watched" ? { ...shared, watched } : shared;
        const run = await runOne(name, task);
        runs.push(run);
        console.error(`${mode} ${name}: ${JSON.stringify(run)}; load of the machine ${loadavg()[0]?.toFixed(1)}`);
      }
    }
    expectOneLedger(rows);
    print(rows, blocks);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOne(name: Contender, task: SolanaTask): Promise<SolanaReport> {
  const script = name === "all" || name === "watched" ? "headwater" : name;
  const taskPath = `${task.directory}.json`;
  await writeFile(taskPath, JSON.stringify(task));
  return await runContender(new URL(`solana/${script}.ts`, import.meta.url), taskPath, task.directory);
}

/** A wallet's customers: most of them are quiet in these few seconds. */
function chooseWatched(accounts: readonly string[]): string[] {
  const watched = accounts.filter((_, i) => i % WATCHED_SHARE === 0);
  while (watched.length < WATCHED_ACCOUNTS) watched.push(encodeBase58(digest(`customer ${watched.length}`)));
  return watched;
}

/** Whatever way a block went, the ledger is the same. */
function expectOneLedger(rows: readonly Row[]): void {
  for (const mode of new Set(rows.map((row) => row.mode))) {
    const digests = rows.filter((row) => row.mode === mode).flatMap(({ runs }) => runs.map(({ digest }) => digest));
    const found = new Set(digests.filter((digest) => digest !== ""));
    if (found.size > 1) throw new Error(`${mode}: ${found.size} ledgers came of the same blocks`);
  }
}

function describe({ slots, signatures, sizeBytes, accounts }: JoinedBlocks) {
  const each = (bytes: number) => Math.round(bytes / slots.length / 1e4) / 100;
  return {
    blocks: slots.length,
    signaturesEach: Math.round(signatures / slots.length),
    megabytesEach: { full: each(sizeBytes.full), accounts: each(sizeBytes.accounts) },
    accounts: accounts.length,
  };
}

function print(rows: readonly Row[], blocks: JoinedBlocks): void {
  const measured = blocks.slots.length - WARM_BLOCKS;
  const results = rows.map(({ mode, name, runs }) => {
    const blockMs = median(runs.map(({ workMs }) => workMs)) / measured;
    const cpu = median(runs.map(({ cpuMs }) => Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0))) / measured;
    return { mode, name, blockMs, cpuMs: cpu, blocksPerSecond: 1000 / blockMs, runs };
  });
  // Two ratios: on a busy machine only processor time can be compared.
  console.log(
    "verify   contender   a block   processor   blocks/s   against the floor   by processor   against the chain",
  );
  for (const { mode, name, blockMs, cpuMs, blocksPerSecond } of results) {
    const floor = results.find((other) => other.mode === mode && other.name === "floor");
    const columns = [
      mode.padEnd(8),
      name.padEnd(9),
      `${blockMs.toFixed(1)} ms`.padStart(9),
      `${cpuMs.toFixed(1)} ms`.padStart(11),
      blocksPerSecond.toFixed(1).padStart(10),
      (floor ? `${(blockMs / floor.blockMs).toFixed(2)} ×` : "").padStart(19),
      (floor ? `${(cpuMs / floor.cpuMs).toFixed(2)} ×` : "").padStart(14),
      `${(blocksPerSecond / CHAIN_BLOCKS_PER_SECOND).toFixed(1)} ×`.padStart(19),
    ];
    console.log(columns.join(" "));
  }
  console.log(
    JSON.stringify({
      bench: "solana",
      ...describe(blocks),
      goalRatio: GOAL_RATIO,
      goalBlocksPerSecond: GOAL_FASTER * CHAIN_BLOCKS_PER_SECOND,
      threads: Number(flags.threads),
      results,
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? "unknown",
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

await main();
