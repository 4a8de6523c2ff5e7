// Headwater as it is shipped, over HTTP from a node in another process: every block fetched as hex, verified in full, every
// movement and every unspent output stored, progress read through its own API. Then its answers are held against a second,
// plain reading of the chain.
import { fork } from "node:child_process";
import { once } from "node:events";
import { enableCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
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
const chain = `${service.url}/v1/chains/${REGTEST}`;
for (;;) {
  const { indexed } = (await (await fetch(chain)).json()) as { indexed: { height: number } | null };
  if (indexed && indexed.height >= last) break;
  // Each look costs the service a request: more often would measure the looking.
  await sleep(50);
}
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
node.disconnect();
const note = await compareLedger(service.services[0], task);
report({ workMs, cpuMs, note });
await service.stop();

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
