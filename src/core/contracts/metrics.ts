/**
 * One metric as the subsystem that measures it declares it. Names carry the unit (`_seconds`, `_bytes`, `_total`);
 * labels take values of small, known sets only (chains, nodes, regions, states, codes), never accounts or hashes.
 */
export type MetricDefinition<Label extends string = string> = {
  readonly name: `headwater_${string}`;
  readonly help: string;
  readonly labels: readonly Label[];
};

export type HistogramDefinition<Label extends string = string> = MetricDefinition<Label> & {
  /** Upper bounds in the metric's unit, ascending. */
  readonly buckets: readonly number[];
};

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface Counter<Label extends string> {
  /** @param by default 1, never negative */
  add(labels: LabelValues<Label>, by?: number): void;
}

export interface Gauge<Label extends string> {
  set(labels: LabelValues<Label>, value: number): void;
  /** The series is gone, as when a node no longer exists or nothing is measured. */
  remove(labels: LabelValues<Label>): void;
}

export interface Histogram<Label extends string> {
  observe(labels: LabelValues<Label>, value: number): void;
}

/** Where subsystems put what they measure. A definition asked for twice gives the same metric. */
export interface MetricRegistry {
  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label>;
  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label>;
  histogram<Label extends string>(definition: HistogramDefinition<Label>): Histogram<Label>;
  /** Called before every scrape: sets what is measured on demand. */
  onScrape(update: () => void): void;
}

const nowhere = { add: () => {}, set: () => {}, remove: () => {}, observe: () => {} };

/** Takes everything and keeps nothing: for tests and tools. */
export const noMetrics: MetricRegistry = {
  counter: () => nowhere,
  gauge: () => nowhere,
  histogram: () => nowhere,
  onScrape: () => {},
};

/** How busy this process is, as the lag governor sees it. */
export interface LoadGauge {
  /** 99th percentile of the event loop's delay over the last seconds, milliseconds. */
  eventLoopDelayMs(): number;
  /** 99th percentile of the API's answers over the last seconds, milliseconds; undefined without requests. */
  apiLatencyMs(): number | undefined;
  /** One request was answered after so many milliseconds. */
  noteApiRequest(durationMs: number): void;
}

/** A process with nothing to do. */
export const idleLoad: LoadGauge = {
  eventLoopDelayMs: () => 0,
  apiLatencyMs: () => undefined,
  noteApiRequest: () => {},
};
