import type { Account, Asset } from "../../core/model.ts";

/** Who gets the fees of a block. `other`: not known here, so that no credit is invented and the native coin is partial. */
export type FeeRules = "ethereum" | "op-stack" | "arbitrum" | "other";

/** The reward of a proof-of-work block from a height on, in wei. */
export type RewardEra = { readonly fromHeight: number; readonly wei: bigint };

/** What a chain's protocol does to balances beyond the transactions' own values: what decoding has to know of a chain. */
export type LedgerRules = {
  readonly nativeAsset: Asset;
  readonly fees: FeeRules;
  /**
   * Rewards of blocks with difficulty, ascending; empty where the protocol gives none; undefined where it is not known
   * what it gives, which makes the native coin partial.
   */
  readonly rewards: readonly RewardEra[] | undefined;
  /** Whether `withdrawals` credit the native coin (EIP-4895). Gnosis pays them in a token. */
  readonly withdrawals: boolean;
  /** Contracts like WETH9, which tell of wrapping by `Deposit` and `Withdrawal` without a `Transfer`. */
  readonly wrappers: ReadonlySet<Account>;
};

/** Whether the movements of a traced block show every change of the native coin. */
export function tellsAllNative(rules: LedgerRules): boolean {
  return (rules.fees === "ethereum" || rules.fees === "op-stack") && rules.rewards !== undefined && rules.withdrawals;
}
