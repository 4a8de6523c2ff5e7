import type { TSchema } from "typebox";
import type { ChainId } from "../caip.ts";
import type {
  Account,
  Asset,
  AssetInfo,
  BlockRef,
  Completeness,
  LedgerBlock,
  LedgerTransaction,
  Output,
  OutputId,
} from "../model.ts";
import type { ChainConfig } from "./chain-config.ts";
import type {
  BroadcastReceipt,
  FeeEstimates,
  FeeQuery,
  ListPlace,
  RecentHoldings,
  TransactionListPage,
} from "./wallet.ts";

/**
 * The version of this contract. A plugin's manifest names the range it was written for. 1.1 brought `proveBalances` and
 * `NodeProbe.proves`, 1.2 outputs, trails, pending transactions, `NodeTransport.get` and `subscribe`, 1.3 `listHeights`,
 * `NodeTips.syncing`, `provesContent`, `readRecentBalances`, `listHoldings`, `broadcast`, `estimateFees` and `listTransactions`, all of
 * which a plugin may leave out.
 */
export const PLUGIN_CONTRACT_VERSION = "1.3.0";

export type Capabilities = {
  /** Whether nodes can be asked for balances at a past block. */
  readonly historicalBalances: boolean;
  readonly tokens: boolean;
  /** The chain's coins are outputs: accounts have lists of unspent ones. */
  readonly utxos: boolean;
  /** Whether nodes tell of unconfirmed transactions. Default: no. */
  readonly pending?: boolean;
};

/** Default export of a plugin package, or of `src/plugins/<family>/index.ts`. */
export interface ChainPlugin {
  readonly manifest: {
    readonly family: string;
    /** Semver range of the contract, like `^1.0.0`. */
    readonly contract: string;
    readonly capabilities: Capabilities;
    /**
     * JSON schema (draft-07) of `chains[].options`, written by hand or with TypeBox. Defaults are filled in by it, and it
     * says whether keys that it does not name are refused (`additionalProperties: false`).
     */
    readonly optionsSchema: TSchema;
  };
  /** No I/O. May be called in several threads. @throws HeadwaterError `config-invalid` */
  open(chain: ChainConfig): Chain;
}

export type FinalityRule =
  /** The nodes tell which block is safe and which is final. */
  | { readonly kind: "tags" }
  /** A block is safe or final when so many blocks, itself included, stand on it. */
  | { readonly kind: "depth"; readonly safe: number; readonly finalized: number };

export type ChainInfo = {
  readonly id: ChainId;
  readonly name: string;
  readonly nativeAsset: Asset;
  readonly nativeInfo: AssetInfo;
  readonly expectedIntervalMs: number;
  readonly finality: FinalityRule;
};

/** Where a block is: by height, or by hash, or by both when both are known. */
export type BlockLocator = { readonly height: number } | { readonly hash: string; readonly height?: number };

/**
 * One block as a node gave it: bytes by part name, not parsed on the main thread. Transferable to a worker.
 * `profile` is the decoding profile that it was fetched for, `asked` what the node was asked.
 */
export type RawBlock = {
  readonly asked: BlockLocator;
  readonly profile: string;
  readonly node: string;
  readonly parts: Readonly<Record<string, Uint8Array>>;
};

/** A check was passed, or was skipped for a reason. A failed one throws. "Passed" always means verified. */
export type CheckResult = { readonly check: string; readonly result: "passed" | "skipped"; readonly reason?: string };

export type Verification = { readonly ref: BlockRef; readonly checks: readonly CheckResult[] };

/** What a block does to the set of unspent outputs, before it is known what the outputs that it spends are. */
export type BlockOutputs = {
  readonly ref: BlockRef;
  /** The outputs of earlier blocks that it spends, each once, in its order. Those that it makes itself are not among them. */
  readonly spends: readonly OutputId[];
  /** The outputs that are left of those that it makes. */
  readonly makes: readonly Output[];
};

/** The outputs of earlier blocks that a block spends, as the ledger has them, in the order of `BlockOutputs.spends`. */
export type SpentOutputs = readonly Output[];

/** The trail of the block at an earlier height on the same branch; undefined where it is not known. */
export type TrailAt = (height: number) => Uint8Array | undefined;

/** A transaction of no block yet, as a node gave it. */
export type RawPending = { readonly id: string; readonly node: string; readonly bytes: Uint8Array };

/** Which outputs an unconfirmed transaction spends, whoever made them, and which it makes (with a height of -1). */
export type PendingOutputs = { readonly spends: readonly OutputId[]; readonly makes: readonly Output[] };

/** An unconfirmed transaction. Its ledger form has the index 0. */
export type PendingTransaction = {
  readonly transaction: LedgerTransaction;
  /** What it counts for when fees are compared, in the chain's unit (virtual bytes). */
  readonly size: number;
  /** It says that another may take its place (BIP125). */
  readonly replaceable: boolean;
};

/** A chain as configured. All methods but `connect` are pure. */
export interface Chain {
  readonly info: ChainInfo;
  /** The canonical form that the ledger uses. Never guesses. @throws HeadwaterError `invalid-account` */
  parseAccount(text: string): Account;
  /** The form shown to people: a CAIP-10 address part. */
  formatAccount(account: Account): string;
  /** The canonical form of the part of a CAIP-19 id after the chain. @throws HeadwaterError `invalid-asset` */
  parseAsset(text: string): Asset;
  /** The canonical form of a block hash or transaction id, or undefined when the text is neither. */
  parseHash(text: string): string | undefined;
  /**
   * Which decoding profile these nodes allow: plugin version and what it may see. Chosen once, then bound to the store:
   * `stored` is what it was chosen to be, and stays unless the options forbid it.
   */
  selectProfile(probes: readonly NodeProbe[], stored?: string): string;
  /** Whether a node with these capabilities can give the blocks that the profile needs. */
  canServe(profile: string, probe: NodeProbe): boolean;
  completeness(asset: Asset, profile: string): Completeness;
  /** Whether every account's balance is known to be zero before height 0 (false for assets allotted by a genesis file). */
  startsAtZero(asset: Asset): boolean;
  connect(transport: NodeTransport): ChainNode;
  /**
   * What the block spends and makes, for profiles under which the ledger itself knows every output: then `verify` and
   * `decode` are called with `spent`. Absent where blocks tell all that decoding needs; may answer undefined for a profile
   * of which that is so.
   * @throws HeadwaterError `node-wrong-block`, `node-bad-response`, `integrity-violation`
   */
  listOutputs?(raw: RawBlock): BlockOutputs | undefined;
  /**
   * Whether `listOutputs` answers for blocks of this profile, so that the ledger knows every output made since its first
   * block: what is asked before any block is there. Default: no.
   */
  listsOutputs?(profile: string): boolean;
  /**
   * Recomputes what the chain allows. Called without `spent` for a block of which these are not known yet: then what needs
   * them is left to the call that has them.
   * @throws IntegrityViolation, HeadwaterError `node-wrong-block`, `node-bad-response`
   */
  verify(raw: RawBlock, spent?: SpentOutputs): Verification;
  /** @throws HeadwaterError `node-bad-response`, `integrity-violation` */
  decode(raw: RawBlock, spent?: SpentOutputs): LedgerBlock;
  /**
   * Whether `verify` proves that a block's content is that of its hash. Where it cannot, an agreed hash says nothing of the
   * content: as many operators as agreement takes must give content of which the very same comes: transactions, observations
   * and trail, in the same order. Must be yes where `listsOutputs` is. Default: yes.
   */
  provesContent?(profile: string): boolean;
  /** How many heights before a block `verifyTrail` looks at. Default 0: there is nothing to hold it against. */
  readonly trailBlocks?: number;
  /**
   * Holds a block's trail against those of the blocks before it: rules that one block by itself does not show. Called in the
   * order of the chain, on the main thread: it must be cheap. What lies before the first indexed block is undefined.
   * @throws IntegrityViolation
   */
  verifyTrail?(ref: BlockRef, trail: Uint8Array, trailAt: TrailAt): readonly CheckResult[];
  /** The first height of a block that may spend the output. Absent where chains make none wait. */
  spendableFrom?(output: Output): number;
  /** @throws HeadwaterError `node-bad-response` when the bytes are no transaction, or another than the one asked for */
  listPendingOutputs?(raw: RawPending): PendingOutputs;
  /** @param spent in the order of `listPendingOutputs`. @throws HeadwaterError `integrity-violation`, `node-bad-response` */
  decodePending?(raw: RawPending, spent: SpentOutputs): PendingTransaction;
}

export type NodeTips = {
  readonly tip: BlockRef;
  /** Null where the node does not tell. */
  readonly safe: BlockRef | null;
  readonly finalized: BlockRef | null;
  /** The node shows that it is on its way to the tip: it is probed until it is no more. Default: as it was last probed. */
  readonly syncing?: boolean;
};

export type NodeProbe = {
  readonly chainId: ChainId;
  readonly syncing: boolean;
  readonly clientVersion: string;
  /** The plugin's own words for what the node can do, like `traces`. */
  readonly capabilities: readonly string[];
  /** Whether the node gives proofs of balances that hold: `ChainNode.proveBalances` is worth asking. Default: no. */
  readonly proves?: boolean;
};

export type BalanceQuery = { readonly account: Account; readonly asset: Asset };

/**
 * A balance to prove. `agreed` is what enough operators told of it after the same block: never the answer, but an example
 * from which may be learnt where an asset keeps its balances. With it the query is made for what it teaches, and may be
 * answered by null where it teaches nothing.
 */
export type ProofQuery = BalanceQuery & { readonly agreed?: bigint };

/**
 * A balance as a node had it after its newest block at or below `height`; null as with `readBalances`.
 *
 * `hash` is that block's. Nodes that do not tell it with the balance leave it out: then `height` must be that of a block, of
 * which the chain has one at most on all its branches, so that a height that the ledger's branch skips gives away an answer from
 * another one.
 */
export type RecentBalance = { readonly height: number; readonly hash?: string; readonly amount: bigint | null };

/**
 * Which work a request is for. Tip work goes before callers' reads, these before following unconfirmed transactions, then
 * comes reconciliation, and backfill last.
 */
export type WorkClass = "tip" | "read" | "pending" | "reconciliation" | "backfill";

export type CallOptions = {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Default `read`. */
  readonly work?: WorkClass;
};

/**
 * One node. Every method may be called at once with others; failures are HeadwaterErrors of fault `node` or `data`.
 */
export interface ChainNode {
  probe(options?: CallOptions): Promise<NodeProbe>;
  fetchTips(options?: CallOptions): Promise<NodeTips>;
  /** Push where the node has it. Resolves when the signal aborts, rejects when the feed breaks. */
  watchTips?(onTip: (tip: BlockRef) => void, signal: AbortSignal): Promise<void>;
  /**
   * Where the chain skips heights: those from `from` to `to`, both included, at which the node has blocks, ascending. It is a
   * plan, not a proof: what is left out shows in the parents that blocks name. Absent where every height has a block.
   */
  listHeights?(from: number, to: number, options?: CallOptions): Promise<readonly number[]>;
  /**
   * @throws HeadwaterError `node-block-missing` when the node does not have it, `node-block-skipped` when it says that the
   *   chain has none there
   */
  fetchHeader(at: BlockLocator, options?: CallOptions): Promise<BlockRef>;
  /** @throws as `fetchHeader` does */
  fetchBlock(at: BlockLocator, profile: string, options?: CallOptions): Promise<RawBlock>;
  /** Balances after the block, in the order asked. Null for an asset whose contract does not answer: never 0 for it. */
  readBalances(queries: readonly BalanceQuery[], at: BlockRef, options?: CallOptions): Promise<(bigint | null)[]>;
  /**
   * For nodes that only know the newest state: balances as they are now, in the order asked, each at a height of at least
   * `notBefore`, since a node may go on from one to the next. The engine leads them back to the block that it needs by what the
   * ledger has in between. Where it is there, `readBalances` is not called. @throws HeadwaterError `node-block-missing` when the node has not come so far
   */
  readRecentBalances?(
    queries: readonly BalanceQuery[],
    notBefore: number,
    options?: CallOptions,
  ): Promise<readonly RecentBalance[]>;
  /**
   * Balances after the block that were checked against what the block itself commits to, in the order asked: the header
   * with the hash `at.hash` is hashed again, and authenticates the proofs. So this node cannot lie, provided that the hash
   * is the right one. Null for what cannot be proven: never 0 for it.
   * @throws IntegrityViolation when a proof does not hold
   */
  proveBalances?(queries: readonly ProofQuery[], at: BlockRef, options?: CallOptions): Promise<(bigint | null)[]>;
  readAssetInfo(assets: readonly Asset[], options?: CallOptions): Promise<AssetInfo[]>;
  /** The ids of all transactions that the node knows and that are in no block. Absent where nodes do not tell. */
  listPending?(options?: CallOptions): Promise<readonly string[]>;
  /** Those of the transactions that the node still has, in no particular order. */
  fetchPending?(ids: readonly string[], options?: CallOptions): Promise<readonly RawPending[]>;
  /**
   * Where one balance of an account lies in several places: these, for each query in the order asked, as they are now. Each as
   * `readRecentBalances` tells balances, and adding up to what that tells at the same height.
   * @throws as `readRecentBalances` does; HeadwaterError `unsupported` for an asset that does not lie in several places
   */
  listHoldings?(
    queries: readonly BalanceQuery[],
    notBefore: number,
    options?: CallOptions,
  ): Promise<readonly RecentHoldings[]>;
  /**
   * Sends a signed transaction, in the text form in which the chain's wallets give it. May be called again with the same: what the
   * node has already is no error. What the transaction itself shows to be wrong is found before any node is asked; all else is the
   * word of one node, which need not be right, and says so by `retry.otherNode`.
   * @throws HeadwaterError `transaction-invalid`, `transaction-expired`, `insufficient-funds`, `transaction-rejected`
   */
  broadcast?(raw: string, options?: CallOptions): Promise<BroadcastReceipt>;
  /** @throws HeadwaterError `node-block-missing` when the node knows of no block from which fees could be told: never 0 for it */
  estimateFees?(query: FeeQuery, options?: CallOptions): Promise<FeeEstimates>;
  /**
   * Transactions that name the account, newest first: what the node has of them, which need not be all.
   * @param before the last of the page before; undefined: from the newest block on
   * @param limit from 1 to `LIMITS.apiPageRows`
   * @throws HeadwaterError `node-history-pruned` when the node lists nothing and may have forgotten, or does not know `before`:
   *   never an empty page for it
   */
  listTransactions?(
    account: Account,
    before: ListPlace | undefined,
    limit: number,
    options?: CallOptions,
  ): Promise<TransactionListPage>;
}

/**
 * The way to one node, metered by the pool: limits, timing and abort are its business.
 * Errors: `node-unreachable`, `node-timeout`, `node-throttled`, `node-http-error`, `node-response-too-large`.
 */
export interface NodeTransport {
  readonly node: string;
  /** Sends one POST with a JSON body and gives the answer's bytes. HTTP statuses other than 2xx are errors. */
  post(body: string, options?: CallOptions): Promise<Uint8Array>;
  /**
   * Asks by GET for what the node serves beside its JSON-RPC, at a path from the root of its address, and gives the answer's
   * bytes. Absent where the address has a path of its own, below which nothing else is known to be. Errors as with `post`.
   */
  get?(path: string, options?: CallOptions): Promise<Uint8Array>;
  /** Opens the node's push feed. Absent where none is configured. */
  openFeed?(signal: AbortSignal): Promise<NodeFeed>;
  /**
   * Subscribes to topics of what the node publishes to all who listen. Messages of topics that begin alike may come as well. They
   * end when the signal aborts and throw when the line breaks; what is not read in time is lost. Absent where none is configured.
   */
  subscribe?(topics: readonly string[], signal: AbortSignal): Promise<AsyncIterable<FeedMessage>>;
}

/** One published message: its topic, and what follows it, part by part. */
export type FeedMessage = { readonly topic: string; readonly parts: readonly Uint8Array[] };

/** An open push feed. `messages` ends when the feed closes and throws when it breaks. */
export interface NodeFeed {
  send(text: string): void;
  readonly messages: AsyncIterable<string>;
}
