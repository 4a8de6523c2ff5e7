import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry as PromRegistry,
} from "prom-client";
import type { Logger } from "../core/contracts/logger.ts";
import type {
  Counter,
  CounterDefinition,
  Exposition,
  Gauge,
  GaugeDefinition,
  Histogram,
  HistogramDefinition,
  MetricDefinition,
  MetricRegistry,
} from "../core/contracts/metrics.ts";
import { HeadwaterError } from "../core/errors.ts";

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
      return { add: (labels, by = 1) => counter.inc(labels, by) };
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
    return this.#once(definition, () => {
      const histogram = new PromHistogram({ ...this.#settings(definition), buckets: [...definition.buckets] });
      return {
        observe: (labels, value) => {
          if (!Number.isNaN(value)) histogram.observe(labels, value);
        },
      };
    });
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
