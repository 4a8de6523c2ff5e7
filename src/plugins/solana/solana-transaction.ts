import type { TransactionAccounts } from "./codec/accounts.ts";
import type { TransactionMeta } from "./codec/transaction-meta.ts";
import type { WireTransaction } from "./codec/wire-transaction.ts";

/**
 * One transaction of a block. Texts are made when they are asked for: of most of a block's accounts and signatures nobody
 * wants to know.
 */
export class SolanaTransaction {
  readonly meta: TransactionMeta;
  readonly #accounts: TransactionAccounts;

  constructor(accounts: TransactionAccounts, meta: TransactionMeta) {
    this.#accounts = accounts;
    this.meta = meta;
  }

  /** The text of its first signature. */
  get id(): string {
    return this.#accounts.id;
  }

  get signatures(): readonly string[] {
    return this.#accounts.signatures;
  }

  /** How many accounts it names. */
  get count(): number {
    return this.#accounts.count;
  }

  /** The account at a place below `count`. The first pays the fee; those out of address tables are the last. */
  keyAt(place: number): string {
    return this.#accounts.keyAt(place);
  }

  /** All accounts, in their order. */
  get keys(): readonly string[] {
    return Array.from({ length: this.count }, (_, i) => this.keyAt(i));
  }

  /** The places of the programs that its instructions call, or undefined where the answer does not tell. */
  get programs(): readonly number[] | undefined {
    return this.#accounts.programs;
  }

  /** Its bytes, where these came along. */
  get wire(): WireTransaction | undefined {
    return this.#accounts.wire;
  }
}
