import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoadGauge } from "../core/contracts/metrics.ts";
import { RollingQuantile } from "./rolling-quantile.ts";

/** What is told is of the last one to two windows. Short, so that the governor sees soon what its acts did. */
const WINDOW_MS = 1_000;
/** How often the event loop is looked at. What it measures holds this interval, too: it is taken off. */
const RESOLUTION_MS = 10;

/** With fewer requests than this over the windows a 99th percentile is the slowest one, and tells nothing of the others. */
const REQUESTS_AT_LEAST = 50;

/** Measures this process until it is closed. It holds no process open. */
export interface ProcessLoad extends LoadGauge {
  close(): void;
}

/** Starts to measure the load of the thread that calls it. */
export function measureLoad(): ProcessLoad {
  const requests = new RollingQuantile();
  const waiting = new Set<string>();
  // Two that are emptied in turn, so that one always looks back over a whole window: emptying loses the delay at hand.
  const monitors = [RESOLUTION_MS, RESOLUTION_MS].map((resolution) => monitorEventLoopDelay({ resolution }));
  for (const monitor of monitors) monitor.enable();
  let turn = 0;
  const timer = setInterval(() => {
    requests.rotate();
    monitors[turn++ % monitors.length]?.reset();
  }, WINDOW_MS);
  timer.unref();
  return {
    eventLoopDelayMs: () => Math.max(0, ...monitors.map((monitor) => monitor.percentile(99) / 1e6 - RESOLUTION_MS)),
    apiLatencyMs: () => (requests.count < REQUESTS_AT_LEAST ? undefined : requests.quantileMs(0.99)),
    noteApiRequest: (durationMs) => requests.note(durationMs),
    noteTipWaits: (chain, waits) => void (waits ? waiting.add(chain) : waiting.delete(chain)),
    tipWaits: (besides) => waiting.size > (waiting.has(besides) ? 1 : 0),
    close: () => {
      clearInterval(timer);
      for (const monitor of monitors) monitor.disable();
    },
  };
}
