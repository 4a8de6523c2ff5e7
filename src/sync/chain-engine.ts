import type { AtHandOrLater } from "../core/at-hand.ts";
import type { IndexScope } from "../core/contracts/chain-config.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ConflictRecord, EvidenceCounts, StoredEvidence } from "../core/contracts/records.ts";
import type {
  Agreement,
  BalanceRequest,
  BalanceSheet,
  Caller,
  ChainService,
  ChainStatus,
  NodeStatus,
  PendingPool,
} from "../core/contracts/service.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import type { Account, Asset, BlockRef, Completeness } from "../core/model.ts";
import { readRecent } from "./agreement/recent-chain.ts";
import { Aside } from "./aside.ts";
import { awaitLedger } from "./await-ledger.ts";
import { type BalanceParts, makeBalanceParts } from "./balance-parts.ts";
import { Bell } from "./bell.ts";
import { type ChainEngineOptions, type EngineParts, makeEngineParts } from "./engine-parts.ts";
import { Follower } from "./follower.ts";
import { completenessOf } from "./ledger-amount.ts";
import { LedgerWatch } from "./ledger-watch.ts";
import { showChain } from "./meters/chain-gauges.ts";
import { CheckCounter } from "./meters/check-counter.ts";
import { MeteredDecoder } from "./meters/metered-decoder.ts";
import { meterStore } from "./meters/metered-store.ts";
import { showNodes } from "./pool/metrics.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { openLedger } from "./terms.ts";
import { Trails } from "./trails.ts";
import { WatchedDecoder } from "./watch/watched-decoder.ts";
import { Watchlist } from "./watch/watchlist.ts";

/** The running engine of one chain. A failure of it never reaches another chain's engine. */
export class ChainEngine implements ChainService {
  readonly chain: Chain;
  readonly #options: ChainEngineOptions;
  readonly #parts: EngineParts;
  readonly #bell: Bell;
  readonly #ledgerWatch: LedgerWatch;
  readonly #checks: CheckCounter;
  readonly #decoder: WatchedDecoder;
  readonly #trails: Trails;
  readonly #abort = new AbortController();
  #ledger: ChainLedger | undefined;
  #balances: BalanceParts | undefined;
  #running: Promise<void> | undefined;
  #conflict: ConflictRecord | undefined;
  readonly #reconciling: Aside;
  #watchlist: Watchlist | undefined;
  /** Why the last step, or the last attempt to begin, did not succeed. */
  #failure: string | undefined = "no node was asked yet";

  /** @throws HeadwaterError `config-invalid`, `plugin-invalid` */
  constructor(given: ChainEngineOptions) {
    const { config, plugin, clock, metrics } = given;
    this.#checks = new CheckCounter(metrics);
    this.#decoder = new WatchedDecoder(given.decodePool, config.index.scope);
    const ledgerWatch = new LedgerWatch(clock);
    this.#ledgerWatch = ledgerWatch;
    this.#options = {
      ...given,
      store: meterStore(given.store, config.id, metrics, clock, () => ledgerWatch.note()),
      decodePool: new MeteredDecoder(this.#decoder, this.#checks),
    };
    this.chain = plugin.open(config);
    this.#trails = new Trails(this.chain);
    this.#bell = new Bell(clock);
    this.#reconciling = new Aside(config.id, given.logger);
    this.#parts = makeEngineParts(this.#options, this.chain, {
      ledger: () => this.#ledger,
      onNews: (node) => this.#onNews(node),
      onLearnt: () => this.#onLearnt(),
      checks: this.#checks,
      stopped: this.#abort.signal,
    });
    const indexedHeight = () => this.#ledger?.position?.tip.height;
    const watchedAccounts = () => this.#watchlist?.count;
    showChain(metrics, { id: config.id, status: () => this.status(), indexedHeight, watchedAccounts });
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

  get scope(): IndexScope {
    return this.#options.config.index.scope;
  }

  get watchlist(): Watchlist | undefined {
    return this.#watchlist;
  }

  get pending(): PendingPool | undefined {
    return this.#parts.pending;
  }

  get knowsOutputs(): boolean {
    const { terms } = this.#ledger ?? {};
    const fromGenesis = terms?.startHeight === 0 && this.#options.config.index.scope === "all";
    return fromGenesis && this.chain.listsOutputs?.(terms.profile) === true;
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
    await this.#running;
    await this.#reconciling.settled();
    await this.#balances?.first.settled();
    await this.#balances?.asker.settled();
    await this.#parts.watch.settled();
    await this.#parts.nodes.close();
  }

  view(): LedgerView | undefined {
    return this.#ledger?.view();
  }

  completeness(asset: Asset): Completeness {
    return this.#ledger ? completenessOf(this.chain, this.#ledger, asset) : "partial";
  }

  agreementOf(ref: BlockRef): Agreement {
    return this.#parts.watch.standing.agreementOf(ref);
  }

  readBalances(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    caller?: Caller,
  ): AtHandOrLater<readonly BalanceSheet[]> {
    if (!this.#balances) throw new HeadwaterError("not-ready", `${this.id}: nothing is indexed yet`);
    return this.#balances.reader.read(view, at, requests, caller);
  }

  get readHoldings(): ChainService["readHoldings"] {
    const isOffered = this.#parts.nodes.nodes.some(({ client }) => client.listHoldings);
    return isOffered ? async (...asked) => (await this.#balances?.holdings.read(...asked)) ?? [] : undefined;
  }

  status(): ChainStatus {
    return this.#parts.report.make(
      { indexed: this.#ledger?.position?.tip, conflict: this.#conflict?.message, failure: this.#failure },
      this.#options.clock.now(),
    );
  }

  nodes(): readonly NodeStatus[] {
    return this.#parts.report.nodes();
  }

  async cordon(node: string, reason: string): Promise<void> {
    await this.#parts.operator.cordon(node, reason);
    this.#bell.ring();
  }

  async uncordon(node: string): Promise<void> {
    await this.#parts.operator.uncordon(node);
  }

  evidence(limit: number, before?: number): Promise<readonly StoredEvidence[]> {
    return this.#parts.operator.evidence(limit, before);
  }

  evidenceCounts(): Promise<EvidenceCounts> {
    return this.#parts.operator.evidenceCounts();
  }

  get conflict(): ConflictRecord | undefined {
    return this.#conflict;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#parts.operator.load();
    this.#conflict = await this.#options.store.records.conflict(this.id);
    const { firstRound, finished } = this.#parts.tracker.start(signal);
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
    // Before anything is decoded.
    await this.#loadWatchlist(this.#ledger);
    await this.#loadRecent(this.#ledger);
    const { recent, standing, firewall, evidence } = this.#parts.watch;
    const own = { chain: this.chain, ledger: this.#ledger, watch: this.#ledgerWatch, nodes: this.#parts.nodes };
    const { random } = this.#options;
    const { quorum } = standing;
    const onMore = () => this.#bell.ring();
    const balances = makeBalanceParts({ ...own, quorum, evidence, clock, logger, random, stopped: signal, onMore });
    this.#balances = balances;
    const { pending } = this.#parts;
    const following = pending?.run(this.#ledger, signal);
    const follower = new Follower({
      chain: this.chain,
      ledger: this.#ledger,
      nodes: this.#parts.nodes,
      recent,
      standing,
      firewall,
      evidence,
      lag: this.#parts.lag,
      obtain: (at, work, inner) => this.#parts.blocks.obtain(at, work, inner),
      blocks: this.#parts.blocks,
      skips: this.#parts.skips,
      decoder: this.#options.decodePool,
      trails: this.#trails,
      checks: this.#checks,
      pending,
      pace: this.#parts.governor,
      clock,
      logger,
    });
    if (this.#conflict) this.#alarm(this.#conflict);
    while (!signal.aborted && !this.#conflict) {
      await this.#step(follower, signal);
      const status = this.status();
      this.#parts.governor.noteStatus(status);
      if (this.#parts.governor.allows("reconciliation", status)) {
        this.#reconciling.begin((inner) => balances.reconciler.step(inner), signal);
        balances.first.begin(signal);
      }
      if (!this.#conflict) await this.#bell.wait(this.#parts.tracker.pollMs, signal);
    }
    await finished;
    await following;
  }

  async #step(follower: Follower, signal: AbortSignal): Promise<void> {
    const { logger, store } = this.#options;
    this.#bell.hush();
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

  async #loadWatchlist(ledger: ChainLedger): Promise<void> {
    if (ledger.terms.scope !== "watched") return;
    const onNew = (accounts: readonly Account[]) => {
      this.#balances?.first.add(accounts);
      this.#bell.ring();
    };
    this.#watchlist = await Watchlist.load({ ledger, clock: this.#options.clock, decoder: this.#decoder, onNew });
  }

  #open(signal: AbortSignal): Promise<ChainLedger> {
    const { store, config, logger } = this.#options;
    const { nodes, watch, tracker } = this.#parts;
    const open = () => openLedger(store, config, this.chain, nodes.nodes, watch.standing);
    const note = (failure: string | undefined) => {
      if (failure !== undefined && failure !== this.#failure) logger.warn({ chain: this.id }, failure);
      this.#failure = failure;
    };
    return awaitLedger({ open, bell: this.#bell, pollMs: tracker.pollMs, note }, signal);
  }

  async #loadRecent(ledger: ChainLedger): Promise<void> {
    const refs = await readRecent(ledger);
    if (refs.length === 0) return;
    const finalized = ledger.position?.finalized ?? null;
    for (const ref of refs) this.#parts.watch.standing.noteIndexed(ref, finalized);
    for (const node of this.#parts.nodes.nodes) this.#onNews(node);
  }

  #onNews(node: PoolNode): void {
    this.#parts.watch.note(node, this.#abort.signal);
    this.#onLearnt();
  }

  #onLearnt(): void {
    const agreed = this.#parts.watch.standing.agreed?.ref;
    const indexed = this.#ledger?.position?.tip.height ?? -1;
    if (agreed) this.#parts.lag.noteTip(agreed.height, indexed, this.#options.clock.now());
    this.#parts.governor.noteStatus(this.status());
    this.#bell.ring();
  }
}
