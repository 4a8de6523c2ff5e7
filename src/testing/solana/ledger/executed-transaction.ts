import type { AccountState } from "../svm/account-state.ts";
import type { InnerInstructions } from "../svm/svm.ts";
import type { TransactionError } from "../svm/transaction-error.ts";
import type { WireTransaction } from "../wire/read-wire.ts";

/** The tokens of one of a transaction's accounts, before or after it. */
export type TokenBalance = {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner: string;
  readonly programId: string;
  readonly amount: bigint;
  readonly decimals: number;
};

/** A transaction of a block, with what it did. Balances stand in the order of `keys`. */
export type ExecutedTransaction = {
  readonly wire: WireTransaction;
  readonly index: number;
  readonly keys: readonly string[];
  readonly loaded: { readonly writable: readonly string[]; readonly readonly: readonly string[] };
  readonly err: TransactionError | null;
  readonly fee: bigint;
  /** The part of the fee that is paid for going first. */
  readonly priorityFee: bigint;
  /** Micro-lamports for each unit of computation that were offered for going first. */
  readonly unitPrice: bigint;
  readonly before: readonly bigint[];
  readonly after: readonly bigint[];
  readonly tokensBefore: readonly TokenBalance[];
  readonly tokensAfter: readonly TokenBalance[];
  readonly logs: readonly string[];
  readonly inner: readonly InnerInstructions[];
  readonly computeUnits: number;
  readonly returnData: { readonly programId: string; readonly data: string } | undefined;
  readonly isVote: boolean;
};

export type ReadAccount = (address: string) => AccountState | undefined;
