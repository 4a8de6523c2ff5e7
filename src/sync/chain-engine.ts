import type { Clock } from "../core/clock.ts";
import type { ChainConfig, NodeConfig } from "../core/contracts/chain-config.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { LoadGauge, MetricRegistry } from "../core/contracts/metrics.ts";
import type { Chain, ChainPlugin } from "../core/contracts/plugin.ts";
import type { ConflictRecord, EvidenceCounts, StoredEvidence } from "../core/contracts/records.ts";
import type {
  Agreement,
  BalanceRequest,
  BalanceSheet,
  ChainService,
  ChainStatus,
  NodeStatus,
} from "../core/contracts/service.ts";
import type { ChainLedger, LedgerStore, LedgerView } from "../core/contracts/store.ts";
import type { NodeWire } from "../core/contracts/wire.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, BlockRef, Completeness } from "../core/model.ts";
import { AgreedReads } from "./agreed-reads.ts";
import { BalanceAsker } from "./ask-balances.ts";
import { BalanceReader } from "./balances.ts";
import { BlockSource } from "./block-source.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import { Follower } from "./follower.ts";
import { loadOf } from "./governor/depth.ts";
import { LagGovernor } from "./governor/lag-governor.ts";
import { LagMeter } from "./lag-meter.ts";
import { completenessOf } from "./ledger-amount.ts";
import { showChain } from "./meters/chain-gauges.ts";
import { MeteredDecoder } from "./meters/metered-decoder.ts";
import { meterStore } from "./meters/metered-store.ts";
import { OperatorRecords } from "./operator-records.ts";
import { countPoolEvents } from "./pool/count-events.ts";
import { showNodes } from "./pool/metrics.ts";
import { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import type { RateBudgets } from "./pool/rate-budgets.ts";
import { TipTracker } from "./pool/tip-tracker.ts";
import { Reconciler } from "./reconciler.ts";
import { StatusReport } from "./status-report.ts";
import { openLedger } from "./terms.ts";
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

/** The running engine of one chain. A failure of it never reaches another chain's engine. */
export class ChainEngine implements ChainService {
  readonly chain: Chain;
  readonly #options: ChainEngineOptions;
  readonly #nodes: NodePool;
  readonly #tracker: TipTracker;
  readonly #watch: TipWatch;
  readonly #blocks: BlockSource;
  readonly #operator: OperatorRecords;
  readonly #governor: LagGovernor;
  readonly #lag = new LagMeter();
  readonly #abort = new AbortController();
  #ledger: ChainLedger | undefined;
  #balances: BalanceReader | undefined;
  #asker: BalanceAsker | undefined;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** A node told something since the last step began. */
  #news = false;
  #conflict: ConflictRecord | undefined;
  #reconciling: Promise<void> | undefined;
  /** Why the last step, or the last attempt to begin, did not succeed. */
  #failure: string | undefined = "no node was asked yet";
  readonly #report: StatusReport;

  /** @throws HeadwaterError `config-invalid` */
  constructor(given: ChainEngineOptions) {
    const { config, plugin, clock, logger, metrics } = given;
    const options = {
      ...given,
      store: meterStore(given.store, config.id, metrics, clock),
      decodePool: new MeteredDecoder(given.decodePool, metrics),
    };
    this.#options = options;
    this.chain = plugin.open(config);
    this.#nodes = new NodePool({
      config,
      chain: this.chain,
      clock,
      logger,
      events: countPoolEvents(metrics, config.id),
      ...(options.region !== undefined && { region: options.region }),
      ...(options.budgets && { budgets: options.budgets }),
      ...(options.random && { random: options.random }),
      ...(options.openWire && { openWire: options.openWire }),
    });
    this.#governor = new LagGovernor({
      chain: config.id,
      clock,
      load: options.load,
      metrics,
      lag: config.lag,
      nodes: () =>
        this.#nodes.nodes.filter(({ servesBlocks }) => servesBlocks).map((node) => loadOf(node.measurements())),
    });
    this.#operator = new OperatorRecords(config.id, options.store.records, this.#nodes, clock);
    this.#tracker = new TipTracker({
      chainId: config.id,
      nodes: this.#nodes,
      clock,
      logger,
      expectedIntervalMs: this.chain.info.expectedIntervalMs,
      canServe: (probe) => !this.#ledger || this.chain.canServe(this.#ledger.terms.profile, probe),
      onNews: (node) => this.#onNews(node),
      ...(options.random && { random: options.random }),
    });
    this.#watch = new TipWatch({
      config,
      nodes: this.#nodes,
      records: options.store.records,
      clock,
      logger,
      pollMs: this.#tracker.pollMs,
      fetchFrom: (node, at) => this.#blocks.fetchFrom(node, at, this.#abort.signal),
      onLearnt: () => this.#onLearnt(),
    });
    this.#blocks = new BlockSource({
      chainId: config.id,
      nodes: this.#nodes,
      clock,
      decoder: options.decodePool,
      profile: () => (this.#ledger as ChainLedger).terms.profile,
      find: (hash) => this.#watch.blocks.find(hash),
      onDecoded: (block) => this.#watch.noteDecoded(block),
      onViolation: (node, height, message) => this.#watch.noteViolation(node, height, message),
    });
    this.#report = new StatusReport(
      {
        nodes: this.#nodes,
        tracker: this.#tracker,
        standing: this.#watch.standing,
        operator: this.#operator,
        lag: this.#lag,
        expectedIntervalSeconds: this.chain.info.expectedIntervalMs / 1000,
        lagTargetSeconds: config.lag.targetSeconds,
        lagMaxSeconds: config.lag.maxSeconds,
      },
      clock.now(),
    );
    const indexedHeight = () => this.#ledger?.position?.tip.height;
    showChain(metrics, { id: config.id, status: () => this.status(), indexedHeight });
    showNodes(metrics, config.id, () => this.nodes());
  }

  get id(): string {
    return this.#options.config.id;
  }

  get alias(): string | undefined {
    return this.#options.config.alias;
  }

  get family(): string {
    return this.#options.plugin.manifest.family;
  }

  get capabilities() {
    return this.#options.plugin.manifest.capabilities;
  }

  get lagMaxSeconds(): number {
    return this.#options.config.lag.maxSeconds;
  }

  get startHeight(): number | undefined {
    return this.#ledger?.terms.startHeight;
  }

  /** Begins to sync. Returns at once. */
  start(): void {
    this.#running ??= this.#run(this.#abort.signal).catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      const failure = asHeadwaterError(error);
      this.#failure = failure.message;
      this.#options.logger.error({ chain: this.id, code: failure.code, stack: failure.stack }, failure.message);
    });
  }

  /** Stops after the commit under way. The store stays open. */
  async stop(): Promise<void> {
    this.#abort.abort(new HeadwaterError("shutting-down", `${this.id}: the engine is stopping`));
    this.#wake?.();
    await this.#running;
    await this.#reconciling;
    await this.#asker?.settled();
    await this.#watch.settled();
    await this.#nodes.close();
  }

  view(): LedgerView | undefined {
    return this.#ledger?.view();
  }

  completeness(asset: Asset): Completeness {
    return this.#ledger ? completenessOf(this.chain, this.#ledger, asset) : "partial";
  }

  agreementOf(ref: BlockRef): Agreement {
    return this.#watch.standing.agreementOf(ref);
  }

  async readBalances(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    signal?: AbortSignal,
  ): Promise<readonly BalanceSheet[]> {
    if (!this.#balances) throw new HeadwaterError("not-ready", `${this.id}: nothing is indexed yet`);
    return await this.#balances.read(view, at, requests, signal);
  }

  status(): ChainStatus {
    return this.#report.make(
      { indexed: this.#ledger?.position?.tip, conflict: this.#conflict?.message, failure: this.#failure },
      this.#options.clock.now(),
    );
  }

  nodes(): readonly NodeStatus[] {
    return this.#report.nodes();
  }

  async cordon(node: string, reason: string): Promise<void> {
    await this.#operator.cordon(node, reason);
    this.#news = true;
    this.#wake?.();
  }

  async uncordon(node: string): Promise<void> {
    await this.#operator.uncordon(node);
  }

  evidence(limit: number, before?: number): Promise<readonly StoredEvidence[]> {
    return this.#operator.evidence(limit, before);
  }

  evidenceCounts(): Promise<EvidenceCounts> {
    return this.#operator.evidenceCounts();
  }

  get conflict(): ConflictRecord | undefined {
    return this.#conflict;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#operator.load();
    this.#conflict = await this.#options.store.records.conflict(this.id);
    const { firstRound, finished } = this.#tracker.start(signal);
    finished.catch((error: unknown) => this.#abort.abort(error));
    await firstRound;
    this.#ledger = await this.#open(signal);
    const { position } = this.#ledger;
    logger.info(
      {
        chain: this.id,
        profile: this.#ledger.terms.profile,
        from: this.#ledger.terms.startHeight,
        at: position?.tip.height ?? null,
      },
      position
        ? `${this.id}: going on after block ${position.tip.height}`
        : `${this.id}: starting at ${this.#ledger.terms.startHeight}`,
    );
    await this.#loadRecent(this.#ledger);
    const { chain } = this;
    const { quorum } = this.#watch.standing;
    const { random } = this.#options;
    const reads = new AgreedReads({ nodes: this.#nodes, clock, quorum, ...(random && { random }) });
    this.#asker = new BalanceAsker({ chain, reads, logger, evidence: this.#watch.evidence, stopped: signal });
    const parts = { chain, ledger: this.#ledger, asker: this.#asker, logger };
    const reconciler = new Reconciler(parts);
    this.#balances = new BalanceReader({
      ...parts,
      reads,
      onLedgerAmount: (account, asset) => reconciler.note(account, asset),
    });
    const { recent, standing, firewall, evidence } = this.#watch;
    const follower = new Follower({
      chain: this.chain,
      ledger: this.#ledger,
      nodes: this.#nodes,
      recent,
      standing,
      firewall,
      evidence,
      lag: this.#lag,
      obtain: (at, work, inner) => this.#blocks.obtain(at, work, inner),
      pace: this.#governor,
      clock,
      logger,
    });
    if (this.#conflict) this.#alarm(this.#conflict);
    while (!signal.aborted && !this.#conflict) {
      await this.#step(follower, signal);
      const status = this.status();
      this.#governor.noteStatus(status);
      if (this.#governor.allows("reconciliation", status)) this.#reconcile(reconciler, signal);
      if (!this.#conflict) await this.#untilNews(signal);
    }
    await finished;
  }

  async #step(follower: Follower, signal: AbortSignal): Promise<void> {
    const { logger, store } = this.#options;
    this.#news = false;
    try {
      const conflict = await follower.step(signal);
      this.#failure = undefined;
      if (!conflict) return;
      // From this moment on nothing is committed, whether or not the record can be kept.
      this.#conflict = conflict;
      this.#alarm(conflict);
      await store.records.setConflict(this.id, conflict);
      await store.records.addEvidence(this.id, conflict.evidence);
    } catch (error) {
      if (signal.aborted) return;
      const failure = asHeadwaterError(error);
      if (this.#failure !== failure.message) {
        logger.warn(
          { chain: this.id, code: failure.code, stack: failure.fault === "internal" ? failure.stack : undefined },
          failure.message,
        );
      }
      this.#failure = failure.message;
    }
  }

  #alarm({ message, since }: ConflictRecord): void {
    const fields = { chain: this.id, code: "finality-conflict", since: new Date(since).toISOString() };
    this.#options.logger.error(fields, `${message}: the chain is stopped until an operator has resolved it`);
  }

  /** Beside the steps, so that a new tip never waits for it. */
  #reconcile(reconciler: Reconciler, signal: AbortSignal): void {
    this.#reconciling ??= reconciler
      .step(signal)
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const failure = asHeadwaterError(error);
        this.#options.logger.warn({ chain: this.id, code: failure.code, stack: failure.stack }, failure.message);
      })
      .finally(() => {
        this.#reconciling = undefined;
      });
  }

  /** Opens the chain's ledger as soon as its terms are known; until then some node must answer. */
  async #open(signal: AbortSignal): Promise<ChainLedger> {
    const { store, config, logger } = this.#options;
    while (true) {
      signal.throwIfAborted();
      this.#news = false;
      try {
        const ledger = await openLedger(store, config, this.chain, this.#nodes.nodes, this.#watch.standing);
        this.#failure = undefined;
        return ledger;
      } catch (error) {
        const failure = asHeadwaterError(error);
        if (failure.code !== "not-ready") throw failure;
        if (this.#failure !== failure.message) logger.warn({ chain: this.id }, failure.message);
        this.#failure = failure.message;
      }
      await this.#untilNews(signal);
    }
  }

  async #loadRecent(ledger: ChainLedger): Promise<void> {
    const tip = ledger.position?.tip;
    if (!tip) return;
    using view = ledger.view();
    const refs: BlockRef[] = [];
    let at: string = tip.hash;
    while (refs.length < LIMITS.recentBlocks) {
      const block = await view.block(at);
      if (!block) break;
      refs.push(block.ref);
      at = block.ref.parentHash;
    }
    const finalized = ledger.position?.finalized ?? null;
    for (const ref of refs.reverse()) this.#watch.standing.noteIndexed(ref, finalized);
    for (const node of this.#nodes.nodes) this.#onNews(node);
  }

  #onNews(node: PoolNode): void {
    this.#watch.note(node, this.#abort.signal);
    this.#onLearnt();
  }

  #onLearnt(): void {
    const agreed = this.#watch.standing.agreed?.ref;
    const indexed = this.#ledger?.position?.tip.height ?? -1;
    if (agreed) this.#lag.noteTip(agreed.height, indexed, this.#options.clock.now());
    this.#governor.noteStatus(this.status());
    this.#news = true;
    this.#wake?.();
  }

  /** Resolves when a node tells something new, after a poll interval at the latest. */
  async #untilNews(signal: AbortSignal): Promise<void> {
    if (this.#news) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#options.clock.sleep(this.#tracker.pollMs, AbortSignal.any([signal, woken.signal]));
    } catch {
      // Woken early, or stopping: the caller looks at its own signal.
    } finally {
      this.#wake = undefined;
    }
  }
}
