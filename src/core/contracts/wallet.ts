import type { Account, Asset } from "../model.ts";

/**
 * Until when a transaction that was sent may still be included. What it says of is the chain, not one node: once it is over, the
 * transaction is in no block and never will be, and another may be made in its place.
 */
export type TransactionExpiry =
  /**
   * Up to this number of blocks since the chain's first, in the chain's own counting: where heights may be skipped, that is not the
   * height. `exact`: else it may be over somewhat earlier, never later.
   */
  | { readonly kind: "block-count"; readonly last: number; readonly exact: boolean }
  /** As long as this number, or value, is the next of the account: until another transaction uses it up. */
  | { readonly kind: "nonce"; readonly account: Account; readonly value: string }
  /** As long as nobody spends what it spends. */
  | { readonly kind: "never" };

/** A node has taken a transaction, which does not say that any block will have it. */
export type BroadcastReceipt = {
  /** Worked out from the transaction's bytes, never taken from the node. */
  readonly id: string;
  /** The node has it in a block already. */
  readonly known: boolean;
  /** Null where it is in a block already, or where the node cannot tell. */
  readonly expires: TransactionExpiry | null;
};

export type FeeQuery = {
  /** Accounts that the transaction will change, where fees depend on who else wants to change them. Default: none. */
  readonly writes?: readonly Account[];
};

/** Three wishes as to how soon a transaction is included, each at least as dear as the one before. */
export type FeeRates = { readonly slow: bigint; readonly normal: bigint; readonly fast: bigint };

/**
 * What transactions cost at this moment: the sum of `fixed`, each times how many of it there are, and `base` plus one of `rates` for
 * each unit of size. Amounts are in the asset's smallest unit, rates in parts of it: `rateParts` make one.
 */
export type FeeEstimates = {
  readonly asset: Asset;
  /** Paid for each of these, like a signature, whatever the transaction does. */
  readonly fixed: readonly { readonly per: string; readonly amount: bigint }[];
  /** What transactions are measured in, like `gas`, `vbyte` or `compute unit`. */
  readonly unit: string;
  readonly rateParts: bigint;
  /** What everybody pays for a unit of size. */
  readonly base: bigint;
  /** What is paid beside it in order to be preferred. */
  readonly rates: FeeRates;
  /** What the rates are drawn from: so many blocks, the newest at this height. */
  readonly blocks: number;
  readonly newest: number;
};

/** A transaction as a node lists it under an account. */
export type ListedTransaction = {
  readonly id: string;
  readonly height: number;
  /** Its place in the block; null where it was not found out, as for the only one of its block. */
  readonly index: number | null;
  /** Milliseconds since the Unix epoch; null where the node does not tell. */
  readonly time: number | null;
  readonly status: "success" | "failed";
};

/** The place in a list of transactions below which it goes on: the last one of the page before. */
export type ListPlace = Pick<ListedTransaction, "id" | "height">;

export type TransactionListPage = {
  /**
   * By height from the newest, within one block by their places from the last. Of one block there are all or none, so that a page
   * that is asked for again, of whichever node, begins and ends at the same places. Longer than the limit where one block has more.
   */
  readonly transactions: readonly ListedTransaction[];
  /** Where the next page begins; undefined where the node has no more. */
  readonly next: ListPlace | undefined;
  /** Why there may be more than the node lists, for people; null where nothing speaks for that. */
  readonly incomplete: string | null;
};

/** One of the accounts of the chain in which an account's balance of an asset lies. */
export type Holding = {
  readonly address: string;
  readonly amount: bigint;
  /** It is the one that follows from account and asset, to which others send. */
  readonly associated: boolean;
};

/** All holdings of an account in an asset as a node had them after the block at `height`; null where there is no such asset. */
export type RecentHoldings = {
  readonly height: number;
  readonly hash?: string;
  readonly holdings: readonly Holding[] | null;
};
