import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { ChainService } from "../../core/contracts/service.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { loadServiceConfig } from "../load-service-config.ts";
import { Progress, type ProgressStream } from "../progress.ts";
import { type RunningService, startService } from "../start.ts";
import { assertPortFree } from "./assert-port-free.ts";
import { DemoChain, HISTORY_BLOCKS } from "./demo-chain.ts";
import { makeDemoDirectory } from "./demo-directory.ts";
import { chooseRegtest, DemoRegtest, REGTEST_HISTORY_BLOCKS } from "./demo-regtest.ts";
import { formatChainStatus } from "./status-text.ts";

export type DemoOptions = {
  readonly stream: ProgressStream;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
};

const CONFIG_FILE = fileURLToPath(new URL("../../../config/demo.yaml", import.meta.url));
const STATUS_INTERVAL_MS = 500;

type Chains = { readonly evm: DemoChain; readonly regtest: DemoRegtest };

/**
 * Runs the demo until the signal aborts: three real EVM nodes and two nodes of Bitcoin's family with traffic, and the whole
 * service on them. Whatever ends it, no process and no directory is left. Set DEMO_PORT for another port than 8420.
 *
 * @throws HeadwaterError `test-node-failed` when anvil is missing or fails, `address-in-use` when the port is taken, and
 *   what startService throws
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { stream, env = process.env, clock = systemClock } = options;
  const progress = new Progress(stream, clock);
  await using stack = new AsyncDisposableStack();
  // A fault ends what runs beside it as a Ctrl-C would.
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);

  const base = await loadServiceConfig(CONFIG_FILE, env);
  await assertPortFree(base.api.host, base.api.port, "Stop it, or set DEMO_PORT to another port.");
  const directory = await makeDemoDirectory();
  stack.defer(() => rm(directory, { recursive: true, force: true }));

  const chains = await startChains({ progress, stack, clock, env, signal });
  if (signal.aborted) return;

  const logger = createLogger({
    level: "warn",
    stream: { write: (text) => progress.print(text.trimEnd()), isTTY: stream.isTTY === true },
  });
  const config = await loadServiceConfig(CONFIG_FILE, { ...env, ...nodeVariables(chains), DEMO_STORE: directory });
  const service = await startService(config, { logger, clock });
  stack.defer(() => service.stop());
  stack.defer(() => progress.print("Stopping the service and the nodes."));
  const tellReorg = (depth: number) =>
    progress.print(`regtest: the nodes left their newest ${depth} for ${depth + 1} others.`);
  const mining = [chains.evm.keepMining(signal), chains.regtest.keepMining(signal, tellReorg)];
  try {
    await Promise.race([...mining, service.finished, showStatus(service, chains, progress, clock, signal)]);
  } finally {
    ending.abort();
    progress.end();
    await Promise.all(mining);
  }
}

/** Starts the nodes of both chains, one after the other, and gives each chain a history. */
async function startChains(parts: {
  readonly progress: Progress;
  readonly stack: AsyncDisposableStack;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}): Promise<Chains> {
  const { progress, stack, clock, env, signal } = parts;
  progress.print(
    "Starting three EVM nodes (anvil): operators alder, birch and cedar, in eu-west, us-east and ap-south.",
  );
  const evm = await DemoChain.start(clock);
  stack.defer(() => evm.stop());
  const { kind, text } = chooseRegtest(env);
  progress.print(text);
  const regtest = await DemoRegtest.start(kind, clock);
  stack.defer(() => regtest.stop());
  await evm.makeHistory((blocks) => progress.update(`Making a history: block ${blocks} of ${HISTORY_BLOCKS}`), signal);
  await regtest.makeHistory(signal);
  progress.end();
  if (signal.aborted) return { evm, regtest };
  progress.print(
    `Made histories of ${HISTORY_BLOCKS} and ${REGTEST_HISTORY_BLOCKS} blocks. From now on a block comes every`,
  );
  progress.print("2 and every 4 seconds, and now and then the second chain leaves its newest blocks for others.");
  return { evm, regtest };
}

/** What config/demo.yaml asks the environment for. */
function nodeVariables({ evm, regtest }: Chains): Record<string, string> {
  const pairs = evm.network.nodes.flatMap(({ url, wsUrl }, i) => [
    [`DEMO_NODE_${i + 1}`, url],
    [`DEMO_NODE_${i + 1}_WS`, wsUrl],
  ]);
  const others = regtest.network.nodes.map(({ node }, i) => [`DEMO_REGTEST_NODE_${i + 1}`, node.url]);
  return { ...Object.fromEntries([...pairs, ...others]), DEMO_REGTEST_CHAIN: regtest.network.terms.chain };
}

async function showStatus(
  service: RunningService,
  chains: Chains,
  progress: Progress,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let hinted = false;
  while (!signal.aborted) {
    const histories = [HISTORY_BLOCKS, REGTEST_HISTORY_BLOCKS];
    if (!hinted && service.services.every((each, i) => hasIndexed(each, histories[i] ?? 0))) {
      progress.print(formatHints(service, chains));
      hinted = true;
    }
    progress.update(service.services.map(formatChainStatus).join("   "));
    await clock.sleep(STATUS_INTERVAL_MS, signal).catch(() => undefined);
  }
}

/** Whether every line that is shown to be tried has an answer. */
function hasIndexed(service: ChainService, height: number): boolean {
  using view = service.view();
  const isHeard = service.pending === undefined || service.pending.heardAt !== null;
  return (view?.position?.tip.height ?? -1) >= height && isHeard;
}

/** What to try, as lines that may be pasted. */
function formatHints({ url, services }: RunningService, { evm, regtest }: Chains): string {
  const [first, second] = services;
  const account = `${first?.id}:${evm.busyAccount}`;
  const owner = `${second?.id}:${regtest.busyAccount}`;
  return [
    "",
    "Ask it something, in another terminal:",
    "",
    `  curl -s ${url}/v1/chains/${first?.alias ?? first?.id}`,
    `  curl -s ${url}/v1/accounts/${account}/balances`,
    `  curl -s '${url}/v1/accounts/${account}/transactions?limit=3'`,
    "",
    `  curl -s ${url}/v1/chains/${second?.alias ?? second?.id}`,
    `  curl -s ${url}/v1/accounts/${owner}/balances`,
    `  curl -s '${url}/v1/accounts/${owner}/utxos?limit=3'`,
    `  curl -s ${url}/v1/accounts/${owner}/pending`,
    "",
    `All routes: ${url}/docs. Ctrl-C ends the demo.`,
    "",
  ].join("\n");
}
