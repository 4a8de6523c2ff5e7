import type { Clock } from "../core/clock.ts";
import type { ChainConfig, NodeConfig } from "../core/contracts/chain-config.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { LoadGauge, MetricRegistry } from "../core/contracts/metrics.ts";
import type { Chain, ChainPlugin } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerStore } from "../core/contracts/store.ts";
import type { NodeWire } from "../core/contracts/wire.ts";
import { BlockSource } from "./block-source.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import { loadOf } from "./governor/depth.ts";
import { LagGovernor } from "./governor/lag-governor.ts";
import { LagMeter } from "./lag-meter.ts";
import type { CheckCounter } from "./meters/check-counter.ts";
import { OperatorRecords } from "./operator-records.ts";
import { LivePendingPool, type LivePendingPoolOptions } from "./pending/pending-pool.ts";
import { countPoolEvents } from "./pool/count-events.ts";
import { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import type { RateBudgets } from "./pool/rate-budgets.ts";
import { TipTracker } from "./pool/tip-tracker.ts";
import { SkipWords } from "./skip-words.ts";
import { StatusReport } from "./status-report.ts";
import { TipWatch } from "./tip-watch.ts";

export type ChainEngineOptions = {
  readonly config: ChainConfig;
  readonly plugin: ChainPlugin;
  readonly store: LedgerStore;
  readonly decodePool: BlockDecoder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly load: LoadGauge;
  /** Numbers from 0 (included) to 1 (excluded), for every choice that is left to chance. Default: Math.random. */
  readonly random?: () => number;
  /** The region of this replica: its nodes are asked first. Default: none is preferred. */
  readonly region?: string;
  /** What operators allow over all their nodes and chains. */
  readonly budgets?: RateBudgets;
  /** The way to a node. Default: HTTP and websocket. */
  readonly openWire?: (node: NodeConfig) => NodeWire;
};

/** What the parts ask of the engine that holds them. */
export type EngineHooks = {
  /** Undefined until the chain's ledger is open. */
  readonly ledger: () => ChainLedger | undefined;
  readonly onNews: (node: PoolNode) => void;
  readonly onLearnt: () => void;
  readonly checks: CheckCounter;
  /** Aborts when the engine stops. */
  readonly stopped: AbortSignal;
};

/** The standing parts of one chain's engine: those that live before its ledger is open. */
export type EngineParts = ReturnType<typeof makeEngineParts>;

export function makeEngineParts(options: ChainEngineOptions, chain: Chain, hooks: EngineHooks) {
  const { config, clock, logger, random } = options;
  const { expectedIntervalMs } = chain.info;
  const nodes: NodePool = openPool(options, chain, (low, high) => blocksBetween(low, high));
  // Heights alone where each has a block: links are what nodes tell, and may be told falsely.
  const blocksBetween = (low: number, high: number) =>
    nodes.skipsHeights ? watch.standing.blocksBetween(low, high) : high - low;
  const operator = new OperatorRecords(config.id, options.store.records, nodes, clock);
  const governor = makeGovernor(options, nodes);
  const tracker = new TipTracker({
    chainId: config.id,
    nodes,
    clock,
    logger,
    expectedIntervalMs,
    canServe: (probe) => {
      const ledger = hooks.ledger();
      return !ledger || chain.canServe(ledger.terms.profile, probe);
    },
    onNews: hooks.onNews,
    ...(random && { random }),
  });
  const watch: TipWatch = new TipWatch({
    config,
    nodes,
    records: options.store.records,
    clock,
    logger,
    pollMs: tracker.pollMs,
    fetchFrom: (node, at) => blocks.fetchFrom(node, at, hooks.stopped),
    gather: (at) => blocks.gather(at),
    onLearnt: hooks.onLearnt,
  });
  const skips = new SkipWords();
  const blocks: BlockSource = makeBlockSource(options, chain, hooks, nodes, watch, skips);
  const pending = makePendingPool(options, chain, nodes, {
    pollMs: tracker.pollMs,
    requiredOperators: watch.standing.quorum.operators,
    lagBlocks: () => {
      const agreed = watch.standing.agreed?.ref.height;
      const indexed = hooks.ledger()?.position?.tip.height;
      return agreed === undefined || indexed === undefined ? undefined : blocksBetween(indexed, agreed);
    },
  });
  const lag = new LagMeter();
  const report = new StatusReport(
    {
      nodes,
      tracker,
      standing: watch.standing,
      operator,
      lag,
      blocksBetween,
      expectedIntervalSeconds: expectedIntervalMs / 1000,
      lagTargetSeconds: config.lag.targetSeconds,
      lagMaxSeconds: config.lag.maxSeconds,
    },
    clock.now(),
  );
  return { nodes, operator, governor, tracker, watch, blocks, skips, pending, lag, report };
}

function openPool(
  { config, clock, logger, metrics, region, budgets, random, openWire }: ChainEngineOptions,
  chain: Chain,
  blocksBetween: (low: number, high: number) => number,
): NodePool {
  return new NodePool({
    config,
    chain,
    clock,
    logger,
    blocksBetween,
    events: countPoolEvents(metrics, config.id),
    ...(region !== undefined && { region }),
    ...(budgets && { budgets }),
    ...(random && { random }),
    ...(openWire && { openWire }),
  });
}

function makeBlockSource(
  { config, clock, decodePool }: ChainEngineOptions,
  chain: Chain,
  { ledger, checks, stopped }: EngineHooks,
  nodes: NodePool,
  watch: TipWatch,
  skips: SkipWords,
): BlockSource {
  const profile = () => (ledger() as ChainLedger).terms.profile;
  return new BlockSource({
    chainId: config.id,
    nodes,
    clock,
    decoder: decodePool,
    profile,
    find: (hash) => watch.blocks.find(hash),
    drop: (hash) => watch.blocks.drop(hash),
    isUnproven: () => chain.provesContent?.(profile()) === false,
    copiesOf: (hash) => watch.blocks.copiesOf(hash),
    quorum: watch.standing.quorum,
    checks,
    skips,
    onDecoded: (block) => watch.noteDecoded(block),
    onTold: (node, ref) => watch.noteTold(node, ref),
    onAgreed: (ref) => watch.noteAgreed(ref),
    onConflict: (evidence) => watch.noteConflict(evidence),
    onViolation: (node, height, message) => watch.noteViolation(node, height, message),
    stopped,
  });
}

function makeGovernor({ config, clock, load, metrics }: ChainEngineOptions, pool: NodePool): LagGovernor {
  return new LagGovernor({
    chain: config.id,
    clock,
    load,
    metrics,
    lag: config.lag,
    nodes: () => pool.nodes.filter(({ servesBlocks }) => servesBlocks).map((node) => loadOf(node.measurements())),
  });
}

/**
 * Undefined where the chain, or every node of it, tells nothing of unconfirmed transactions, and where blocks are kept in part:
 * they do not tell which of these they confirm.
 */
function makePendingPool(
  { config, plugin, clock, logger, metrics, random = Math.random }: ChainEngineOptions,
  chain: Chain,
  nodes: NodePool,
  parts: Pick<LivePendingPoolOptions, "pollMs" | "requiredOperators" | "lagBlocks">,
): LivePendingPool | undefined {
  const tells = nodes.nodes.some(({ client }) => client.listPending && client.fetchPending);
  const reads = plugin.manifest.capabilities.pending === true && chain.listPendingOutputs && chain.decodePending;
  if (!tells || !reads || config.index.scope === "watched") return undefined;
  return new LivePendingPool({ chain, nodes, clock, logger, metrics, random, ...parts });
}
