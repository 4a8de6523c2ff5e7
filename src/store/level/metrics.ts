import type { MetricRegistry } from "../../core/contracts/metrics.ts";

/** How the embedded store keeps up. */
export const LEVEL_METRICS = {
  queue: {
    type: "gauge",
    name: "headwater_store_queue_writes",
    unit: "writes",
    labels: [],
    help: "Writes of all chains that wait for the store or are under way.",
  },
  write: {
    type: "histogram",
    name: "headwater_store_write_duration_seconds",
    unit: "seconds",
    labels: [],
    help: "One write of any kind (commit, rollback, finality, balance learned) from its turn in the queue to its end.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
} as const;

/** What the store's queue tells of itself. */
export type WriteMeter = {
  readonly noteWrite: (durationMs: number) => void;
  readonly watchQueue: (waiting: () => number) => void;
};

export function meterWrites(metrics: MetricRegistry): WriteMeter {
  const queue = metrics.gauge(LEVEL_METRICS.queue);
  const write = metrics.histogram(LEVEL_METRICS.write);
  return {
    noteWrite: (durationMs) => write.observe({}, durationMs / 1000),
    watchQueue: (waiting) => metrics.onScrape(() => queue.set({}, waiting())),
  };
}
