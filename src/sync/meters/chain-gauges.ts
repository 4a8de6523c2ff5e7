import type { MetricRegistry } from "../../core/contracts/metrics.ts";
import type { ChainStatus } from "../../core/contracts/service.ts";
import { SYNC_STATES } from "../../core/sync-state.ts";
import { SYNC_METRICS } from "../metrics.ts";

/** One chain as a scrape sees it: the same judgement and the same numbers that the API tells. */
export type MeasuredChain = {
  readonly id: string;
  status(): ChainStatus;
  /** Height of the newest committed block. */
  indexedHeight(): number | undefined;
  /** Undefined where all accounts are kept. */
  watchedAccounts(): number | undefined;
};

/** Shows the chain's status at every scrape. What is not known has no series, rather than one that lies. */
export function showChain(metrics: MetricRegistry, measured: MeasuredChain): void {
  const state = metrics.gauge(SYNC_METRICS.state);
  const gauges = {
    conflict: metrics.gauge(SYNC_METRICS.conflict),
    lagBlocks: metrics.gauge(SYNC_METRICS.lagBlocks),
    lagSeconds: metrics.gauge(SYNC_METRICS.lagSeconds),
    tipAge: metrics.gauge(SYNC_METRICS.tipAge),
    tipHeight: metrics.gauge(SYNC_METRICS.tipHeight),
    agreedHeight: metrics.gauge(SYNC_METRICS.agreedHeight),
    indexedHeight: metrics.gauge(SYNC_METRICS.indexedHeight),
    operators: metrics.gauge(SYNC_METRICS.operators),
    operatorsRequired: metrics.gauge(SYNC_METRICS.operatorsRequired),
    regions: metrics.gauge(SYNC_METRICS.regions),
    watchedAccounts: metrics.gauge(SYNC_METRICS.watchedAccounts),
  };
  const chain = measured.id;
  metrics.onScrape(() => {
    const status = measured.status();
    for (const each of SYNC_STATES) state.set({ chain, state: each }, each === status.state ? 1 : 0);
    const { tip, agreedTip } = status;
    const values: Record<keyof typeof gauges, number | null | undefined> = {
      conflict: status.state === "conflict" ? 1 : 0,
      lagBlocks: status.lagBlocks,
      lagSeconds: status.lagSeconds,
      tipAge: status.tipAgeSeconds,
      tipHeight: tip?.height,
      agreedHeight: agreedTip?.height,
      indexedHeight: measured.indexedHeight(),
      operators: agreedTip?.agreement.operators,
      operatorsRequired: agreedTip?.agreement.required,
      regions: agreedTip?.agreement.regions.length,
      watchedAccounts: measured.watchedAccounts(),
    };
    for (const [name, gauge] of Object.entries(gauges)) {
      gauge.set({ chain }, values[name as keyof typeof gauges] ?? Number.NaN);
    }
  });
}
