import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../../src/core/contracts/logger.ts";
import type { CounterDefinition, GaugeDefinition, HistogramDefinition } from "../../../src/core/contracts/metrics.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const about = { help: "For a test.", unit: "things" } as const;
const counted: CounterDefinition<"kind"> = {
  ...about,
  type: "counter",
  name: "headwater_counted_total",
  labels: ["kind"],
};
const level: GaugeDefinition<"kind"> = { ...about, type: "gauge", name: "headwater_level", labels: ["kind"] };
const took: HistogramDefinition<"kind"> = {
  ...about,
  type: "histogram",
  name: "headwater_took_seconds",
  labels: ["kind"],
  buckets: [0.1, 1],
};

async function lines(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const { text } = await metrics.expose();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("the registry", () => {
  it("shows what was written, with its help and type", async () => {
    const metrics = createMetrics(silentLogger);
    metrics.counter(counted).add({ kind: "a" });
    metrics.counter(counted).add({ kind: "a" }, 2);
    metrics.counter(counted).add({ kind: "b" }, 0);
    metrics.gauge(level).set({ kind: 'with "quotes"\n' }, 1.5);
    metrics.histogram(took).observe({ kind: "a" }, 0.5);
    const { contentType, text } = await metrics.expose();
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain("# HELP headwater_counted_total For a test.\n# TYPE headwater_counted_total counter\n");
    expect(await lines(metrics)).toEqual([
      'headwater_counted_total{kind="a"} 3',
      'headwater_counted_total{kind="b"} 0',
      'headwater_level{kind="with \\"quotes\\"\\n"} 1.5',
      'headwater_took_seconds_bucket{le="0.1",kind="a"} 0',
      'headwater_took_seconds_bucket{le="1",kind="a"} 1',
      'headwater_took_seconds_bucket{le="+Inf",kind="a"} 1',
      'headwater_took_seconds_sum{kind="a"} 0.5',
      'headwater_took_seconds_count{kind="a"} 1',
    ]);
  });

  it("shows nothing where no number was measured", async () => {
    const metrics = createMetrics(silentLogger);
    const gauge = metrics.gauge(level);
    gauge.set({ kind: "a" }, 1);
    gauge.set({ kind: "a" }, Number.NaN);
    gauge.set({ kind: "b" }, 1);
    gauge.remove({ kind: "b" });
    metrics.histogram(took).observe({ kind: "a" }, Number.NaN);
    expect(await lines(metrics)).toEqual([]);
  });

  it("makes known what is declared", async () => {
    const metrics = createMetrics(silentLogger);
    metrics.declare([counted, level, took]);
    const { text } = await metrics.expose();
    for (const { name, type } of [counted, level, took]) expect(text).toContain(`# TYPE ${name} ${type}\n`);
  });

  it("refuses two declarations of one name", () => {
    const metrics = createMetrics(silentLogger);
    metrics.counter(counted);
    expect(() => metrics.counter({ ...counted })).toThrow("two metrics are declared as headwater_counted_total");
  });

  it("is one of each service", async () => {
    const [first, second] = [createMetrics(silentLogger), createMetrics(silentLogger)];
    first.counter(counted).add({ kind: "a" });
    expect(await lines(second)).toEqual([]);
  });

  it("asks what is measured on demand, and outlives one that fails", async () => {
    const told: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields, message) => told.push([fields, message]) };
    const metrics = createMetrics(logger);
    const broken = new Error("broken");
    let asked = 0;
    metrics.onScrape(() => {
      throw broken;
    });
    metrics.onScrape(() => metrics.gauge(level).set({ kind: "a" }, ++asked));
    expect(await lines(metrics)).toEqual(['headwater_level{kind="a"} 1']);
    expect(await lines(metrics)).toEqual(['headwater_level{kind="a"} 2']);
    expect(told[0]).toEqual([{ error: broken }, "a metric could not be measured"]);
  });
});
