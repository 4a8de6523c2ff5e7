// How long from nothing to a chain fully indexed: the floor, the least that verifying and storing takes, Headwater and
// Ponder, each in a process of its own, one after the other, on the same real node with the same history.
// Usage: node bench/backfill.ts [--blocks 500] [--transactions 20] [--transfers 5] [--rounds 3] [--only least,headwater,…]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Anvil } from "../src/testing/evm/anvil.ts";
import { NodeClient } from "../src/testing/evm/node-client.ts";
import { installPonder } from "./backfill/ponder.ts";
import type { BackfillReport, BackfillTask } from "./backfill/task.ts";
import { makeHistory } from "./evm-history.ts";

type Run = BackfillReport & { readonly totalMs: number };

const CONTENDERS = ["floor", "least", "headwater", "ponder"] as const;
type Contender = (typeof CONTENDERS)[number];

const { values: flags } = parseArgs({
  options: {
    blocks: { type: "string", default: "500" },
    transactions: { type: "string", default: "20" },
    transfers: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: CONTENDERS.join(",") },
  },
});

async function main(): Promise<void> {
  const chosen = CONTENDERS.filter((name) => flags.only.split(",").includes(name));
  if (chosen.includes("ponder")) installPonder();
  const chainId = 31337;
  const genesisTime = Math.floor(Date.now() / 1000) - 3_600;
  const anvil = await Anvil.start({ chainId, genesisTime, slotsInAnEpoch: 8, accounts: 10, port: 0 });
  try {
    const size = {
      blocks: Number(flags.blocks),
      transactions: Number(flags.transactions),
      transfers: Number(flags.transfers),
    };
    console.error(`making ${size.blocks} blocks × ${size.transactions} transactions × ${size.transfers} transfers …`);
    const history = await makeHistory(new NodeClient(anvil.url), size);
    console.error(`the chain has ${history.head + 1} blocks and ${history.transfers} transfers`);
    const runs = await runAll(chosen, { ...history, url: anvil.url, chainId, directory: "" });
    print(runs, history.transfers, history.head + 1);
  } finally {
    await anvil.stop();
  }
}

/** Round by round, so that a noisy minute of the machine falls on all. Ponder, ten times slower, runs in the first only. */
async function runAll(chosen: readonly Contender[], task: BackfillTask): Promise<Map<Contender, Run[]>> {
  const runs = new Map<Contender, Run[]>(chosen.map((name) => [name, []]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const name of chosen) {
      if (name === "ponder" && round > 0) continue;
      const run = await runOne(name, task);
      runs.get(name)?.push(run);
      const { totalMs, workMs, note } = run;
      console.error(`${name}: ${seconds(totalMs)} s, of which work ${seconds(workMs)} s (${note})`);
    }
  }
  return runs;
}

async function runOne(name: Contender, task: BackfillTask): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "headwater-bench-"));
  try {
    const script = fileURLToPath(new URL(`backfill/${name}.ts`, import.meta.url));
    const startedAt = performance.now();
    const child = spawn(process.execPath, [script, JSON.stringify({ ...task, directory })], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    let output = "";
    let reportedAt: number | undefined;
    for await (const chunk of child.stdout) {
      output += chunk;
      // The report ends the measurement: how long a contender takes to close is not the question.
      if (output.endsWith("\n")) reportedAt = performance.now();
    }
    const [code] = await exited;
    if (code !== 0 || reportedAt === undefined) throw new Error(`${name} ended with ${code}`);
    const last = output.trimEnd().split("\n").at(-1) as string;
    return { ...(JSON.parse(last) as BackfillReport), totalMs: reportedAt - startedAt };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function print(runs: ReadonlyMap<Contender, readonly Run[]>, transfers: number, blocks: number): void {
  const medians = new Map([...runs].map(([name, list]) => [name, median(list.map(({ totalMs }) => totalMs))]));
  const floor = medians.get("floor");
  const headwater = medians.get("headwater");
  console.log("contender   start to all indexed   work alone   against the floor   Headwater is faster by");
  for (const [name, total] of medians) {
    const work = median((runs.get(name) ?? []).map(({ workMs }) => workMs));
    const columns = [
      name.padEnd(10),
      `${seconds(total)} s`.padStart(21),
      `${seconds(work)} s`.padStart(12),
      ratio(total, floor).padStart(19),
      (name === "headwater" ? "" : ratio(total, headwater)).padStart(24),
    ];
    console.log(columns.join(" "));
  }
  const cpu = cpus()[0]?.model ?? "unknown";
  const totals = Object.fromEntries([...runs].map(([name, list]) => [name, list.map(({ totalMs }) => totalMs)]));
  const work = Object.fromEntries([...runs].map(([name, list]) => [name, list.map(({ workMs }) => workMs)]));
  console.log(JSON.stringify({ bench: "backfill", blocks, transfers, totalMs: totals, workMs: work, cpu }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? "" : `${(value / base).toFixed(2)} ×`;
}

await main();
