import type { ChainId } from "../caip.ts";
import type { ErrorData } from "../errors.ts";
import type { Account, Asset, AssetInfo, BlockRef, Completeness, Finality } from "../model.ts";
import type { SyncState } from "../sync-state.ts";
import type { Capabilities, Chain } from "./plugin.ts";
import type { LedgerView } from "./store.ts";

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
  readonly lagBlocks: number | null;
  /** How many blocks lie between the newest committed block and the agreed tip. */
  readonly lagSeconds: number;
  /** How long the oldest agreed but unindexed block has been waiting. */
  readonly tipAgeSeconds: number | null;
  /** Now minus the time of the agreed tip. */
  /** The newest block that a node in good standing reports, with those behind it. */
  readonly tip: (BlockRef & { readonly agreement: Agreement }) | null;
};
  /** The newest block that enough operators stood behind. Its agreement is what is known now: fewer where nodes were lost. */
  readonly agreedTip: (BlockRef & { readonly agreement: Agreement }) | null;

export type NodeStatus = {
  readonly name: string;
  readonly operator: string;
  readonly region: string;
  readonly state: "healthy" | "unreachable" | "unknown";
  readonly causes: readonly string[];
  readonly clientVersion: string | null;
  readonly tip: BlockRef | null;
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
};

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
  /** Undefined until the store is open for this chain (its nodes were never reached). */
  view(): LedgerView | undefined;
  /** First indexed height, undefined until known. */
  readonly startHeight: number | undefined;
  completeness(asset: Asset): Completeness;
  agreementOf(ref: BlockRef): Agreement;
  /**
   * Balances after `at`, a block of `view`, for many accounts; reads from nodes what the ledger does not know.
   * The answers are in the order of the requests.
   */
  readBalances(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    signal?: AbortSignal,
  ): Promise<readonly BalanceSheet[]>;
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
