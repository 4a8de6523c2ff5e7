import type { IndexScope } from "../../src/core/contracts/chain-config.ts";
import type { Capabilities, Chain } from "../../src/core/contracts/plugin.ts";
import type { ConflictRecord, EvidenceCounts, StoredEvidence } from "../../src/core/contracts/records.ts";
import {
  type Agreement,
  type Balance,
  type BalanceRequest,
  type BalanceSheet,
  type Caller,
  type ChainService,
  type ChainStatus,
  type NodeStatus,
  type PendingEntry,
  UNMEASURED,
  type WatchedAccounts,
} from "../../src/core/contracts/service.ts";
import type { ChainLedger, FinalityMarks, LedgerStore, LedgerView } from "../../src/core/contracts/store.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../../src/core/errors.ts";
import { sealBlock } from "../../src/core/ledger/seal.ts";
import type {
  Account,
  Asset,
  BlockRef,
  Completeness,
  LedgerTransaction,
  Movement,
  TransactionOutput,
} from "../../src/core/model.ts";
import { Watchlist } from "../../src/sync/watch/watchlist.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { OutputBook, type Spend } from "./memory-outputs.ts";
import { MemoryPool } from "./memory-pool.ts";
import { openMemoryStore } from "./memory-store.ts";

export const NATIVE = "slip44:1";
export const GOLD = "token:gold";
/** Its movements do not show every change: balances come from nodes. */
export const ELASTIC = "token:elastic";
export const GENESIS_TIME = Date.UTC(2025, 0, 1);
const INTERVAL_MS = 10_000;
/** How many blocks after its own a reward may be spent at the earliest. */
const MATURITY = 3;

/** Movements as a test writes them: who, what, how much. */
export type Move = readonly [account: Account, asset: Asset, delta: bigint, kind?: Movement["kind"]];

/**
 * One chain behind the API without nodes: the real store driver in memory, filled by hand. What the engine would
 * measure or ask nodes for is set by the test.
 */
export class MemoryService implements ChainService {
  readonly id: string;
  readonly alias: string | undefined;
  readonly family = "memory";
  readonly chain: Chain;
  readonly capabilities: Capabilities;
  readonly lagMaxSeconds = 60;
  readonly scope: IndexScope;
  readonly watchlist: WatchedAccounts | undefined;
  readonly startHeight: number;
  readonly store: LedgerStore;
  readonly ledger: ChainLedger;
  readonly refs: BlockRef[] = [];
  /** Heights that the next block leaves out. */
  skipped = 0;
  /** What "nodes" tell of unconfirmed transactions, on chains with outputs. */
  readonly pending: MemoryPool | undefined;
  knowsOutputs: boolean;
  /** Balances that "nodes" tell; an error is told as such. */
  readonly nodeBalances = new Map<string, bigint | ErrorData>();
  /** What the engine measures. */
  measured: Partial<ChainStatus> = {};
  agreement: Agreement = { operators: 2, required: 2, regions: ["eu-west", "us-east"] };
  nodeList: readonly NodeStatus[] = [];
  conflict: ConflictRecord | undefined;
  /** Awaited by every readBalances: a test holds requests up with it. */
  hold: ((signal: AbortSignal | undefined) => Promise<void>) | undefined;
  failure: Error | undefined;
  /** What "nodes" tell of the places in which balances lie. */
  readHoldings: ChainService["readHoldings"];
  ready = true;
  openViews = 0;
  balanceReads = 0;

  private constructor(
    store: LedgerStore,
    ledger: ChainLedger,
    { alias, chain, outputs = false }: { alias?: string; chain?: Chain; outputs?: boolean },
    watchlist: Watchlist | undefined,
  ) {
    this.scope = ledger.terms.scope ?? "all";
    this.watchlist = watchlist;
    this.id = ledger.terms.chain;
    this.startHeight = ledger.terms.startHeight;
    this.alias = alias;
    this.store = store;
    this.ledger = ledger;
    this.chain = chain ?? buildChain(this.id, outputs);
    this.capabilities = { historicalBalances: true, tokens: true, utxos: outputs, pending: outputs };
    this.pending = outputs ? new MemoryPool(GENESIS_TIME) : undefined;
    this.knowsOutputs = outputs && this.startHeight === 0;
  }

  /**
   * @param options.scope where it is `watched`, the real list of watched accounts, without decoders
   * @param options.outputs the chain's coins are outputs, and its nodes tell pending transactions
   * @param options.chain a plugin's chain, whose blocks are committed by the test
   */
  static async open(
    options: {
      id?: string;
      alias?: string;
      startHeight?: number;
      outputs?: boolean;
      chain?: Chain;
      scope?: IndexScope;
    } = {},
  ): Promise<MemoryService> {
    const { id = options.chain?.info.id ?? "memory:one", startHeight = 0 } = options;
    const store = await openMemoryStore();
    const profile = options.chain?.selectProfile([]) ?? "memory/1";
    const ledger = await store.openChain({ chain: id, profile, startHeight, scope: options.scope ?? "all" });
    const watchlist =
      options.scope === "watched"
        ? await Watchlist.load({
            ledger,
            clock: new FakeClock(GENESIS_TIME),
            decoder: { highest: -1, watch: () => {} },
            onNew: () => {},
          })
        : undefined;
    return new MemoryService(store, ledger, options, watchlist);
  }

  get tip(): BlockRef {
    const tip = this.refs.at(-1);
    if (!tip) throw new Error("mine a block first");
    return tip;
  }

  /** Commits one block more. Each entry is a transaction's movements; `branch` names the fork in the hash. */
  async mine(transactions: readonly (readonly Move[])[] = [], branch = "main"): Promise<BlockRef> {
    return await this.#commit(branch, (idOf) => {
      return transactions.map((moves, index) => buildTransaction(idOf(index), index, moves));
    });
  }

  /** Commits one block more, of transactions that spend and make outputs, in this order. */
  async mineOutputs(transactions: readonly Spend[], branch = "main"): Promise<BlockRef> {
    const book = await this.#openBook(transactions);
    return await this.#commit(branch, (idOf) => {
      return transactions.map((spend, index) => book.write(idOf(index), index, spend));
    });
  }

  /** Lets "nodes" tell one pending transaction more, which may spend what others pending make. */
  async pend(id: string, spend: Spend, differing: Partial<PendingEntry> = {}): Promise<PendingEntry> {
    const { pending } = this;
    if (!pending) throw new Error(`${this.id} tells no pending transactions`);
    const outputs = pending.entries.flatMap(({ transaction }) => transaction.outputs?.makes ?? []);
    const book = await this.#openBook([spend], outputs);
    return pending.add(book.write(id, 0, spend), differing);
  }

  async #openBook(transactions: readonly Spend[], known: readonly TransactionOutput[] = []): Promise<OutputBook> {
    const book = new OutputBook(NATIVE, known);
    using view = this.ledger.view();
    await book.read(view, transactions);
    return book;
  }

  async #commit(
    branch: string,
    write: (idOf: (index: number) => string) => readonly LedgerTransaction[],
  ): Promise<BlockRef> {
    const parent = this.refs.at(-1);
    const height = (parent ? parent.height + 1 : this.startHeight) + this.skipped;
    const ref: BlockRef = {
      height,
      hash: `b${height}-${branch}`,
      parentHash: parent?.hash ?? "none",
      parentHeight: parent?.height ?? this.startHeight - 1,
      time: GENESIS_TIME + height * INTERVAL_MS,
    };
    const transactions = write((index) => `t${height}-${branch}-${index}`);
    await this.ledger.commit([sealBlock({ ref, transactions, observations: [] })]);
    this.refs.push(ref);
    this.skipped = 0;
    return ref;
  }

  async mineEmpty(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.mine();
  }

  async mark(marks: { safe?: number; finalized?: number }): Promise<void> {
    const at = (height: number | undefined) => this.refs.find((ref) => ref.height === height) ?? null;
    const both: FinalityMarks = { safe: at(marks.safe), finalized: at(marks.finalized) };
    await this.ledger.mark(both);
  }

  async rollback(toHeight: number): Promise<void> {
    const to = this.refs.find((ref) => ref.height === toHeight);
    if (!to) throw new Error(`no block ${toHeight}`);
    await this.ledger.rollback(to);
    this.refs.splice(this.refs.indexOf(to) + 1);
  }

  tellBalance(account: Account, asset: Asset, amount: bigint | HeadwaterError): void {
    this.nodeBalances.set(`${account} ${asset}`, typeof amount === "bigint" ? amount : errorToData(amount));
  }

  status(): ChainStatus {
    const tip = this.refs.at(-1);
    return {
      state: "synced",
      since: GENESIS_TIME,
      reason: null,
      lagBlocks: 0,
      lagSeconds: 0,
      tipAgeSeconds: 1,
      tip: tip ? { ...tip, agreement: this.agreement } : null,
      agreedTip: tip ? { ...tip, agreement: this.agreement } : null,
      ...this.measured,
    };
  }

  nodes(): readonly NodeStatus[] {
    return this.nodeList;
  }

  async cordon(name: string, reason: string): Promise<void> {
    this.#changeNode(name, { state: "cordoned", causes: ["cordoned"], cordon: { since: GENESIS_TIME, reason } });
    await this.store.records.cordon(this.id, { node: name, since: GENESIS_TIME, reason });
  }

  async uncordon(name: string): Promise<void> {
    this.#changeNode(name, { state: "healthy", causes: [], cordon: null });
    await this.store.records.uncordon(this.id, name);
  }

  #changeNode(name: string, change: Partial<NodeStatus>): void {
    if (!this.nodeList.some((node) => node.name === name)) {
      throw new HeadwaterError("node-unknown", `${this.id} has no node called "${name}"`);
    }
    this.nodeList = this.nodeList.map((node) => (node.name === name ? { ...node, ...change } : node));
  }

  evidence(limit: number, before?: number): Promise<readonly StoredEvidence[]> {
    return this.store.records.evidence(this.id, limit, before);
  }

  evidenceCounts(): Promise<EvidenceCounts> {
    return this.store.records.evidenceCounts(this.id);
  }

  /** Counts how many views are open, so that a test sees one that was never given back. */
  view(): LedgerView | undefined {
    if (!this.ready) return undefined;
    const view = this.ledger.view();
    this.openViews += 1;
    const dispose = view[Symbol.dispose].bind(view);
    view[Symbol.dispose] = () => {
      this.openViews -= 1;
      dispose();
    };
    return view;
  }

  completeness(asset: Asset): Completeness {
    return this.chain.completeness(asset, this.ledger.terms.profile);
  }

  agreementOf(): Agreement {
    return this.agreement;
  }

  async readBalances(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    caller?: Caller,
  ): Promise<BalanceSheet[]> {
    this.balanceReads += 1;
    if (this.failure) throw this.failure;
    await this.hold?.(caller?.signal);
    const height = at.height === view.position?.tip.height ? undefined : at.height;
    return await Promise.all(requests.map((request) => this.#readSheet(view, height, request)));
  }

  async #readSheet(
    view: LedgerView,
    height: number | undefined,
    { account, assets }: BalanceRequest,
  ): Promise<BalanceSheet> {
    const entries = await view.balances(account, height);
    const balances: Balance[] = [];
    const errors: { asset: Asset; error: ErrorData }[] = [];
    for (const asset of assets ?? new Set([this.chain.info.nativeAsset, ...entries.map((entry) => entry.asset)])) {
      const info = { symbol: asset === ELASTIC ? null : asset.toUpperCase(), decimals: asset === ELASTIC ? null : 6 };
      const { sum = 0n, baseline } = entries.find((entry) => entry.asset === asset) ?? {};
      const told = this.nodeBalances.get(`${account} ${asset}`);
      const known = this.startHeight === 0 && this.scope === "all" && this.completeness(asset) === "complete";
      if (typeof told === "object") errors.push({ asset, error: told });
      else if (told !== undefined) balances.push({ asset, info, amount: told, source: "node" });
      else if (known || baseline !== undefined)
        balances.push({ asset, info, amount: (baseline ?? 0n) + sum, source: "ledger" });
      else
        errors.push({ asset, error: errorToData(new HeadwaterError("balance-unavailable", `no node told ${asset}`)) });
    }
    return { balances, errors };
  }
}

/** A node that does well, but for what the test says. */
export function sampleNode(name: string, differing: Partial<NodeStatus> = {}): NodeStatus {
  return {
    ...UNMEASURED,
    name,
    operator: name.split("-")[0] ?? name,
    region: "eu-west",
    state: "healthy",
    causes: [],
    lastResort: false,
    since: GENESIS_TIME,
    cordon: null,
    clientVersion: "memory/1",
    tip: null,
    lagBlocks: null,
    lagSeconds: null,
    lastError: null,
    lastErrorAt: null,
    ...differing,
  };
}

function buildTransaction(id: string, index: number, moves: readonly Move[]): LedgerTransaction {
  const movements = moves.map(([account, asset, delta, kind = "transfer"]) => ({ account, asset, delta, kind }));
  const paid = movements.find(({ kind }) => kind === "fee");
  const fee = paid ? { payer: paid.account, asset: paid.asset, amount: -paid.delta } : null;
  return { id, index, status: "success", fee, movements };
}

/** Accounts are names, shown with a capital letter; hashes look like `b7-main` (blocks) and `t7-main-0` (transactions). */
function buildChain(id: string, outputs: boolean): Chain {
  const unused = (): never => {
    throw new HeadwaterError("internal", "the API has no business with this");
  };
  return {
    info: {
      id,
      name: "Memory",
      nativeAsset: NATIVE,
      nativeInfo: { symbol: "MEM", decimals: 6 },
      expectedIntervalMs: INTERVAL_MS,
      finality: { kind: "tags" },
    },
    parseAccount: (text) => {
      if (/^[a-zA-Z][a-z0-9]*$/.test(text)) return text.toLowerCase();
      throw new HeadwaterError("invalid-account", `"${text}" is not a name`);
    },
    formatAccount: (account) => account.charAt(0).toUpperCase() + account.slice(1),
    parseAsset: (text) => {
      if (text === NATIVE || /^token:[a-z0-9]+$/.test(text)) return text;
      throw new HeadwaterError("invalid-asset", `"${text}" is neither the coin nor a token`);
    },
    parseHash: (text) => (/^[bt]\d+-[a-z]+(?:-\d+)?$/i.test(text) ? text.toLowerCase() : undefined),
    selectProfile: () => "memory/1",
    canServe: () => true,
    completeness: (asset) => (asset === ELASTIC ? "partial" : "complete"),
    startsAtZero: () => true,
    ...(outputs ? { spendableFrom: ({ coinbase, height }) => (coinbase ? height + MATURITY : height) } : {}),
    connect: unused,
    verify: unused,
    decode: unused,
  };
}
