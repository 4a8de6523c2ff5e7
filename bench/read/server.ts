// The service under the read bench, in a process of its own: a real engine over nodes in memory, filled to the wanted
// number of movements. A message `extend` gives the nodes as many blocks again, which the engine backfills at full speed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Fastify from "fastify";
import { startService } from "../../src/app/start.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { registerTestNode } from "../../src/testing/chain/test-plugin.ts";
import { bulkNode } from "./bulk-node.ts";

export type ReadTask = { readonly movements: number; readonly accounts: number };
export type ServerReady = { readonly url: string; readonly movements: number };

const CHAIN = "test:bulk";
const [task] = process.argv.slice(2).map((text) => JSON.parse(text) as ReadTask);
if (!task) throw new Error("expected a task as JSON");

const directory = await mkdtemp(join(tmpdir(), "headwater-bench-"));
const node = bulkNode("bulk", CHAIN, task);
registerTestNode(node);
const service = await startService(
  {
    region: "bench",
    store: { driver: "level", path: join(directory, "store") },
    api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
    chains: [
      {
        id: CHAIN,
        alias: "bulk",
        plugin: fileURLToPath(new URL("../../src/testing/chain/test-plugin.ts", import.meta.url)),
        index: { from: 0, scope: "all", verify: "off" },
        agreement: {},
        lag: { targetSeconds: 15, maxSeconds: 100_000 },
        nodes: [{ name: "bulk", url: "http://127.0.0.1:1", operator: "bench", region: "bench" }],
        options: { native: "complete" },
      },
    ],
  },
  { logger: silentLogger },
);

/** The floor: a bare route of the same library with the same bytes. */
let bare: { readonly url: string; close: () => Promise<void> } | undefined;
async function startBare(path: string): Promise<string> {
  await bare?.close();
  const answer = await (await fetch(service.url + path)).text();
  const app = Fastify({ logger: false });
  app.get("/bare", (_, reply) => {
    void reply.header("content-type", "application/json; charset=utf-8").send(answer);
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  bare = { url, close: () => app.close() };
  return `${url}/bare`;
}

function indexedMovements(): number {
  using view = service.services[0]?.view();
  return view?.position?.movements ?? 0;
}

const report = setInterval(() => {
  const movements = indexedMovements();
  process.send?.({ type: "progress", movements, rssBytes: process.memoryUsage().rss });
  if (movements >= task.movements) {
    clearInterval(report);
    process.send?.({ type: "ready", url: service.url, movements });
  }
}, 50);

process.on("message", (message: { type: string; path?: string }) => {
  if (message.type === "bare" && message.path) {
    void startBare(message.path).then((url) => process.send?.({ type: "bare", url }));
  }
  if (message.type === "extend") node.extend();
  if (message.type === "cpu") {
    const { user, system } = process.threadCpuUsage();
    process.send?.({ type: "cpu", cpuMicroseconds: user + system });
  }
  if (message.type === "movements") process.send?.({ type: "movements", movements: indexedMovements() });
  if (message.type === "stop") {
    void (async () => {
      await bare?.close();
      await service.stop();
      await rm(directory, { recursive: true, force: true });
      process.exit(0);
    })();
  }
});
