import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { ChainService } from "../../core/contracts/service.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { loadServiceConfig } from "../load-service-config.ts";
import { Progress, type ProgressStream } from "../progress.ts";
import { type RunningService, startService } from "../start.ts";
import { assertPortFree } from "./assert-port-free.ts";
import { EVM_OFFER } from "./demo-chain.ts";
import { offerCluster } from "./demo-cluster.ts";
import { makeDemoDirectory } from "./demo-directory.ts";
import type { DemoPart } from "./demo-part.ts";
import { offerRegtest } from "./demo-regtest.ts";
import { formatStatus } from "./status-text.ts";

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
 * Runs the demo until the signal aborts: nodes of an EVM chain, of Bitcoin's family and of Solana with traffic, and the whole
 * service on them. Whatever ends it, no process and no directory is left. Set DEMO_PORT for another port than 8420.
 *
 * @throws HeadwaterError `test-node-failed` when anvil is missing or a node fails, `address-in-use` when the port is taken,
 *   and what startService throws
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

  const parts = await startParts({ progress, stack, clock, env, signal });
  if (signal.aborted) return;

  const logger = createLogger({
    level: "warn",
    stream: { write: (text) => progress.print(text.trimEnd()), isTTY: stream.isTTY === true },
  });
  const variables = Object.assign({}, ...parts.map((part) => part.variables), { DEMO_STORE: directory });
  const config = await loadServiceConfig(CONFIG_FILE, { ...env, ...variables });
  const chains = config.chains.filter(({ alias }) => parts.some((part) => part.alias === alias));
  const service = await startService({ ...config, chains }, { logger, clock });
  stack.defer(() => service.stop());
  stack.defer(() => progress.print("Stopping the service and the nodes."));
  const going = parts.map((part) => part.keepGoing(signal, (text) => progress.print(text)));
  try {
    await Promise.race([...going, service.finished, showStatus(service, parts, progress, clock, signal)]);
  } finally {
    ending.abort();
    progress.end();
    await Promise.all(going);
  }
}

/** Starts the nodes of each chain that can be had and gives it a history, one after the other. */
async function startParts(given: {
  readonly progress: Progress;
  readonly stack: AsyncDisposableStack;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}): Promise<DemoPart[]> {
  const { progress, stack, clock, env, signal } = given;
  const parts: DemoPart[] = [];
  for (const { text, start } of [EVM_OFFER, offerRegtest(env), offerCluster()]) {
    progress.print(text);
    if (!start) continue;
    const part = await start(clock);
    stack.defer(() => part.stop());
    parts.push(part);
    await part.makeHistory(signal, (made) => progress.update(made));
    progress.end();
    if (signal.aborted) return parts;
  }
  progress.print(["Each has a history. From now on:", ...parts.map(formatPace)].join("\n"));
  return parts;
}

function formatPace({ alias, pace }: DemoPart): string {
  return `  ${alias.padEnd(8)} ${pace}`;
}

async function showStatus(
  service: RunningService,
  parts: readonly DemoPart[],
  progress: Progress,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let hinted = false;
  while (!signal.aborted) {
    if (!hinted && service.services.every((each, i) => hasIndexed(each, parts[i]?.historyHeight ?? 0))) {
      progress.print(formatHints(service, parts));
      hinted = true;
    }
    progress.update(formatStatus(service.services));
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
function formatHints({ url, services }: RunningService, parts: readonly DemoPart[]): string {
  const lines = parts.flatMap((part, i) => [
    ...part.paths(services[i]?.id ?? part.alias).map((path) => formatCurl(`${url}${path}`)),
    "",
  ]);
  return [
    "",
    "Ask it something, in another terminal:",
    "",
    ...lines,
    `All routes: ${url}/docs. Ctrl-C ends the demo.`,
    "",
  ].join("\n");
}

function formatCurl(url: string): string {
  return `  curl -s ${url.includes("?") ? `'${url}'` : url}`;
}
