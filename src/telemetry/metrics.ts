import { Counter as PromCounter, Gauge as PromGauge, Registry as PromRegistry } from "prom-client";
import type { Logger } from "../core/contracts/logger.ts";
import type {
  Counter,
  CounterDefinition,
  CounterSeries,
  Exposition,
  Gauge,
  GaugeDefinition,
  Histogram,
  HistogramDefinition,
  MetricDefinition,
  MetricRegistry,
} from "../core/contracts/metrics.ts";
import { HeadwaterError } from "../core/errors.ts";
import { BucketHistogram } from "./bucket-histogram.ts";

/** The process's metrics. One registry a service: two services in one process do not see each other's. */
export interface Metrics extends MetricRegistry {
  /** Makes known what is declared, so that a scrape shows it before it was first measured. */
  declare(definitions: Iterable<MetricDefinition>): void;
  expose(): Promise<Exposition>;
}

/** @param logger is told when an update before a scrape fails: the other metrics are exposed all the same */
export function createMetrics(logger: Logger): Metrics {
  return new PrometheusMetrics(logger);
}

class PrometheusMetrics implements Metrics {
  readonly #logger: Logger;
  readonly #registry = new PromRegistry();
  readonly #known = new Map<string, { readonly definition: MetricDefinition; readonly metric: unknown }>();
  readonly #updates: (() => void)[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  counter<Label extends string>(definition: CounterDefinition<Label>): Counter<Label> {
    return this.#once(definition, () => {
      const counter = new PromCounter(this.#settings(definition));
      return {
        add: (labels, by = 1) => counter.inc(labels, by),
        series: (labels) => this.#series((by) => counter.inc(labels, by)),
      };
    });
  }

  gauge<Label extends string>(definition: GaugeDefinition<Label>): Gauge<Label> {
    return this.#once(definition, () => {
      const gauge = new PromGauge(this.#settings(definition));
      const remove: Gauge<Label>["remove"] = (labels) => gauge.remove(labels);
      return { set: (labels, value) => (Number.isNaN(value) ? remove(labels) : gauge.set(labels, value)), remove };
    });
  }

  histogram<Label extends string>(definition: HistogramDefinition<Label>): Histogram<Label> {
    return this.#once(definition, () => new BucketHistogram(definition, this.#registry));
  }

  declare(definitions: Iterable<MetricDefinition>): void {
    for (const definition of definitions) {
      if (definition.type === "counter") this.counter(definition);
      else if (definition.type === "gauge") this.gauge(definition);
      else this.histogram(definition);
    }
  }

  onScrape(update: () => void): void {
    this.#updates.push(update);
  }

  async expose(): Promise<Exposition> {
    for (const update of this.#updates) {
      try {
        update();
      } catch (error) {
        this.#logger.error({ error }, "a metric could not be measured");
      }
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** Counts by itself, and hands over what it counted before a scrape. */
  #series(add: (by: number) => void): CounterSeries {
    let counted = 0;
    add(0);
    this.#updates.push(() => {
      add(counted);
      counted = 0;
    });
    return {
      add: (by = 1) => {
        counted += by;
      },
    };
  }

  #settings<Label extends string>({ name, help, labels }: { name: string; help: string; labels: readonly Label[] }) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }

  /** @throws HeadwaterError `internal` when two declarations share a name */
  #once<T>(definition: MetricDefinition, make: () => T): T {
    const known = this.#known.get(definition.name);
    if (known && known.definition !== definition) {
      throw new HeadwaterError("internal", `two metrics are declared as ${definition.name}`);
    }
    const metric = known ? (known.metric as T) : make();
    if (!known) this.#known.set(definition.name, { definition, metric });
    return metric;
  }
}
