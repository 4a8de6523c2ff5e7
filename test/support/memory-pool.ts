import type { PendingEnd, PendingEntry, PendingPool, RetractedPending } from "../../src/core/contracts/service.ts";
import type { Account, LedgerTransaction, OutputId } from "../../src/core/model.ts";

/** Pending transactions without nodes that tell them: filled by hand. */
export class MemoryPool implements PendingPool {
  heardAt: number | null;
  incomplete: string | null = null;
  readonly #entries = new Map<string, PendingEntry>();
  readonly #ended: RetractedPending[] = [];

  constructor(heardAt: number | null) {
    this.heardAt = heardAt;
  }

  /** Newest first. */
  get entries(): readonly PendingEntry[] {
    return [...this.#entries.values()].reverse();
  }

  add(transaction: LedgerTransaction, differing: Partial<PendingEntry> = {}): PendingEntry {
    const size = 200;
    const entry: PendingEntry = {
      transaction,
      size,
      replaceable: false,
      firstSeen: this.heardAt ?? 0,
      operators: 2,
      replaces: [],
      ancestors: { count: 1, size, fee: transaction.fee?.amount ?? 0n },
      ...differing,
    };
    this.#entries.set(transaction.id, entry);
    return entry;
  }

  end(id: string, end: PendingEnd, by: string | null = null): void {
    const entry = this.#entries.get(id);
    if (!entry) throw new Error(`no pending transaction ${id}`);
    this.#entries.delete(id);
    this.#ended.unshift({ id, at: this.heardAt ?? 0, end, by, movements: entry.transaction.movements });
  }

  find(id: string): PendingEntry | RetractedPending | undefined {
    return this.#entries.get(id) ?? this.#ended.find((ended) => ended.id === id);
  }

  ofAccount(account: Account): readonly PendingEntry[] {
    return this.entries.filter(({ transaction }) => {
      const { spends = [], makes = [] } = transaction.outputs ?? {};
      return [...transaction.movements, ...spends, ...makes].some((row) => row.account === account);
    });
  }

  spenderOf(output: OutputId): string | undefined {
    const spends = ({ transaction }: PendingEntry) => transaction.outputs?.spends.some(({ id }) => id === output);
    return this.entries.find(spends)?.transaction.id;
  }

  retractedOf(account: Account): readonly RetractedPending[] {
    return this.#ended.filter(({ movements }) => movements.some((movement) => movement.account === account));
  }
}
