import type { MetricRegistry } from "../../core/contracts/metrics.ts";
import { NODE_STATES, type NodeStatus } from "../../core/contracts/service.ts";

const NODE_LABELS = ["chain", "node", "region"] as const;

const BREAKER_STATES = ["closed", "open", "half-open"] as const;

const REQUEST_BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const ARRIVAL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What the pool measures of each configured node. */
export const POOL_METRICS = {
  state: {
    type: "gauge",
    name: "headwater_node_state",
    unit: "0 or 1",
    labels: [...NODE_LABELS, "state"],
    help: "1 for the state that the node is in, 0 for all others.",
  },
  stateChanges: {
    type: "counter",
    name: "headwater_node_state_changes_total",
    unit: "changes",
    labels: [...NODE_LABELS, "state"],
    help: "How often the node came into a state: a node that flaps is worse than one that is down.",
  },
  lastResort: {
    type: "gauge",
    name: "headwater_node_last_resort",
    unit: "0 or 1",
    labels: NODE_LABELS,
    help: "1 while the node is used although its state forbids it, since no other is left.",
  },
  lagBlocks: {
    type: "gauge",
    name: "headwater_node_lag_blocks",
    unit: "blocks",
    labels: NODE_LABELS,
    help: "How far the node's tip is behind the newest that a node in good standing tells.",
  },
  lagSeconds: {
    type: "gauge",
    name: "headwater_node_lag_seconds",
    unit: "seconds",
    labels: NODE_LABELS,
    help: "For how long the oldest block that the node lacks has been known.",
  },
  firstSeenDelta: {
    type: "histogram",
    name: "headwater_node_first_seen_delta_seconds",
    unit: "seconds",
    labels: NODE_LABELS,
    help: "How much later than the first node anywhere it told a block.",
    buckets: ARRIVAL_BUCKETS,
  },
  jitter: {
    type: "histogram",
    name: "headwater_node_jitter_seconds",
    unit: "seconds",
    labels: NODE_LABELS,
    help: "Change of that delay from one block to the next.",
    buckets: ARRIVAL_BUCKETS,
  },
  requestDuration: {
    type: "histogram",
    name: "headwater_node_request_duration_seconds",
    unit: "seconds",
    labels: [...NODE_LABELS, "work"],
    help: "From asking to the whole answer or to the failure, by what it was for; `poll` is the regular question for the tip.",
    buckets: REQUEST_BUCKETS,
  },
  errors: {
    type: "counter",
    name: "headwater_node_errors_total",
    unit: "requests",
    labels: [...NODE_LABELS, "code"],
    help: "Requests that failed, by code (docs/errors.md). Those given up because another node was faster do not count.",
  },
  throttled: {
    type: "counter",
    name: "headwater_node_throttled_total",
    unit: "requests",
    labels: NODE_LABELS,
    help: "Requests answered with HTTP 429 or the provider's own words for it.",
  },
  hedges: {
    type: "counter",
    name: "headwater_node_hedges_total",
    unit: "requests",
    labels: NODE_LABELS,
    help: "Requests for which another node was asked as well, because this one was slow.",
  },
  allowedRate: {
    type: "gauge",
    name: "headwater_node_allowed_requests_per_second",
    unit: "requests per second",
    labels: NODE_LABELS,
    help: "The rate that the node is held to at this moment; no series where nothing bounds it.",
  },
  queue: {
    type: "gauge",
    name: "headwater_node_queue_requests",
    unit: "requests",
    labels: [...NODE_LABELS, "place"],
    help: "Requests to the node that wait (`waiting`) or are under way (`running`).",
  },
  breaker: {
    type: "gauge",
    name: "headwater_node_breaker_state",
    unit: "0 or 1",
    labels: [...NODE_LABELS, "state"],
    help: "1 for the state of the node's circuit breaker; while `open`, nothing but probes is sent.",
  },
} as const;

/** Shows what is known of a chain's nodes at every scrape: what `GET /v1/nodes` tells. */
export function showNodes(metrics: MetricRegistry, chain: string, nodes: () => readonly NodeStatus[]): void {
  const state = metrics.gauge(POOL_METRICS.state);
  const breaker = metrics.gauge(POOL_METRICS.breaker);
  const queue = metrics.gauge(POOL_METRICS.queue);
  const gauges = {
    lastResort: metrics.gauge(POOL_METRICS.lastResort),
    lagBlocks: metrics.gauge(POOL_METRICS.lagBlocks),
    lagSeconds: metrics.gauge(POOL_METRICS.lagSeconds),
    allowedRequestsPerSecond: metrics.gauge(POOL_METRICS.allowedRate),
  };
  for (const { name, region } of nodes()) {
    for (const counter of [POOL_METRICS.throttled, POOL_METRICS.hedges]) {
      metrics.counter(counter).add({ chain, node: name, region }, 0);
    }
  }
  metrics.onScrape(() => {
    for (const node of nodes()) {
      const labels = { chain, node: node.name, region: node.region };
      for (const each of NODE_STATES) state.set({ ...labels, state: each }, each === node.state ? 1 : 0);
      for (const each of BREAKER_STATES) breaker.set({ ...labels, state: each }, each === node.breaker ? 1 : 0);
      for (const place of ["waiting", "running"] as const) {
        queue.set({ ...labels, place }, node.queue?.[place] ?? Number.NaN);
      }
      gauges.lastResort.set(labels, node.lastResort ? 1 : 0);
      for (const name of ["lagBlocks", "lagSeconds", "allowedRequestsPerSecond"] as const) {
        gauges[name].set(labels, node[name] ?? Number.NaN);
      }
    }
  });
}
