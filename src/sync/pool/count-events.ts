import type { LabelValues, MetricRegistry } from "../../core/contracts/metrics.ts";
import { POOL_METRICS } from "./metrics.ts";
import type { EventNode, PoolEvents } from "./pool-events.ts";

/** Counts what happens in the pool of one chain. */
export function countPoolEvents(metrics: MetricRegistry, chain: string): PoolEvents {
  const duration = metrics.histogram(POOL_METRICS.requestDuration);
  const errors = metrics.counter(POOL_METRICS.errors);
  const throttled = metrics.counter(POOL_METRICS.throttled);
  const firstSeen = metrics.histogram(POOL_METRICS.firstSeenDelta);
  const jitter = metrics.histogram(POOL_METRICS.jitter);
  const changes = metrics.counter(POOL_METRICS.stateChanges);
  const hedges = metrics.counter(POOL_METRICS.hedges);
  const labelsOf = ({ config }: EventNode): LabelValues<"chain" | "node" | "region"> => ({
    chain,
    node: config.name,
    region: config.region,
  });
  return {
    called(node, work, durationMs, code) {
      const labels = labelsOf(node);
      duration.observe({ ...labels, work }, durationMs / 1000);
      if (code !== undefined) errors.add({ ...labels, code });
      if (code === "node-throttled") throttled.add(labels);
    },
    faulted: (node, code) => errors.add({ ...labelsOf(node), code }),
    headArrived(node, deltaMs, jitterMs) {
      firstSeen.observe(labelsOf(node), deltaMs / 1000);
      jitter.observe(labelsOf(node), jitterMs / 1000);
    },
    stateChanged: (node, _from, to) => changes.add({ ...labelsOf(node), state: to }),
    hedged: (first) => hedges.add(labelsOf(first)),
  };
}
