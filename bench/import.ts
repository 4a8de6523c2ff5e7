// How fast a chain of Bitcoin's family is taken in: the floor, the least (see there) and Headwater, each in a process of its own, one after the
// other, on the same synthetic chain of repeated real blocks.
// Usage: node bench/import.ts [--megabytes 200] [--rounds 3] [--only floor,least,headwater]
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countChain } from "./import/count-chain.ts";
import { readTemplates } from "./import/recorded.ts";
import { writeSyntheticChain } from "./import/synthetic-chain.ts";
import type { ImportReport, ImportTask } from "./import/task.ts";
import { runContender } from "./run-contender.ts";

const CONTENDERS = ["floor", "least", "headwater"] as const;
type Contender = (typeof CONTENDERS)[number];

/** What electrs' documentation tells of its own initial import, and of the machine: "about 200 MB/s" on six cores with NVMe. */
const ELECTRS = { megabytesPerSecond: 200, cores: 6 };
const GOAL_RATIO = 2;

const { values: flags } = parseArgs({
  options: {
    megabytes: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: CONTENDERS.join(",") },
  },
});

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "headwater-bench-"));
  try {
    const path = join(folder, "chain");
    console.error(`writing a chain of ${flags.megabytes} MB …`);
    const chain = writeSyntheticChain(path, readTemplates(), Number(flags.megabytes) * 1e6);
    console.error(JSON.stringify({ ...chain, ...countChain(path) }));
    const chosen = CONTENDERS.filter((name) => flags.only.split(",").includes(name));
    const runs = new Map<Contender, ImportReport[]>(chosen.map((name) => [name, []]));
    for (let round = 0; round < Number(flags.rounds); round++) {
      // Round by round, so that a noisy minute of the machine falls on both.
      for (const name of chosen) {
        const run = await runOne(name, { chain, path, directory: join(folder, `${name}-${round}`) });
        runs.get(name)?.push(run);
        console.error(`${name}: ${JSON.stringify(run)}; load of the machine ${loadavg()[0]?.toFixed(1)}`);
      }
    }
    print(runs, chain.sizeBytes / 1e6, countChain(path).inputsAndOutputs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runOne(name: Contender, task: ImportTask): Promise<ImportReport> {
  return runContender(new URL(`import/${name}.ts`, import.meta.url), JSON.stringify(task), task.directory);
}

function print(runs: ReadonlyMap<Contender, readonly ImportReport[]>, megabytes: number, parts: number): void {
  const medians = new Map([...runs].map(([name, list]) => [name, median(list.map(({ workMs }) => workMs))]));
  const floor = medians.get("floor");
  console.log("contender       time      MB/s   inputs and outputs/s   against the floor");
  for (const [name, ms] of medians) {
    const columns = [
      name.padEnd(10),
      `${(ms / 1000).toFixed(2)} s`.padStart(9),
      (megabytes / (ms / 1000)).toFixed(1).padStart(9),
      Math.round(parts / (ms / 1000))
        .toString()
        .padStart(22),
      (floor === undefined ? "" : `${(ms / floor).toFixed(2)} ×`).padStart(19),
    ];
    console.log(columns.join(" "));
  }
  const ms = medians.get("headwater");
  const cores = cpus().length;
  const perCore = ms === undefined ? undefined : megabytes / (ms / 1000) / cores;
  const electrs = ELECTRS.megabytesPerSecond / ELECTRS.cores;
  if (perCore !== undefined) {
    console.log(
      `a core: ${perCore.toFixed(1)} MB/s, ${(perCore / electrs).toFixed(2)} of electrs' ${electrs.toFixed(0)}`,
    );
  }
  console.log(
    JSON.stringify({
      bench: "import",
      megabytes,
      inputsAndOutputs: parts,
      workMs: Object.fromEntries([...runs].map(([name, list]) => [name, list.map(({ workMs }) => workMs)])),
      cpuMs: Object.fromEntries([...runs].map(([name, list]) => [name, list.map(({ cpuMs }) => cpuMs)])),
      ratio: ms !== undefined && floor !== undefined ? ms / floor : null,
      goalRatio: GOAL_RATIO,
      cores,
      cpu: cpus()[0]?.model ?? "unknown",
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

await main();
