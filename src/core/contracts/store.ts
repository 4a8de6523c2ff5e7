import type { ChainId } from "../caip.ts";
import type { BalanceEntry, Mismatch } from "../ledger/account.ts";
import type { SealedBlock } from "../ledger/seal.ts";
import type { Account, Asset, AssetInfo, BlockRef, LedgerTransaction, Output, OutputId } from "../model.ts";
import type { IndexScope } from "./chain-config.ts";
import type { OperationRecords } from "./records.ts";

/** What binds a store to a chain. Opening it with other terms than it was written with is refused. */
export type LedgerTerms = {
  readonly chain: ChainId;
  /** The decoding profile, `Chain.selectProfile`. */
  readonly profile: string;
  /** First indexed height. */
  readonly startHeight: number;
  /** Default: `all`. */
  readonly scope?: IndexScope;
};

/** An account that is watched on a chain of scope `watched`. */
export type WatchedAccount = {
  readonly account: Account;
  /** The ledger has all of the account above this height, and nothing at or below it; at least the first height less one. */
  readonly since: number;
  /** When it was registered, milliseconds since the Unix epoch. */
  readonly at: number;
};

/** Blocks that the chain calls safe and final. Neither is above the tip; finality never goes down. */
export type FinalityMarks = { readonly safe: BlockRef | null; readonly finalized: BlockRef | null };

export type Position = FinalityMarks & {
  readonly tip: BlockRef;
  /** Running hash over the ledger up to the tip, 64 hex digits. */
  readonly digest: string;
  /** Sequence number of the last journal entry of this chain. */
  readonly sequence: number;
  /** All that were verified and digested, whether or not they are kept. */
  readonly transactions: number;
  readonly movements: number;
};

export type StoredBlock = {
  readonly ref: BlockRef;
  /** All that the block has, whether or not they are kept. */
  readonly transactions: number;
  readonly digest: string;
  /** What later blocks are held against; undefined where the chain has no such rules. */
  readonly trail: Uint8Array | undefined;
};

export type StoredTransaction = LedgerTransaction & { readonly block: BlockRef };

/** A place in an account's history: exclusive upper bound of what follows. */
export type HistoryPlace = { readonly height: number; readonly index: number };

export type HistoryPage = {
  /** Newest first. */
  readonly transactions: readonly StoredTransaction[];
  /** Where the next page starts; undefined at the end. */
  readonly next: HistoryPlace | undefined;
};

/** A place in an account's list of unspent outputs: exclusive lower bound of what follows. */
export type OutputPlace = { readonly height: number; readonly index: number; readonly position: number };

export type OutputPage = {
  /** Oldest first: by the block that made them, the transaction's place in it, and their position there. */
  readonly outputs: readonly Output[];
  /** Where the next page starts; undefined at the end. */
  readonly next: OutputPlace | undefined;
};

/** The sum of an account's indexed movements in an asset after a height at which it changed. */
export type BalancePoint = { readonly height: number; readonly sum: bigint };

export type BalancePointPage = { readonly points: readonly BalancePoint[]; readonly next: number | undefined };

/** One entry of the journal: what was committed or taken back. `hash` chains it to the entry before. */
export type JournalEntry = {
  readonly sequence: number;
  readonly type: "commit" | "rollback";
  readonly chain: ChainId;
  /** The block committed, or the block taken back. */
  readonly ref: BlockRef;
  /** The digest after the block, or after it was taken back. */
  readonly digest: string;
  /** The kept transactions taken back by a rollback: their rows are gone, so the journal keeps them. Empty for a commit. */
  readonly retracted: readonly LedgerTransaction[];
  readonly previousHash: string;
  readonly hash: string;
};

export type RollbackOptions = {
  /**
   * An operator's word that blocks called final are to be undone; the finality marks go down with the tip. The first
   * block stays: a chain of which that was wrong is indexed anew. Default false.
   */
  readonly belowFinal?: boolean;
};

export type StoreFault = { readonly where: string; readonly expected: string; readonly actual: string };

export type VerifiedChain = {
  readonly chain: ChainId;
  readonly scope: IndexScope;
  readonly blocks: number;
  /** Blocks whose ledger hash was recomputed from what is stored: all, unless transactions are kept in part. */
  readonly recomputed: number;
  readonly transactions: number;
  /** Transactions that are stored, each of which was checked. */
  readonly kept: number;
};

export type VerifyReport = {
  readonly journalEntries: number;
  readonly chains: readonly VerifiedChain[];
  readonly faults: readonly StoreFault[];
};

export type StoreSupport = {
  /** Data outlives the process. */
  readonly persistent: boolean;
  /** Several processes may use the store at once. */
  readonly shared: boolean;
};

/** A database behind Headwater. Drivers are held to one conformance suite. */
export interface LedgerStore {
  readonly supports: StoreSupport;
  /** What is known of nodes and of conflicts, also of chains that were never opened. */
  readonly records: OperationRecords;
  /** The terms of every chain in the store. */
  chains(): Promise<readonly LedgerTerms[]>;
  /** @throws HeadwaterError `store-incompatible` when the store was written with other terms */
  openChain(terms: LedgerTerms): Promise<ChainLedger>;
  /** Entries with a sequence above `after`, oldest first, at most `limit`. */
  events(after: number, limit: number): Promise<JournalEntry[]>;
  /** Checks the journal's hash chain and recomputes every digest from the stored rows. */
  verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<VerifyReport>;
  /** Waits for writes under way. May be called twice. */
  close(): Promise<void>;
}

/** One chain's ledger. Writes are serialized; each is one atomic batch of data, position, digest and journal. */
export interface ChainLedger {
  readonly terms: LedgerTerms;
  /** The last committed position; undefined before the first commit. */
  readonly position: Position | undefined;
  /** Assets whose movements were found not to tell every change, whatever the plugin says of their class. */
  readonly partialAssets: ReadonlySet<Asset>;
  /**
   * Appends blocks, each the child of the one before. Observations are held against the ledger: what they teach or
   * contradict is kept, and contradictions are returned.
   * @param marks finality as known at this moment, or undefined to leave it
   * @param durable whether the batch is on disk (fsync) when the promise resolves; without it, a power cut may lose the
   *   newest batches, never their order
   * @throws HeadwaterError `broken-link`, `store-failure`, `store-closed`
   */
  commit(blocks: readonly SealedBlock[], marks?: FinalityMarks, durable?: boolean): Promise<readonly Mismatch[]>;
  /** Updates finality alone. Marks above the tip or below what is recorded are ignored. */
  mark(marks: FinalityMarks): Promise<void>;
  /**
   * Takes back every block above `to`. With null, every block: the position is undefined as before the first commit, what
   * nodes told of balances is forgotten, and the journal goes on.
   * @returns how many blocks were taken back
   * @throws HeadwaterError `finality-conflict` when `to` is below the finalized block, `block-unknown` when `to` is not a stored block
   */
  rollback(to: BlockRef | null, options?: RollbackOptions): Promise<number>;
  /**
   * Keeps balances that nodes told. Ignored where a baseline is known, and where the block is no longer of this chain.
   */
  learnBalances(balances: readonly KnownBalance[]): Promise<void>;
  /**
   * Keeps that nodes contradict a balance: from now on the entry is disputed, and with `wholeAsset` the asset stands in
   * `partialAssets`. `expected` is what the ledger says, `block` the first block after which they differ, as far as it
   * was found. Ignored when the block is no longer of this chain. The journal does not change.
   */
  dispute(found: FoundMismatch): Promise<void>;
  /**
   * On a chain of scope `watched`: registers accounts. What is told of one that is watched already stays as it is. A `since`
   * below the tip is lifted to it. Takes its place among the commits at the moment of the call: blocks committed by later calls
   * find the accounts registered. Durable when the promise resolves.
   * @returns how they stand now, in the order given
   * @throws HeadwaterError `unsupported` on a chain of scope `all`
   */
  watch(accounts: readonly WatchedAccount[]): Promise<readonly WatchedAccount[]>;
  /**
   * Takes accounts out, and with them their balances and history; their rows are erased afterwards, step by step. Transactions
   * stay. Durable when the promise resolves.
   * @returns whether they were watched, in the order given
   * @throws as `watch`
   */
  unwatch(accounts: readonly Account[]): Promise<readonly boolean[]>;
  /** Every watched account, in a fixed order; none on a chain of scope `all`. */
  watched(): AsyncIterable<WatchedAccount>;
  putAssetInfo(entries: readonly { readonly asset: Asset; readonly info: AssetInfo }[]): Promise<void>;
  /** A consistent view of the last commit. Cheap; must be disposed. */
  view(): LedgerView;
}

export type FoundMismatch = {
  readonly account: Account;
  readonly asset: Asset;
  readonly block: BlockRef;
  readonly expected: bigint;
  readonly actual: bigint;
  readonly wholeAsset: boolean;
};

/** `amount` is the account's balance after the block. */
export type KnownBalance = {
  readonly account: Account;
  readonly asset: Asset;
  readonly block: BlockRef;
  readonly amount: bigint;
};

/**
 * All answers of one view stand on the same commit. Usable until disposed. On a chain of scope `watched` they tell of watched
 * accounts only, and of these only above their `since`: before it there are no balances and no history.
 */
export interface LedgerView extends Disposable {
  readonly position: Position | undefined;
  /** Undefined where the account is not watched, and on a chain of scope `all`. */
  watched(account: Account): WatchedAccount | undefined;
  block(at: number | string): Promise<StoredBlock | undefined>;
  /**
   * The block at a height, or where the chain skips it the nearest one below or above, in time that does not grow with how
   * many heights are skipped. Undefined where there is none on that side.
   */
  nearestBlock(height: number, side: "below" | "above"): Promise<StoredBlock | undefined>;
  transaction(id: string): Promise<StoredTransaction | undefined>;
  /**
   * Every asset in which the account has movements or a known baseline, in a fixed order by asset.
   * With `height`, `sum` is the sum up to that height. At once where nothing has to be waited for: most accounts are one
   * row that is in memory.
   */
  balances(account: Account, height?: number): readonly BalanceEntry[] | Promise<readonly BalanceEntry[]>;
  /** Newest first, strictly before `before`, at most `limit`. */
  history(account: Account, before: HistoryPlace | undefined, limit: number): Promise<HistoryPage>;
  /** Points with `from <= height <= to`, newest first, at most `limit`. */
  balanceHistory(account: Account, asset: Asset, from: number, to: number, limit: number): Promise<BalancePointPage>;
  /**
   * The unspent outputs with these ids, in the order asked; undefined for one that was never made or is spent. Those made
   * before the first indexed block are not known.
   */
  outputs(ids: readonly OutputId[]): Promise<readonly (Output | undefined)[]>;
  /** The account's unspent outputs after `after`, at most `limit`: in time that does not grow with how many it has. */
  unspent(account: Account, after: OutputPlace | undefined, limit: number): Promise<OutputPage>;
  assetInfo(asset: Asset): Promise<AssetInfo | undefined>;
  mismatches(limit: number): Promise<readonly Mismatch[]>;
}
