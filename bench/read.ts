// Requests per second of GET …/balances for random accounts, against a bare route of the same web library that answers
// the same bytes, in the same run; then the same reads while a backfill runs at full speed. Beside the rates, which what
// else runs on the machine moves, the processor time of the server's main thread a request.
// Usage: node bench/read.ts [--movements 1000000] [--accounts 80000] [--seconds 10]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { SeededRandom } from "../src/testing/seeded-random.ts";
import { accountOf } from "./read/bulk-node.ts";

const { values: flags } = parseArgs({
  options: {
    movements: { type: "string", default: "1000000" },
    accounts: { type: "string", default: "80000" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
  },
});
const accounts = Number(flags.accounts);
const duration = Number(flags.seconds);
const CONNECTIONS = 32;

type Message = {
  readonly type: string;
  readonly url: string;
  readonly movements: number;
  readonly cpuMicroseconds: number;
};

function waitFor(child: ChildProcess, type: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the server ended with code ${code}`));
    const onMessage = (message: Message) => {
      if (message.type !== type) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(message);
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}

function balancesPath(random: SeededRandom): string {
  return `/v1/accounts/test:bulk:${accountOf(random.integer(0, accounts - 1))}/balances`;
}

/** What a run gave, and how much of the server's main thread a request took, microseconds. */
type Run = { readonly result: autocannon.Result; readonly cpuMicroseconds: number };

async function readCpu(child: ChildProcess): Promise<number> {
  const told = waitFor(child, "cpu");
  child.send({ type: "cpu" });
  return (await told).cpuMicroseconds;
}

async function measure(
  child: ChildProcess,
  url: string,
  path: (random: SeededRandom) => string,
  seed: number,
): Promise<Run> {
  const random = new SeededRandom(seed);
  const before = await readCpu(child);
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration,
    requests: [
      {
        setupRequest: (request) => ({ ...request, path: path(random) }),
      },
    ],
  });
  return { result, cpuMicroseconds: ((await readCpu(child)) - before) / result.requests.total };
}

function row(name: string, { result, cpuMicroseconds }: Run): string {
  const { requests, latency, non2xx, errors } = result;
  const cells = [
    name,
    requests.average.toFixed(0),
    latency.p50,
    latency.p99,
    cpuMicroseconds.toFixed(1),
    non2xx + errors,
  ];
  return `| ${cells.join(" | ")} |`;
}

function rateOf({ result }: Run): number {
  return result.requests.average;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  const task = JSON.stringify({ movements: Number(flags.movements), accounts });
  const child = fork(new URL("./read/server.ts", import.meta.url), [task]);
  try {
    const { url, movements } = await waitFor(child, "ready");
    console.error(`${movements} movements of ${accounts} accounts are indexed`);
    child.send({ type: "bare", path: balancesPath(new SeededRandom(1)) });
    const bare = await waitFor(child, "bare");
    await measure(child, url, balancesPath, 2);
    const floors: Run[] = [];
    const quiets: Run[] = [];
    for (let round = 0; round < Number(flags.rounds); round++) {
      floors.push(await measure(child, bare.url, () => "/bare", 3));
      quiets.push(await measure(child, url, balancesPath, 4 + 2 * round));
    }
    child.send({ type: "extend" });
    const busy = await measure(child, url, balancesPath, 5);
    child.send({ type: "movements" });
    const after = await waitFor(child, "movements");
    console.log(
      `node ${process.version}, ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${CONNECTIONS} connections\n`,
    );
    console.log(
      "| route | requests/s | p50 ms | p99 ms | main thread µs | failed |\n| --- | ---: | ---: | ---: | ---: | ---: |",
    );
    for (const [round, floor] of floors.entries()) {
      console.log(row("bare route, same bytes", floor));
      console.log(row("GET …/balances", quiets[round] as Run));
    }
    console.log(row(`GET …/balances, ${after.movements - movements} movements backfilled meanwhile`, busy));
    const ratios = quiets.map((quiet, i) => rateOf(quiet) / rateOf(floors[i] as Run));
    const ratio = median(ratios);
    console.log(`\nratio to the bare route, median of ${ratios.length}: ${ratio.toFixed(2)} (goal: at least 0.50)`);
    const cpuRatio = median(quiets.map((quiet, i) => (floors[i] as Run).cpuMicroseconds / quiet.cpuMicroseconds));
    console.log(`by processor time of the main thread: ${cpuRatio.toFixed(2)}`);
    console.log(
      JSON.stringify({
        movements,
        ratio,
        ratios,
        cpuRatio,
        p99BusyMs: busy.result.latency.p99,
        backfilled: after.movements - movements,
      }),
    );
  } finally {
    child.send({ type: "stop" });
    await once(child, "exit");
  }
}

await main();
