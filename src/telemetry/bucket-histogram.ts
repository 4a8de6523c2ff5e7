import type { Metric, Registry } from "prom-client";
import type { Histogram, HistogramDefinition, HistogramSeries, LabelValues } from "../core/contracts/metrics.ts";

/** One series: how many values came to each bucket alone, those above the last bound at the end, and their sum. */
class Series<Label extends string> implements HistogramSeries {
  readonly labels: LabelValues<Label>;
  readonly counts: number[];
  sum = 0;
  readonly #bounds: readonly number[];

  constructor(labels: LabelValues<Label>, bounds: readonly number[]) {
    this.labels = { ...labels };
    this.counts = new Array<number>(bounds.length + 1).fill(0);
    this.#bounds = bounds;
  }

  observe(value: number): void {
    if (Number.isNaN(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }
}

/** A metric as the registry writes it. */
type Shown = {
  readonly name: string;
  readonly help: string;
  readonly type: "histogram";
  readonly values: { metricName: string; labels: Readonly<Record<string, string | number>>; value: number }[];
};

/**
 * A histogram that costs a request a tenth of what prom-client's own does, which looks its labels up and checks them at
 * every value. It is shown by prom-client's registry like any other.
 */
export class BucketHistogram<Label extends string> implements Histogram<Label> {
  readonly #definition: HistogramDefinition<Label>;
  readonly #series = new Map<string, Series<Label>>();

  constructor(definition: HistogramDefinition<Label>, registry: Registry) {
    this.#definition = definition;
    const { name } = definition;
    // What the registry uses of a metric is its name and what it has to show.
    registry.registerMetric({ name, get: async () => this.#show() } as unknown as Metric<Label>);
  }

  observe(labels: LabelValues<Label>, value: number): void {
    if (!Number.isNaN(value)) this.series(labels).observe(value);
  }

  series(labels: LabelValues<Label>): HistogramSeries {
    const { labels: names, buckets } = this.#definition;
    const key = names.map((name) => labels[name]).join("\n");
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(labels, buckets);
      this.#series.set(key, series);
    }
    return series;
  }

  #show(): Shown {
    const { name, help, buckets } = this.#definition;
    const values: Shown["values"] = [];
    for (const { labels, counts, sum } of this.#series.values()) {
      let count = 0;
      for (const [i, here] of counts.entries()) {
        count += here;
        values.push({ metricName: `${name}_bucket`, labels: { le: buckets[i] ?? "+Inf", ...labels }, value: count });
      }
      values.push({ metricName: `${name}_sum`, labels, value: sum });
      values.push({ metricName: `${name}_count`, labels, value: count });
    }
    return { name, help, type: "histogram", values };
  }
}
