import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Logger, silentLogger } from "../core/contracts/logger.ts";
import {
  type Exposition,
  idleLoad,
  type LoadGauge,
  type MetricRegistry,
  noMetrics,
} from "../core/contracts/metrics.ts";
import type { ChainService } from "../core/contracts/service.ts";
import { HeadwaterError } from "../core/errors.ts";
import { AccountDirectory } from "./account-directory.ts";
import { BalanceText } from "./balance-text.ts";
import { ChainDirectory } from "./chain-directory.ts";
import type { ApiContext } from "./context.ts";
import { Gate } from "./gate.ts";
import { API_LIMITS, type ApiLimits } from "./limits.ts";
import { collectMethods, refuseOtherMethods } from "./methods.ts";
import { API_METRICS, meterRequests } from "./metrics.ts";
import { registerDocs, registerOpenApi } from "./openapi.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { balanceRoutes } from "./routes/balances.ts";
import { blockRoutes } from "./routes/blocks.ts";
import { chainRoutes } from "./routes/chains.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { nodeRoutes } from "./routes/nodes.ts";
import { outputRoutes } from "./routes/outputs.ts";
import { pendingRoutes } from "./routes/pending.ts";
import { transactionRoutes } from "./routes/transactions.ts";
import { watchRoutes } from "./routes/watch.ts";
import { buildServer } from "./server.ts";

export type ApiOptions = {
  readonly services: readonly ChainService[];
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly limits?: Partial<ApiLimits>;
  /** Where requests are counted. Default: nowhere. */
  readonly metrics?: MetricRegistry;
  /** Is told how long callers of `/v1` wait. */
  readonly load?: LoadGauge;
  /** What `/metrics` answers. Default: nothing is measured. */
  readonly expose?: () => Promise<Exposition>;
};

/** The HTTP API over running chains. It owns no chain: closing it stops no service. */
export interface Api {
  /**
   * Resolves with the URL that the API listens on. `port` 0 takes a free one.
   * @throws HeadwaterError `address-in-use`
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /**
   * Takes no more requests, lets those running finish until `shutdownMs` is over, then answers them `shutting-down` and
   * cuts what is left. May be called twice, and without `listen`.
   */
  close(): Promise<void>;
  /** Answers a request without a socket, for tests and for building OpenAPI. */
  readonly inject: FastifyInstance["inject"];
}

/** @throws HeadwaterError `config-invalid` when two chains have the same name */
export function createApi(options: ApiOptions): Api {
  const { clock = systemClock, logger = silentLogger, metrics = noMetrics, load = idleLoad } = options;
  const limits: ApiLimits = { ...API_LIMITS, ...options.limits };
  const chains = new ChainDirectory(options.services);
  const gate = new Gate(clock, limits, logger);
  const app = buildServer(limits, logger);
  meterRequests(app, metrics, load);
  const inFlight = metrics.gauge(API_METRICS.inFlight);
  metrics.onScrape(() => inFlight.set({}, gate.inside));
  const accounts = new AccountDirectory(chains);
  const expose = options.expose ?? (async () => ({ contentType: "text/plain; charset=utf-8", text: "" }));
  app.register(registerRoutes, { chains, accounts, balanceText: new BalanceText(), gate, clock, logger, expose });
  let closed: Promise<void> | undefined;
  return {
    listen: (at) => listen(app, at),
    close: () => {
      closed ??= close(app, gate, clock, limits);
      return closed;
    },
    inject: app.inject.bind(app),
  };
}

function registerRoutes(app: FastifyInstance, context: ApiContext, done: () => void): void {
  const methods = collectMethods(app);
  registerOpenApi(app, readVersion());
  app.register(chainRoutes, context);
  app.register(blockRoutes, context);
  app.register(evidenceRoutes, context);
  app.register(transactionRoutes, context);
  app.register(balanceRoutes, context);
  app.register(accountRoutes, context);
  app.register(watchRoutes, context);
  app.register(outputRoutes, context);
  app.register(pendingRoutes, context);
  app.register(nodeRoutes, context);
  app.register(healthRoutes, context);
  app.register(metricsRoute, context);
  app.after(() => refuseOtherMethods(app, methods));
  app.register(registerDocs);
  done();
}

async function listen(app: FastifyInstance, at: { readonly host: string; readonly port: number }): Promise<string> {
  try {
    return await app.listen(at);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new HeadwaterError(
      "address-in-use",
      `${at.host}:${at.port} is taken: end the process that listens there, or set another api.port`,
      { details: { host: at.host, port: at.port }, cause: error },
    );
  }
}

async function close(app: FastifyInstance, gate: Gate, clock: Clock, { shutdownMs }: ApiLimits): Promise<void> {
  const done = new AbortController();
  const drained = gate.close();
  const closed = app.close();
  const late = clock.sleep(shutdownMs, done.signal).then(
    () => true,
    () => false,
  );
  // The gate first, so that who is answered at the deadline is answered before the connections are cut.
  const all = Promise.all([drained, closed]).then(() => false);
  const cut = await Promise.race([all, late]);
  gate.end();
  if (cut) await cutConnections(app);
  done.abort();
  await closed;
}

async function cutConnections(app: FastifyInstance): Promise<void> {
  // One turn of the event loop, in which the last answers are handed to their sockets.
  await new Promise((resolve) => setImmediate(resolve));
  app.server.closeAllConnections();
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
  return typeof version === "string" ? version : "";
}
