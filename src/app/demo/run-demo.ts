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

/**
 * Runs the demo until the signal aborts: three real EVM nodes with traffic, and the whole service on them. Whatever
 * ends it, no process and no directory is left. Set DEMO_PORT for another port than 8420.
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

  progress.print(
    "Starting three EVM nodes (anvil): operators alder, birch and cedar, in eu-west, us-east and ap-south.",
  );
  const chain = await DemoChain.start(clock);
  stack.defer(() => chain.stop());
  await chain.makeHistory(
    (blocks) => progress.update(`Making a history: block ${blocks} of ${HISTORY_BLOCKS}`),
    signal,
  );
  if (signal.aborted) return;
  progress.end();
  progress.print(`Made a history of ${HISTORY_BLOCKS} blocks. From now on a block comes every 2 seconds.`);

  const logger = createLogger({
    level: "warn",
    stream: { write: (text) => progress.print(text.trimEnd()), isTTY: stream.isTTY === true },
  });
  const config = await loadServiceConfig(CONFIG_FILE, { ...env, ...nodeVariables(chain), DEMO_STORE: directory });
  const service = await startService(config, { logger, clock });
  stack.defer(() => service.stop());
  stack.defer(() => progress.print("Stopping the service and the nodes."));
  const mining = chain.keepMining(signal);
  try {
    await Promise.race([mining, service.finished, showStatus(service, chain, progress, clock, signal)]);
  } finally {
    ending.abort();
    progress.end();
    await mining;
  }
}

/** What config/demo.yaml asks the environment for. */
function nodeVariables(chain: DemoChain): Record<string, string> {
  const pairs = chain.network.nodes.flatMap(({ url, wsUrl }, i) => [
    [`DEMO_NODE_${i + 1}`, url],
    [`DEMO_NODE_${i + 1}_WS`, wsUrl],
  ]);
  return Object.fromEntries(pairs);
}

async function showStatus(
  service: RunningService,
  chain: DemoChain,
  progress: Progress,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let hinted = false;
  while (!signal.aborted) {
    if (!hinted && service.services.every((each) => indexedHeight(each) >= HISTORY_BLOCKS)) {
      progress.print(formatHints(service, chain));
      hinted = true;
    }
    progress.update(service.services.map(formatChainStatus).join("   "));
    await clock.sleep(STATUS_INTERVAL_MS, signal).catch(() => undefined);
  }
}

function indexedHeight(service: ChainService): number {
  using view = service.view();
  return view?.position?.tip.height ?? -1;
}

/** What to try, as lines that may be pasted. */
function formatHints({ url, services }: RunningService, chain: DemoChain): string {
  const [first] = services;
  const account = `${first?.id}:${chain.busyAccount}`;
  return [
    "",
    "Ask it something, in another terminal:",
    "",
    `  curl -s ${url}/v1/chains/${first?.alias ?? first?.id}`,
    `  curl -s ${url}/v1/accounts/${account}/balances`,
    `  curl -s '${url}/v1/accounts/${account}/transactions?limit=3'`,
    "",
    `All routes: ${url}/docs. Ctrl-C ends the demo.`,
    "",
  ].join("\n");
}
