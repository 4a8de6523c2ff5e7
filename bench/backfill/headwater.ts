// Headwater as it is shipped: every block fully verified, every movement stored, progress read through its own API.
import { enableCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { HeadwaterConfig } from "../../src/config/headwater-config.ts";
import { silentLogger } from "../../src/core/contracts/logger.ts";
import { type BackfillTask, readTask, report } from "./task.ts";

// As the command line does.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/headwater", import.meta.url)));
const { startService } = await import("../../src/app/start.ts");

const task = readTask();
const startedAt = performance.now();
const service = await startService(configOf(task), { logger: silentLogger });
const chain = `${service.url}/v1/chains/eip155:${task.chainId}`;
for (;;) {
  const { indexed } = (await (await fetch(chain)).json()) as { indexed: { height: number } | null };
  if (indexed && indexed.height >= task.head) break;
  // Each look costs the service a request: more often would measure the looking.
  await sleep(50);
}
const workMs = performance.now() - startedAt;
const checked = await compareBalances();
report({ workMs, note: `every block verified, ${checked} balances equal the node's` });
await service.stop();

function configOf({ url, chainId, directory }: BackfillTask): HeadwaterConfig {
  return {
    region: "bench",
    store: { driver: "level", path: `${directory}/store` },
    api: { host: "127.0.0.1", port: 0, auth: { mode: "none" } },
    chains: [
      {
        id: `eip155:${chainId}`,
        plugin: "evm",
        index: { from: 0, scope: "all", verify: "full" },
        agreement: { operators: 1 },
        lag: { targetSeconds: 15, maxSeconds: 86_400 },
        nodes: [{ name: "anvil", url, operator: "bench", region: "bench" }],
        options: { trace: "off" },
      },
    ],
  };
}

/** A fast wrong answer is worth nothing: every sender's token balances are held against the node's own. */
async function compareBalances(): Promise<number> {
  // Not at the start: what the comparison needs is no part of what is measured.
  const { callData } = await import("../../src/testing/evm/contracts.ts");
  const { NodeClient } = await import("../../src/testing/evm/node-client.ts");
  const node = new NodeClient(task.url);
  let checked = 0;
  for (const sender of task.senders) {
    for (const token of task.tokens) {
      const asset = `eip155:${task.chainId}/erc20:${token}`;
      const query = new URLSearchParams({ assets: asset, allowStale: "true" });
      const account = `eip155:${task.chainId}:${sender}`;
      const answer = await (await fetch(`${service.url}/v1/accounts/${account}/balances?${query}`)).json();
      const { balances } = answer as { balances?: { amount: string; source: string }[] };
      const call = { to: token, data: callData("Erc20", "balanceOf", sender) };
      const expected = BigInt((await node.call("eth_call", call, "latest")) as string);
      const told = balances?.[0];
      if (told === undefined || BigInt(told.amount) !== expected) {
        throw new Error(`${asset} of ${sender}: expected ${expected}, got ${JSON.stringify(answer)}`);
      }
      checked++;
    }
  }
  return checked;
}
