import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoadGauge } from "../core/contracts/metrics.ts";
import { RollingQuantile } from "./rolling-quantile.ts";

/** What is told is of the last one to two windows. Short, so that the governor sees soon what its acts did. */
const WINDOW_MS = 1_000;
/** How often the event loop is looked at. What it measures holds this interval, too: it is taken off. */
const RESOLUTION_MS = 10;

/** Measures this process until it is closed. It holds no process open. */
export interface ProcessLoad extends LoadGauge {
  close(): void;
}

/** Starts to measure the load of the thread that calls it. */
export function measureLoad(): ProcessLoad {
  const requests = new RollingQuantile();
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
    apiLatencyMs: () => requests.quantileMs(0.99),
    noteApiRequest: (durationMs) => requests.note(durationMs),
    close: () => {
      clearInterval(timer);
      for (const monitor of monitors) monitor.disable();
    },
  };
}
