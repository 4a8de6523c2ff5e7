import type { Clock } from "../../core/clock.ts";
import type { MetricRegistry } from "../../core/contracts/metrics.ts";
import { EVIDENCE_KINDS, type OperationRecords } from "../../core/contracts/records.ts";
import type { LedgerStore } from "../../core/contracts/store.ts";
import { SYNC_METRICS } from "../metrics.ts";
import { MeteredLedger } from "./metered-ledger.ts";

/**
 * The store as one chain's engine uses it: commits, reorgs and recorded evidence are counted.
 * @param onMoved called after each commit and reorg
 */
export function meterStore(
  store: LedgerStore,
  chain: string,
  metrics: MetricRegistry,
  clock: Clock,
  onMoved: () => void,
): LedgerStore {
  return {
    supports: store.supports,
    records: countEvidence(store.records, chain, metrics),
    chains: () => store.chains(),
    openChain: async (terms) => new MeteredLedger(await store.openChain(terms), metrics, clock, onMoved),
    events: (after, limit) => store.events(after, limit),
    verify: (onProgress, signal) => store.verify(onProgress, signal),
    close: () => store.close(),
  };
}

function countEvidence(records: OperationRecords, chain: string, metrics: MetricRegistry): OperationRecords {
  const counter = metrics.counter(SYNC_METRICS.evidence);
  for (const kind of EVIDENCE_KINDS) counter.add({ chain, kind }, 0);
  return {
    addEvidence: async (of, evidence) => {
      const stored = await records.addEvidence(of, evidence);
      counter.add({ chain: of, kind: evidence.kind });
      return stored;
    },
    evidence: (of, limit, before) => records.evidence(of, limit, before),
    evidenceCounts: (of) => records.evidenceCounts(of),
    cordons: (of) => records.cordons(of),
    cordon: (of, cordon) => records.cordon(of, cordon),
    uncordon: (of, node) => records.uncordon(of, node),
    conflict: (of) => records.conflict(of),
    setConflict: (of, conflict) => records.setConflict(of, conflict),
  };
}
