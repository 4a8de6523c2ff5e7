import { availableParallelism } from "node:os";
import type { HeadwaterConfig } from "../config/headwater-config.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { LoadGauge, MetricRegistry } from "../core/contracts/metrics.ts";
import type { ChainService } from "../core/contracts/service.ts";
import type { LedgerStore } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import { type LoadedPlugin, loadPlugin } from "../plugins/loader.ts";
import { openLevelStore } from "../store/level/open.ts";
import { ChainEngine } from "../sync/chain-engine.ts";
import { DecodePool, decodeThreads } from "../sync/decode-pool.ts";
import { RateBudgets } from "../sync/pool/rate-budgets.ts";
import { measureLoad } from "../telemetry/load-gauge.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { measureProcess } from "../telemetry/process-metrics.ts";
import { DECLARED_METRICS } from "./declared-metrics.ts";
import { Teardown } from "./teardown.ts";

/** A service that listens and syncs. */
export type RunningService = {
  /** Where the API listens, like `http://127.0.0.1:8420`. */
  readonly url: string;
  /** The chains as they run, for a status line. */
  readonly services: readonly ChainService[];
  /** Stops the intake, ends the engines after their commit under way, closes the store. May be called twice. */
  stop(): Promise<void>;
  /** Resolves when the service has stopped. */
  readonly finished: Promise<void>;
};

export type StartOptions = { readonly logger?: Logger; readonly clock?: Clock };

/**
 * Starts the whole service. It listens when this resolves; chains whose nodes do not answer yet begin when they do.
 *
 * @throws HeadwaterError `plugin-invalid`, `config-invalid`, `store-locked`, `store-corrupt`, `address-in-use`
 */
export async function startService(config: HeadwaterConfig, options: StartOptions = {}): Promise<RunningService> {
  const logger = options.logger ?? createLogger();
  const clock = options.clock ?? systemClock;
  const teardown = new Teardown(logger);
  try {
    const plugins = await Promise.all(config.chains.map(({ plugin }) => loadPlugin(plugin)));
    const metrics = createMetrics(logger);
    metrics.declare(DECLARED_METRICS);
    const load = measureLoad();
    teardown.add("the load gauge", async () => load.close());
    measureProcess(metrics, load);
    const store = await openLevelStore(config.store.path, metrics);
    teardown.add("the store", () => store.close());
    const engines = startEngines({ config, plugins, store, clock, logger, metrics, load }, teardown);
    for (const engine of engines) engine.start();
    // While the nodes are asked and the decode threads load: the API's modules are more than half of the program's.
    const { createApi } = await import("../api/create-api.ts");
    const expose = () => metrics.expose();
    const api = createApi({ services: engines, clock, logger, metrics, load, expose });
    teardown.add("the API", () => api.close());
    const url = await api.listen({ host: config.api.host, port: config.api.port });
    logger.info({ url, chains: engines.map(({ id }) => id) }, `listening on ${url}`);
    const finished = Promise.withResolvers<void>();
    const stop = async () => {
      await teardown.run();
      finished.resolve();
    };
    return { url, services: engines, stop, finished: finished.promise };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

type EngineParts = {
  readonly config: HeadwaterConfig;
  readonly plugins: readonly LoadedPlugin[];
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly load: LoadGauge;
};

function startEngines({ config, plugins, ...shared }: EngineParts, teardown: Teardown): ChainEngine[] {
  const chains = config.chains.map((chain, i) => ({ config: chain, pluginUrl: pluginAt(plugins, i).url }));
  const decodePool = new DecodePool({ chains }, decodeThreads(availableParallelism()));
  teardown.add("the decode threads", () => decodePool.close());
  const { region } = config;
  const budgets = new RateBudgets(config.operators ?? {}, shared.clock.now());
  const engines = config.chains.map(
    (chain, i) =>
      new ChainEngine({ ...shared, config: chain, plugin: pluginAt(plugins, i).plugin, decodePool, region, budgets }),
  );
  teardown.add("the chains", async () => {
    await Promise.all(engines.map((engine) => engine.stop()));
  });
  return engines;
}

function pluginAt(plugins: readonly LoadedPlugin[], index: number): LoadedPlugin {
  const plugin = plugins[index];
  if (!plugin) throw new HeadwaterError("internal", `no plugin was loaded for chain number ${index}`);
  return plugin;
}
