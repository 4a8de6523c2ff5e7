import type { RetractedPending } from "../../core/contracts/service.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import type { Mark } from "./hearings.ts";

type Kept = {
  readonly told: RetractedPending;
  readonly accounts: readonly Account[];
  /** Who lists it all the same. */
  readonly mark: Mark;
  /** Of the block that has it, or what replaced it; undefined where none does. */
  readonly height: number | undefined;
};

/** Pending transactions that ended, the newest of them, by id and by account. */
export class RetractedTransactions {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #byAccount = new Map<Account, Set<string>>();

  put(told: RetractedPending, accounts: readonly Account[], mark: Mark, height?: number): void {
    this.delete(told.id);
    this.#kept.set(told.id, { told, accounts, mark, height });
    for (const account of accounts) {
      const own = this.#byAccount.get(account) ?? new Set();
      this.#byAccount.set(account, own.add(told.id));
    }
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LIMITS.pendingRetractedTransactions && oldest !== undefined) this.delete(oldest);
  }

  find(id: string): RetractedPending | undefined {
    return this.#kept.get(id)?.told;
  }

  markOf(id: string): Mark | undefined {
    return this.#kept.get(id)?.mark;
  }

  /** Whether it does not come back while the block that ended it stands. */
  isInBlock(id: string): boolean {
    return this.#kept.get(id)?.height !== undefined;
  }

  /** A block has it after all. No matter where it is not kept. */
  confirm(id: string, at: number, height: number): void {
    const kept = this.#kept.get(id);
    if (kept && kept.told.end !== "confirmed") {
      this.put({ ...kept.told, at, end: "confirmed", by: null }, kept.accounts, kept.mark, height);
    }
  }

  /** Newest first. */
  ofAccount(account: Account): RetractedPending[] {
    const ids = [...(this.#byAccount.get(account) ?? [])];
    return ids.reverse().map((id) => (this.#kept.get(id) as Kept).told);
  }

  /** Blocks above the height were taken back, and with them what they ended. */
  forgetAbove(height: number): void {
    for (const [id, kept] of this.#kept) if (kept.height !== undefined && kept.height > height) this.delete(id);
  }

  delete(id: string): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    this.#kept.delete(id);
    for (const account of kept.accounts) {
      const own = this.#byAccount.get(account);
      own?.delete(id);
      if (own?.size === 0) this.#byAccount.delete(account);
    }
  }
}
