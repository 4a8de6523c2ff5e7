import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoadGauge } from "../core/contracts/metrics.ts";
import { RollingQuantile } from "./rolling-quantile.ts";

/** What is told is of the last one to two windows. Short, so that the governor sees soon what its acts did. */
const WINDOW_MS = 1_000;
/** How often the event loop is looked at. What it measures holds this interval, too: it is taken off. */
const RESOLUTION_MS = 10;

/** Of fewer requests over the windows nothing is told; of few, a percentile that one slow request does not decide. */
const REQUESTS_AT_LEAST = 10;
const REQUESTS_FOR_99TH = 100;

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
  const delayMs = (percent: number) =>
    Math.max(0, ...monitors.map((monitor) => monitor.percentile(percent) / 1e6 - RESOLUTION_MS));
  return {
    eventLoopDelayMs: () => delayMs(99),
    apiLatencyMs: () => {
      const { count } = requests;
      if (count < REQUESTS_AT_LEAST) return undefined;
      const percent = count < REQUESTS_FOR_99TH ? 90 : 99;
      return Math.max(requests.quantileMs(percent / 100) ?? 0, delayMs(percent));
    },
    // Who waited for nodes is a caller all the same, and had to be read and answered by this process.
    noteApiRequest: (durationMs, askedNodes) => requests.note(askedNodes ? 0 : durationMs),
    noteTipWaits: (chain, waits) => void (waits ? waiting.add(chain) : waiting.delete(chain)),
    tipWaits: (besides) => waiting.size > (waiting.has(besides) ? 1 : 0),
    close: () => {
      clearInterval(timer);
      for (const monitor of monitors) monitor.disable();
    },
  };
}
