import type { Account, Asset } from "../../core/model.ts";
import type { BlockReward, FeeRules } from "./networks.ts";

/** What a chain's protocol does to balances beyond the transactions' own values: what decoding has to know of a chain. */
export type LedgerRules = {
  readonly nativeAsset: Asset;
  readonly fees: FeeRules;
  /** What blocks with a difficulty earn, ascending by height; empty where the protocol gives nothing. */
  readonly rewards: readonly BlockReward[];
  /** Contracts like WETH9, which tell of wrapping by `Deposit` and `Withdrawal` without a `Transfer`. */
  readonly wrappers: ReadonlySet<Account>;
};

/** Whether the movements of traced blocks show every change of the native coin: where it is known who gets the fees. */
export function tellsAllNative({ fees }: LedgerRules): boolean {
  return fees === "ethereum" || fees === "op-stack";
}
