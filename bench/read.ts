// Requests per second of GET …/balances for random accounts, against a bare route of the same web library that answers
// the same bytes, in the same run; then the same reads while a backfill runs at full speed.
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
    seconds: { type: "string", default: "10" },
  },
});
const accounts = Number(flags.accounts);
const duration = Number(flags.seconds);
const CONNECTIONS = 32;

type Message = { readonly type: string; readonly url: string; readonly movements: number; readonly rssBytes: number };

function waitFor(child: ChildProcess, type: string): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      if (message.type !== type) return;
      child.off("message", onMessage);
      resolve(message);
    };
    child.on("message", onMessage);
    child.once("exit", (code) => reject(new Error(`the server ended with code ${code}`)));
  });
}

function balancesPath(random: SeededRandom): string {
  return `/v1/accounts/test:bulk:${accountOf(random.integer(0, accounts - 1))}/balances`;
}

async function measure(url: string, path: (random: SeededRandom) => string, seed: number): Promise<autocannon.Result> {
  const random = new SeededRandom(seed);
  return await autocannon({
    url,
    connections: CONNECTIONS,
    duration,
    requests: [
      {
        setupRequest: (request) => ({ ...request, path: path(random) }),
      },
    ],
  });
}

function row(name: string, result: autocannon.Result): string {
  const { requests, latency, non2xx, errors } = result;
  const cells = [name, requests.average.toFixed(0), latency.p50, latency.p99, non2xx + errors];
  return `| ${cells.join(" | ")} |`;
}

async function main(): Promise<void> {
  const task = JSON.stringify({ movements: Number(flags.movements), accounts });
  const child = fork(new URL("./read/server.ts", import.meta.url), [task]);
  try {
    const { url, movements } = await waitFor(child, "ready");
    console.error(`${movements} movements of ${accounts} accounts are indexed`);
    child.send({ type: "bare", path: balancesPath(new SeededRandom(1)) });
    const bare = await waitFor(child, "bare");
    await measure(url, balancesPath, 2);
    const floor = await measure(bare.url, () => "/bare", 3);
    const quiet = await measure(url, balancesPath, 4);
    child.send({ type: "extend" });
    const busy = await measure(url, balancesPath, 5);
    child.send({ type: "movements" });
    const after = await waitFor(child, "movements");
    console.log(
      `node ${process.version}, ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${CONNECTIONS} connections\n`,
    );
    console.log("| route | requests/s | p50 ms | p99 ms | failed |\n| --- | ---: | ---: | ---: | ---: |");
    console.log(row("bare route, same bytes", floor));
    console.log(row("GET …/balances", quiet));
    console.log(row(`GET …/balances, ${after.movements - movements} movements backfilled meanwhile`, busy));
    const ratio = quiet.requests.average / floor.requests.average;
    console.log(`\nratio to the bare route: ${ratio.toFixed(2)} (goal: at least 0.50)`);
    console.log(
      JSON.stringify({ movements, ratio, p99BusyMs: busy.latency.p99, backfilled: after.movements - movements }),
    );
  } finally {
    child.send({ type: "stop" });
    await once(child, "exit");
  }
}

await main();
