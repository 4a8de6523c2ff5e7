import type { Account } from "../../core/model.ts";
import type { AccountRow, Entry } from "./account-row.ts";

/** An account's entry while a write is prepared. */
export class WorkingEntry implements Entry {
  readonly account: WorkingAccount;
  readonly asset: number;
  sum: bigint;
  changedAt: number;
  baseline: bigint | undefined;
  disputed: boolean;
  /** The net change by the block being counted, and which block that is. */
  delta = 0n;
  stamp = 0;
  /** What happened in that block, as the balance point's row keeps it. */
  flags = 0;
  /** Whether the store has this entry. */
  stored: boolean;
  dirty = false;
  dropped = false;

  constructor(account: WorkingAccount, from: Entry, stored: boolean) {
    this.account = account;
    this.asset = from.asset;
    this.sum = from.sum;
    this.changedAt = from.changedAt;
    this.baseline = from.baseline;
    this.disputed = from.disputed;
    this.stored = stored;
  }
}

/** Entries are looked for one by one up to this many; beyond, a map pays. */
const SCANNED_ENTRIES = 12;

/** One account while a write is prepared. Number 0 says that the store does not have it. */
export class WorkingAccount implements AccountRow {
  readonly text: Account;
  number = 0;
  /** Entries that are rows of their own in the store, 0 when they are inline. */
  spilled = 0;
  entries: WorkingEntry[] = [];
  dirty = false;
  /** The account's transactions in the block being counted, and which block that is. */
  indexes: number[] = [];
  stamp = 0;
  #byAsset: Map<number, WorkingEntry> | undefined;

  constructor(text: Account) {
    this.text = text;
  }

  fill(row: AccountRow): void {
    this.number = row.number;
    this.spilled = row.spilled;
    for (const entry of row.entries) this.take(entry, true);
  }

  /** How many entries the account has when this write is done. */
  get count(): number {
    let count = this.spilled;
    for (const entry of this.entries) {
      if (this.spilled === 0) count += entry.dropped ? 0 : 1;
      else if (entry.dropped) count -= entry.stored ? 1 : 0;
      else if (!entry.stored) count++;
    }
    return count;
  }

  take(from: Entry, stored: boolean): WorkingEntry {
    const entry = new WorkingEntry(this, from, stored);
    this.entries.push(entry);
    if (this.#byAsset !== undefined) this.#byAsset.set(entry.asset, entry);
    else if (this.entries.length > SCANNED_ENTRIES) this.#byAsset = new Map(this.entries.map((e) => [e.asset, e]));
    return entry;
  }

  peek(asset: number): WorkingEntry | undefined {
    if (this.#byAsset !== undefined) return this.#byAsset.get(asset);
    const { entries } = this;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as WorkingEntry;
      if (entry.asset === asset) return entry;
    }
    return undefined;
  }

  has(asset: number): boolean {
    return this.peek(asset) !== undefined;
  }

  /** The entry, a new empty one where the account has none. */
  entry(asset: number, changedAt: number): WorkingEntry {
    return this.peek(asset) ?? this.take({ asset, sum: 0n, changedAt, baseline: undefined, disputed: false }, false);
  }

  /** Fixes what is written: the entries in the order of their assets, or how many are rows of their own. */
  settle(entries: WorkingEntry[], spilled: number): void {
    this.entries = entries.sort(compareEntries);
    this.spilled = spilled;
    this.#byAsset = undefined;
  }
}

export function compareEntries(a: Entry, b: Entry): number {
  return a.asset - b.asset;
}
