import type { LoadGauge, MetricRegistry } from "../core/contracts/metrics.ts";

/** What this process uses and how busy it is. */
export const PROCESS_METRICS = {
  startTime: {
    type: "gauge",
    name: "headwater_process_start_time_seconds",
    unit: "seconds since 1970",
    labels: [],
    help: "When this process began. A change is a restart.",
  },
  cpu: {
    type: "counter",
    name: "headwater_process_cpu_seconds_total",
    unit: "seconds",
    labels: [],
    help: "Processor time of this process with all its threads, user and system together.",
  },
  resident: {
    type: "gauge",
    name: "headwater_process_resident_memory_bytes",
    unit: "bytes",
    labels: [],
    help: "Memory of this process that is resident, with what it maps of the store's files.",
  },
  heap: {
    type: "gauge",
    name: "headwater_process_heap_bytes",
    unit: "bytes",
    labels: [],
    help: "JavaScript heap of the main thread that is in use.",
  },
  eventLoopDelay: {
    type: "gauge",
    name: "headwater_event_loop_delay_seconds",
    unit: "seconds",
    labels: [],
    help: "99th percentile of the event loop's delay over the last seconds: how late the main thread comes to what is due.",
  },
  eventLoopUse: {
    type: "gauge",
    name: "headwater_event_loop_utilization_ratio",
    unit: "0 to 1",
    labels: [],
    help: "Share of the time since the scrape before in which the main thread was at work.",
  },
} as const;

/** Measures the process at every scrape. */
export function measureProcess(registry: MetricRegistry, load: LoadGauge): void {
  registry.gauge(PROCESS_METRICS.startTime).set({}, performance.timeOrigin / 1000);
  const cpu = registry.counter(PROCESS_METRICS.cpu);
  const resident = registry.gauge(PROCESS_METRICS.resident);
  const heap = registry.gauge(PROCESS_METRICS.heap);
  const delay = registry.gauge(PROCESS_METRICS.eventLoopDelay);
  const use = registry.gauge(PROCESS_METRICS.eventLoopUse);
  let used = 0;
  let loop = performance.eventLoopUtilization();
  registry.onScrape(() => {
    const { user, system } = process.cpuUsage();
    cpu.add({}, (user + system - used) / 1e6);
    used = user + system;
    const { rss, heapUsed } = process.memoryUsage();
    resident.set({}, rss);
    heap.set({}, heapUsed);
    delay.set({}, load.eventLoopDelayMs() / 1000);
    const now = performance.eventLoopUtilization();
    use.set({}, performance.eventLoopUtilization(now, loop).utilization);
    loop = now;
  });
}
