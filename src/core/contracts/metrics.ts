/**
 * One metric as the subsystem that measures it declares it, in its `metrics.ts`. Names carry the unit (`_seconds`, `_bytes`,
 * `_blocks`; `_total` for what only rises); labels take values of small, known sets only (chains, nodes, regions, states,
 * codes), never accounts, hashes or heights. docs/metrics.md is written from the declarations.
 */
type Definition<Type extends string, Label extends string> = {
  readonly type: Type;
  readonly name: `headwater_${string}`;
  /** One sentence: what it says, and what it says it of. */
  readonly help: string;
  /** What one step of the value is, for people: `seconds`, `blocks`, `0 or 1`. */
  readonly unit: string;
  readonly labels: readonly Label[];
};

export type CounterDefinition<Label extends string = string> = Definition<"counter", Label>;
export type GaugeDefinition<Label extends string = string> = Definition<"gauge", Label>;
export type HistogramDefinition<Label extends string = string> = Definition<"histogram", Label> & {
  /** Upper bounds in the metric's unit, ascending. */
  readonly buckets: readonly number[];
};
export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface Counter<Label extends string> {
  /** @param by default 1, never negative; 0 makes the series appear, so that its first rise is seen */
  add(labels: LabelValues<Label>, by?: number): void;
  /** One series by itself, for what is counted often: its labels are looked up once. */
  series(labels: LabelValues<Label>): CounterSeries;
}

export interface CounterSeries {
  /** @param by default 1, never negative */
  add(by?: number): void;
}

export interface Gauge<Label extends string> {
  /** A value that is no number takes the series away: nothing is shown rather than something wrong. */
  set(labels: LabelValues<Label>, value: number): void;
  /** The series is gone, as when nothing is measured any more. */
  remove(labels: LabelValues<Label>): void;
}

export interface Histogram<Label extends string> {
  /** A value that is no number is not counted. */
  observe(labels: LabelValues<Label>, value: number): void;
  /** One series by itself, for what is measured often: its labels are looked up once. */
  series(labels: LabelValues<Label>): HistogramSeries;
}

export interface HistogramSeries {
  /** A value that is no number is not counted. */
  observe(value: number): void;
}

/** Where subsystems put what they measure. A definition asked for twice gives the same metric. */
export interface MetricRegistry {
  counter<Label extends string>(definition: CounterDefinition<Label>): Counter<Label>;
  gauge<Label extends string>(definition: GaugeDefinition<Label>): Gauge<Label>;
  histogram<Label extends string>(definition: HistogramDefinition<Label>): Histogram<Label>;
  /** Called before every scrape: sets what is measured on demand. */
  onScrape(update: () => void): void;
}

const noSeries = { add: () => {}, observe: () => {} };
const nowhere = { add: () => {}, set: () => {}, remove: () => {}, observe: () => {}, series: () => noSeries };

/** Takes everything and keeps nothing: for tests and tools. */
export const noMetrics: MetricRegistry = {
  counter: () => nowhere,
  gauge: () => nowhere,
  histogram: () => nowhere,
  onScrape: () => {},
};

/** All metrics as Prometheus reads them. */
export type Exposition = {
  /** The media type of `text`. */
  readonly contentType: string;
  /** Prometheus text format, version 0.0.4. */
  readonly text: string;
};

/** How busy this process is, as the lag governor sees it. */
export interface LoadGauge {
  /** 99th percentile of the event loop's delay over the last seconds, milliseconds. */
  eventLoopDelayMs(): number;
  /**
   * What callers of the API wait for this process, milliseconds: the 99th percentile over the last seconds, the 90th while
   * there are under a hundred of them, undefined while there are hardly any. A request's own time begins when the main
   * thread reads it; before that it has waited as long as the event loop is late, so that counts as well.
   */
  apiLatencyMs(): number | undefined;
  /**
   * One request was answered after so many milliseconds.
   * @param askedNodes it waited for nodes, so that its duration says nothing of this process
   */
  noteApiRequest(durationMs: number, askedNodes: boolean): void;
  /** Whether the chain's tip waits longer than its target, so that the backfill of others gives way. */
  noteTipWaits(chain: string, waits: boolean): void;
  /** Whether the tip of another chain waits. */
  tipWaits(besides: string): boolean;
}

/** A process with nothing to do. */
export const idleLoad: LoadGauge = {
  eventLoopDelayMs: () => 0,
  apiLatencyMs: () => undefined,
  noteApiRequest: () => {},
  noteTipWaits: () => {},
  tipWaits: () => false,
};
