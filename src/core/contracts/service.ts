import type { AtHandOrLater } from "../at-hand.ts";
import type { ChainId } from "../caip.ts";
import type { ErrorData } from "../errors.ts";
import type { BalanceEntry } from "../ledger/account.ts";
import type { Account, Asset, AssetInfo, BlockRef, Completeness, Finality, Movement, OutputId } from "../model.ts";
import type { SyncState } from "../sync-state.ts";
import type { IndexScope } from "./chain-config.ts";
import type { Capabilities, Chain, PendingTransaction } from "./plugin.ts";
import type { ConflictRecord, EvidenceCounts, StoredEvidence } from "./records.ts";
import type { LedgerView, WatchedAccount } from "./store.ts";
import type { Holding } from "./wallet.ts";

/** How many independent operators stand behind a block, how many are required, and from which regions. */
export type Agreement = {
  readonly operators: number;
  readonly required: number;
  readonly regions: readonly string[];
};

export type ChainStatus = {
  readonly state: SyncState;
  /** When the state last changed, milliseconds since the Unix epoch. */
  readonly since: number;
  /** Why the chain is not synced, for people. */
  readonly reason: string | null;
  /** How many blocks lie between the newest committed block and the agreed tip. */
  readonly lagBlocks: number | null;
  /** How long the oldest agreed but unindexed block has been waiting. */
  readonly lagSeconds: number;
  /** Now minus the time of the agreed tip. */
  readonly tipAgeSeconds: number | null;
  /** The newest block that a node in good standing reports, with those behind it. */
  readonly tip: (BlockRef & { readonly agreement: Agreement }) | null;
  /** The newest block that enough operators stood behind. Its agreement is what is known now: fewer where nodes were lost. */
  readonly agreedTip: (BlockRef & { readonly agreement: Agreement }) | null;
};

/** What a node is to the pool: the gravest of its causes. `unknown` until it was asked for the first time. */
export const NODE_STATES = [
  "healthy",
  "lagging",
  "throttled",
  "syncing",
  "unreachable",
  "forked",
  "cordoned",
  "unknown",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

export type Quantiles = { readonly p50: number; readonly p95: number };

/** What the pool measures of one node over its last requests and blocks. Null: not measured yet, or not at all. */
export type NodeMeasurements = {
  /** From asking to the whole answer. */
  readonly latencyMs: Quantiles | null;
  /** Spread of the node's block arrivals against the first arrival anywhere. */
  readonly jitterMs: number | null;
  /** How much later than the first node it told its blocks. */
  readonly firstSeenDeltaMs: Quantiles | null;
  /** Share of requests that failed through the node's fault, 0 to 1. */
  readonly errorRate: number | null;
  /** Share of requests answered with "fewer, please", 0 to 1. */
  readonly throttleRate: number | null;
  /** The rate that it is held to at this moment; null without a bound. */
  readonly allowedRequestsPerSecond: number | null;
  readonly queue: { readonly waiting: number; readonly running: number } | null;
  readonly breaker: "closed" | "open" | "half-open" | null;
  /** The lowest height whose block it was seen to serve, or a bound found out; 0 where it has all. */
  readonly servesFromHeight: number | null;
  /** The push feed: `none` where none is configured, `silent` while it is open and tells nothing. */
  readonly feed: "none" | "open" | "silent" | "closed" | null;
};

export const UNMEASURED: NodeMeasurements = {
  latencyMs: null,
  jitterMs: null,
  firstSeenDeltaMs: null,
  errorRate: null,
  throttleRate: null,
  allowedRequestsPerSecond: null,
  queue: null,
  breaker: null,
  servesFromHeight: null,
  feed: null,
};

export type NodeStatus = NodeMeasurements & {
  readonly name: string;
  readonly operator: string;
  readonly region: string;
  readonly state: NodeState;
  /** All that holds, gravest first. All must clear before the node is healthy. */
  readonly causes: readonly string[];
  /** Used although its state forbids it, since no other node is left. */
  readonly lastResort: boolean;
  /** When the state last changed, milliseconds since the Unix epoch; null where it is not known. */
  readonly since: number | null;
  /** The operator's word that it is not to be used. */
  readonly cordon: { readonly since: number; readonly reason: string } | null;
  readonly clientVersion: string | null;
  readonly tip: BlockRef | null;
  /** How far its tip is behind the newest that a node in good standing tells; null until both are known. */
  readonly lagBlocks: number | null;
  /** For how long the oldest block that it lacks has been known; 0 where it lacks none. */
  readonly lagSeconds: number | null;
  /** The newest failure, `code: message`, also when the node does well again. */
  readonly lastError: string | null;
  /** When it was, milliseconds since the Unix epoch. */
  readonly lastErrorAt: number | null;
};

/** Where a balance comes from (DESIGN section 7). `proof`: a Merkle proof of it held against the block's own header. */
export type BalanceSource = "ledger" | "node" | "proof";

export type Balance = {
  readonly asset: Asset;
  readonly info: AssetInfo;
  readonly amount: bigint;
  readonly source: BalanceSource;
};

/** Balances at one block. `errors` holds the assets that could not be told, and why: they are never shown as 0. */
export type BalanceSheet = {
  readonly balances: readonly Balance[];
  readonly errors: readonly { readonly asset: Asset; readonly error: ErrorData }[];
};

export type BalanceRequest = {
  readonly account: Account;
  /** Undefined: the native asset and every asset in which the account has movements. */
  readonly assets: readonly Asset[] | undefined;
  /** What the view's ledger has of the account after that block, where the caller has read it already. */
  readonly entries?: readonly BalanceEntry[];
};

/** Who waits for an answer. */
export interface Caller {
  /** Aborts when nobody waits for the answer any more. Made when it is asked for: most requests are answered without. */
  readonly signal: AbortSignal;
}

/** What became of an unconfirmed transaction that is no longer one. */
export type PendingEnd =
  /** It is in a block of the ledger. */
  | "confirmed"
  /** Another transaction took an output that it spends: `by` names it. */
  | "replaced"
  /** Nodes dropped it: too old, too cheap, or spending what a dropped one made. */
  | "evicted";

export type PendingEntry = PendingTransaction & {
  /** When it was first told, milliseconds since the Unix epoch. */
  readonly firstSeen: number;
  /** How many operators have it at this moment. */
  readonly operators: number;
  /** The transactions whose place it took, newest first. */
  readonly replaces: readonly string[];
  /** Unconfirmed transactions that it stands on, itself included: their number, sizes and fees together (CPFP). */
  readonly ancestors: { readonly count: number; readonly size: number; readonly fee: bigint };
};

export type RetractedPending = {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly end: PendingEnd;
  readonly by: string | null;
  /** The movements that were told and no longer hold (or hold in a block). */
  readonly movements: readonly Movement[];
};

/**
 * Unconfirmed transactions as nodes tell them at this moment: no part of the ledger, and lost with the process. One that a
 * block confirms leaves it in the same turn in which `ChainService.view` shows that block: whoever reads both at once counts
 * nothing twice.
 */
export interface PendingPool {
  /** When the nodes were last heard, milliseconds since the Unix epoch; null before the first time. */
  readonly heardAt: number | null;
  /** Why the pool is not whole (too many transactions, nodes that do not answer), or null. */
  readonly incomplete: string | null;
  find(id: string): PendingEntry | RetractedPending | undefined;
  /** Those that move something of the account, or spend or make an output of it, newest first. */
  ofAccount(account: Account): readonly PendingEntry[];
  /** The transaction here that spends the output, or undefined where none of these does. */
  spenderOf(output: OutputId): string | undefined;
  /** Those of the account that ended lately, newest first. */
  retractedOf(account: Account): readonly RetractedPending[];
}

/** What became of a registration. */
export type WatchOutcome = WatchedAccount & { readonly isNew: boolean };

/** The accounts that a chain of scope `watched` keeps. */
export interface WatchedAccounts {
  readonly count: number;
  /**
   * Registers accounts, in the order given; those that are watched already stay as they are. Their balances are then read from nodes.
   * @throws HeadwaterError `watchlist-full`, of the store: then none of them is registered
   */
  watch(accounts: readonly Account[]): Promise<readonly WatchOutcome[]>;
  /** Takes accounts out. @returns whether they were watched. @throws HeadwaterError of the store */
  unwatch(accounts: readonly Account[]): Promise<readonly boolean[]>;
}

/** One chain as the API sees it: the running engine behind a few functions. */
export interface ChainService {
  readonly id: ChainId;
  readonly alias: string | undefined;
  readonly family: string;
  readonly chain: Chain;
  readonly capabilities: Capabilities;
  readonly lagMaxSeconds: number;
  status(): ChainStatus;
  nodes(): readonly NodeStatus[];
  /**
   * Takes a node out of use until `uncordon`, also over restarts. Cordoned again, it has the new reason.
   * @throws HeadwaterError `node-unknown`, or of the store: then nothing has changed
   */
  cordon(node: string, reason: string): Promise<void>;
  /** No error where the node is not cordoned. @throws HeadwaterError `node-unknown`, or of the store */
  uncordon(node: string): Promise<void>;
  /** What is kept against nodes, newest first, with a sequence below `before` where given. */
  evidence(limit: number, before?: number): Promise<readonly StoredEvidence[]>;
  evidenceCounts(): Promise<EvidenceCounts>;
  /** Why the chain takes no more blocks, while an operator has to resolve that. */
  readonly conflict: ConflictRecord | undefined;
  /** Undefined where the chain's nodes do not tell of unconfirmed transactions. */
  readonly pending: PendingPool | undefined;
  /** Whether the ledger knows every unspent output of an account: the index starts with the chain, and scope is all. */
  readonly knowsOutputs: boolean;
  /** Which accounts the ledger keeps. */
  readonly scope: IndexScope;
  /** Undefined where all accounts are kept, and until the store is open for this chain. */
  readonly watchlist: WatchedAccounts | undefined;
  /** Undefined until the store is open for this chain (its nodes were never reached). */
  view(): LedgerView | undefined;
  /** First indexed height, undefined until known. */
  readonly startHeight: number | undefined;
  completeness(asset: Asset): Completeness;
  agreementOf(ref: BlockRef): Agreement;
  /**
   * Balances after `at`, a block of `view`, for many accounts; reads from nodes what the ledger does not know.
   * The answers are in the order of the requests, at once where none has to be waited for.
   */
  readBalances(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    caller?: Caller,
  ): AtHandOrLater<readonly BalanceSheet[]>;
  /**
   * The places in which balances lie after `at`, as enough operators tell them, in the order asked; or why they cannot be told.
   * Undefined where the chain's balances lie in one place each, or its nodes do not tell.
   */
  readonly readHoldings?:
    | ((
        pairs: readonly { readonly account: Account; readonly asset: Asset }[],
        at: BlockRef,
        signal?: AbortSignal,
      ) => Promise<readonly (readonly Holding[] | ErrorData)[]>)
    | undefined;
}

/** How final a block at `height` is, given a view's position. */
export function finalityAt(
  height: number,
  marks: { readonly safe: BlockRef | null; readonly finalized: BlockRef | null },
): Finality {
  if (marks.finalized && height <= marks.finalized.height) return "finalized";
  if (marks.safe && height <= marks.safe.height) return "safe";
  return "latest";
}
