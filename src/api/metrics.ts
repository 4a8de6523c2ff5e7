import type { FastifyInstance } from "fastify";
import type {
  Counter,
  CounterSeries,
  Histogram,
  HistogramSeries,
  LoadGauge,
  MetricRegistry,
} from "../core/contracts/metrics.ts";

/** What callers get of this service. */
export const API_METRICS = {
  requests: {
    type: "counter",
    name: "headwater_api_requests_total",
    unit: "requests",
    labels: ["method", "route", "status"],
    help: "Requests answered, by route as OpenAPI writes it (`none` where there is no such route) and HTTP status.",
  },
  duration: {
    type: "histogram",
    name: "headwater_api_request_duration_seconds",
    unit: "seconds",
    labels: ["route"],
    help: "From the request's headers to the whole answer in hand, without the time on the network.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  errors: {
    type: "counter",
    name: "headwater_api_errors_total",
    unit: "answers",
    labels: ["code"],
    help: "Requests that were answered with a problem, by its code (docs/errors.md).",
  },
  inFlight: {
    type: "gauge",
    name: "headwater_api_requests_in_flight",
    unit: "requests",
    labels: [],
    help: "Requests that are being answered now. More than `apiRequestsInFlight` of docs/limits.md are refused.",
  },
} as const;

declare module "fastify" {
  interface FastifyRequest {
    /** When its headers were read, milliseconds of the process's own time. */
    startedAt: number;
    /** Part of the answer was asked of nodes: how long that takes says nothing of this process. */
    askedNodes: boolean;
  }
  interface FastifyReply {
    /** The code of the problem that it answers with, or nothing. */
    problemCode: string;
  }
}

/**
 * Counts and times every request from here on. Hung on `onSend`: an `onResponse` hook would cost every request listeners on
 * its socket.
 */
export function meterRequests(app: FastifyInstance, metrics: MetricRegistry, load: LoadGauge): void {
  const errors = metrics.counter(API_METRICS.errors);
  const routes = new RouteMeters(metrics);
  app.decorateRequest("startedAt", 0);
  app.decorateRequest("askedNodes", false);
  app.decorateReply("problemCode", "");
  app.addHook("onRequest", (request, _reply, done) => {
    request.startedAt = performance.now();
    done();
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const meter = routes.of(request.routeOptions.url ?? "none");
    meter.count(request.method, reply.statusCode);
    const tookMs = performance.now() - request.startedAt;
    meter.duration.observe(tookMs / 1000);
    if (meter.ofCallers) load.noteApiRequest(tookMs, request.askedNodes);
    if (reply.problemCode !== "") errors.add({ code: reply.problemCode });
    done(null, payload);
  });
}

/** What is measured of one route: its series, looked up once. */
type RouteMeter = {
  readonly duration: HistogramSeries;
  readonly ofCallers: boolean;
  readonly count: (method: string, status: number) => void;
};

class RouteMeters {
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #duration: Histogram<"route">;
  readonly #routes = new Map<string, RouteMeter>();

  constructor(metrics: MetricRegistry) {
    this.#requests = metrics.counter(API_METRICS.requests);
    this.#duration = metrics.histogram(API_METRICS.duration);
  }

  /** @param url as fastify knows the route */
  of(url: string): RouteMeter {
    let meter = this.#routes.get(url);
    if (meter === undefined) {
      const route = nameRoute(url);
      const ofCallers = route.startsWith("/v1/");
      meter = { duration: this.#duration.series({ route }), ofCallers, count: this.#counterOf(route) };
      this.#routes.set(url, meter);
    }
    return meter;
  }

  #counterOf(route: string): RouteMeter["count"] {
    // A route has a method or two and answers with some ten statuses.
    const answered: { readonly method: string; readonly status: number; readonly series: CounterSeries }[] = [];
    return (method, status) => {
      let known = answered.find((each) => each.status === status && each.method === method);
      if (known === undefined) {
        known = { method, status, series: this.#requests.series({ method, route, status: String(status) }) };
        answered.push(known);
      }
      known.series.add();
    };
  }
}

/** Whether nodes were asked for any of these balances, or in vain. */
export function areOfNodes(balances: readonly { readonly source: string }[], errors: readonly unknown[] = []): boolean {
  return errors.length > 0 || balances.some(({ source }) => source !== "ledger");
}

/** A route as OpenAPI writes it. The page `/docs` has a dozen files: they are one. */
function nameRoute(url: string): string {
  if (url.startsWith("/docs")) return "/docs";
  return url.replaceAll(/:(\w+)/g, "{$1}");
}
