// Headwater as it is shipped, over two operators that must both stand behind a block. Prints its URL; ends with its input.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { CHAIN_ID } from "./twins.ts";

enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/headwater", import.meta.url)));
const { startService } = await import("../../src/app/start.ts");

const task = JSON.parse(process.argv[2] as string) as {
  readonly directory: string;
  readonly nodes: readonly { readonly url: string; readonly ws: string }[];
};
const service = await startService(
  {
    region: "bench",
    store: { driver: "level", path: `${task.directory}/store` },
    api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
    chains: [
      {
        id: `eip155:${CHAIN_ID}`,
        plugin: "evm",
        index: { from: 0, scope: "all", verify: "full" },
        agreement: { operators: 2 },
        lag: { targetSeconds: 15, maxSeconds: 86_400 },
        nodes: task.nodes.map((node, i) => ({
          ...node,
          name: `anvil-${i}`,
          operator: `operator-${i}`,
          region: "bench",
        })),
        options: { trace: "off", expectedIntervalMs: 1_000 },
      },
    ],
  },
  { logger: silentLogger },
);
process.stdout.write(`${JSON.stringify({ url: service.url })}\n`);
process.stdin.resume();
process.stdin.once("end", () => void service.stop());
