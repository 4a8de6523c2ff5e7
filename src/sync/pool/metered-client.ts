import type { CallOptions, ChainNode } from "../../core/contracts/plugin.ts";
import type { HistoryNeed } from "./history-bounds.ts";
import type { CallKind } from "./pool-events.ts";

export type CallFacts = {
  readonly kind: CallKind;
  readonly signal?: AbortSignal;
  /** What of the chain's history it needs. */
  readonly need?: HistoryNeed;
  /** Whether what is needed is known to have been there. Default: yes. */
  readonly isSureToBe?: boolean;
};

/** Runs one call to a node and keeps what came of it. */
export type MeterCall = <T>(call: () => Promise<T>, about: CallFacts) => Promise<T>;

/** A node's client of which every call is measured, whoever makes it. Feeds are not calls: their watcher looks after them. */
export function meterClient(client: ChainNode, meter: MeterCall): ChainNode {
  const about = (options: CallOptions | undefined, need?: HistoryNeed) => ({
    kind: options?.work ?? ("read" as const),
    ...(options?.signal && { signal: options.signal }),
    ...(need && { need }),
  });
  const poll = (options: CallOptions | undefined) => ({ ...about(options), kind: "poll" as const });
  const blocks = ({ height }: { readonly height?: number }): HistoryNeed | undefined =>
    height === undefined ? undefined : { data: "blocks", height };
  const { watchTips, listHeights, readRecentBalances, proveBalances, listPending, fetchPending } = client;
  const { listHoldings, broadcast, estimateFees, listTransactions } = client;
  return {
    probe: (options) => meter(() => client.probe(options), poll(options)),
    fetchTips: (options) => meter(() => client.fetchTips(options), poll(options)),
    ...(listHeights && {
      listHeights: (from, to, options) => meter(() => listHeights.call(client, from, to, options), about(options)),
    }),
    // Nodes keep headers when they have dropped what stands in the blocks: they tell nothing of the history served.
    fetchHeader: (at, options) => meter(() => client.fetchHeader(at, options), about(options)),
    fetchBlock: (at, profile, options) =>
      meter(() => client.fetchBlock(at, profile, options), {
        ...about(options, blocks(at)),
        // Where heights may have no block, one that is missing there tells nothing of what the node has forgotten.
        isSureToBe: "hash" in at || !listHeights,
      }),
    readBalances: (queries, at, options) =>
      meter(() => client.readBalances(queries, at, options), about(options, { data: "state", height: at.height })),
    readAssetInfo: (assets, options) => meter(() => client.readAssetInfo(assets, options), about(options)),
    ...(watchTips && { watchTips: (onTip, signal) => watchTips.call(client, onTip, signal) }),
    ...(listPending && {
      listPending: (options) => meter(() => listPending.call(client, options), about(options)),
    }),
    ...(fetchPending && {
      fetchPending: (ids, options) => meter(() => fetchPending.call(client, ids, options), about(options)),
    }),
    // What is newest tells nothing of the history served.
    ...(readRecentBalances && {
      readRecentBalances: (queries, notBefore, options) =>
        meter(() => readRecentBalances.call(client, queries, notBefore, options), about(options)),
    }),
    ...(listHoldings && {
      listHoldings: (queries, notBefore, options) =>
        meter(() => listHoldings.call(client, queries, notBefore, options), about(options)),
    }),
    ...(broadcast && {
      broadcast: (raw, options) => meter(() => broadcast.call(client, raw, options), about(options)),
    }),
    ...(estimateFees && {
      estimateFees: (query, options) => meter(() => estimateFees.call(client, query, options), about(options)),
    }),
    ...(listTransactions && {
      listTransactions: (account, before, limit, options) =>
        meter(() => listTransactions.call(client, account, before, limit, options), about(options)),
    }),
    ...(proveBalances && {
      proveBalances: (queries, at, options) =>
        meter(
          () => proveBalances.call(client, queries, at, options),
          about(options, { data: "proofs", height: at.height }),
        ),
    }),
  };
}
