// Headwater as it is shipped, over HTTP from a node in another process: every block fetched as bytes, verified in full, every
// movement and every unspent output stored, progress read through its own API. Then its answers are held against a second,
// plain reading of the chain.
import { fork } from "node:child_process";
import { once } from "node:events";
import { enableCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import type { ChainService } from "../../src/core/contracts/service.ts";
import { REGTEST } from "./block-builder.ts";
import { compareLedger } from "./compare-ledger.ts";
import { readTask, report } from "./task.ts";
import { threadTimes, timesBetween } from "./thread-times.ts";

// As the command line does.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/headwater", import.meta.url)));
const { startService } = await import("../../src/app/start.ts");

const task = readTask();
const node = fork(fileURLToPath(new URL("node.ts", import.meta.url)), [task.path], { execArgv: [] });
const [{ url }] = (await once(node, "message")) as [{ url: string }];
const before = threadTimes();
const startedAt = performance.now();
const service = await startService(configOf(url), { logger: silentLogger });
const last = task.chain.blocks - 1;
const [running] = service.services;
if (running === undefined) throw new Error("no chain runs");
// Not through the API: its callers' waits slow the import down, and on a busy machine the bench would measure that.
while (indexedHeight(running) < last) await sleep(20);
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
node.disconnect();
const answer = await (await fetch(`${service.url}/v1/chains/${REGTEST}`)).json();
const { indexed } = answer as { readonly indexed: { readonly height: number; readonly hash: string } };
if (indexed.hash !== task.chain.tip) throw new Error(`the API says that it stands at ${JSON.stringify(indexed)}`);
const note = await compareLedger(running, task);
report({ workMs, cpuMs, note });
await service.stop();

function indexedHeight(chain: ChainService): number {
  using view = chain.view();
  return view?.position?.tip.height ?? -1;
}

function configOf(nodeUrl: string): HeadwaterConfig {
  return {
    region: "bench",
    store: { driver: "level", path: `${task.directory}/store` },
    api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
    chains: [
      {
        id: REGTEST,
        plugin: "bitcoin",
        index: { from: 0, scope: "all", verify: "full" },
        agreement: { operators: 1 },
        lag: { targetSeconds: 15, maxSeconds: 86_400 * 365 * 100 },
        nodes: [{ name: "bench", url: nodeUrl, operator: "bench", region: "bench" }],
        options: {},
      },
    ],
  };
}
