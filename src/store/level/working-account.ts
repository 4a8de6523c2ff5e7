import type { Account } from "../../core/model.ts";
import { decodeEntry, type Entry } from "./account-row.ts";
import { corruptRow } from "./database.ts";
import { countEntries, type PackedRow, RowCursor } from "./packed-row.ts";

/** An account's entry while a write is prepared. */
export class WorkingEntry implements Entry {
  readonly account: WorkingAccount;
  readonly asset: number;
  sum: bigint;
  changedAt: number;
  baseline: bigint | undefined;
  disputed: boolean;
  /** The block that touched it last, by its place in the write; -1 before the first. */
  stamp = -1;
  /** What happened in that block, as the balance point's row keeps it. */
  flags = 0;
  /** Whether the store has this entry. */
  readonly stored: boolean;
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

/** One account while a write is prepared. */
export class WorkingAccount {
  readonly text: Account;
  /** Made once it is needed. */
  key: Uint8Array | undefined;
  /** 0 as long as the store does not have the account. */
  number = 0;
  /** The row as stored; undefined where there is none. */
  row: PackedRow | undefined;
  /** The entries that this write touches. */
  readonly entries: WorkingEntry[] = [];
  dirty = false;
  #byAsset: Map<number, WorkingEntry> | undefined;

  constructor(text: Account) {
    this.text = text;
  }

  fill(row: PackedRow): void {
    this.row = row;
    this.number = row.number;
  }

  /** Entries that are rows of their own in the store, 0 when they are inline. */
  get spilled(): number {
    return this.row?.spilled ?? 0;
  }

  /** How many entries the account has when this write is done. */
  get count(): number {
    let count = this.row === undefined ? 0 : this.row.spilled || countEntries(this.row);
    for (const { stored, dropped } of this.entries) count += (dropped ? 0 : 1) - (stored ? 1 : 0);
    return count;
  }

  /** Adds an entry to those that the write touches. */
  take(from: Entry, stored: boolean): WorkingEntry {
    const entry = new WorkingEntry(this, from, stored);
    this.entries.push(entry);
    if (this.#byAsset !== undefined) this.#byAsset.set(entry.asset, entry);
    else if (this.entries.length > SCANNED_ENTRIES) this.#byAsset = new Map(this.entries.map((e) => [e.asset, e]));
    return entry;
  }

  /** The entry, if the account has it. Entries of a spilled account must have been taken before. */
  peek(asset: number): WorkingEntry | undefined {
    return this.#taken(asset) ?? this.#stored(asset);
  }

  /** The entry, a new empty one where the account has none. */
  entry(asset: number, changedAt: number): WorkingEntry {
    return this.peek(asset) ?? this.take({ asset, sum: 0n, changedAt, baseline: undefined, disputed: false }, false);
  }

  touches(asset: number): boolean {
    return this.#taken(asset) !== undefined;
  }

  #taken(asset: number): WorkingEntry | undefined {
    if (this.#byAsset !== undefined) return this.#byAsset.get(asset);
    const { entries } = this;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as WorkingEntry;
      if (entry.asset === asset) return entry;
    }
    return undefined;
  }

  #stored(asset: number): WorkingEntry | undefined {
    const { row } = this;
    if (row === undefined || row.spilled > 0) return undefined;
    const cursor = new RowCursor(row.bytes, row.start);
    while (cursor.next()) {
      if (cursor.asset === asset) return this.take(readEntry(this.text, asset, cursor.bytesOfEntry()), true);
      if (cursor.asset > asset) return undefined;
    }
    return undefined;
  }
}

/** @throws HeadwaterError `store-corrupt` */
export function readEntry(account: Account, asset: number, bytes: Uint8Array): Entry {
  try {
    return decodeEntry(asset, bytes);
  } catch (error) {
    throw corruptRow(`the entry of account ${account} in asset ${asset}`, error);
  }
}
