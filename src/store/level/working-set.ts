import { LRUCache } from "lru-cache";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { type AccountRow, decodeAccount, decodeEntry, encodeAccount, encodeEntry } from "./account-row.ts";
import { corruptRow } from "./database.ts";
import { keyNumber, numberKey, spilledKey, textKey } from "./keys.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";
import { compareEntries, WorkingAccount } from "./working-account.ts";

/** Account rows of one chain as last written, the most used ones in memory. */
export class AccountRecords {
  readonly chain: number;
  readonly reader: RowReader;
  readonly #cache = new LRUCache<Account, AccountRow>({ max: LIMITS.accountCacheEntries });

  constructor(chain: number, reader: RowReader) {
    this.chain = chain;
    this.reader = reader;
  }

  recall(account: Account): AccountRow | undefined {
    return this.#cache.get(account);
  }

  keep(account: Account, record: AccountRow | undefined): void {
    if (record === undefined) this.#cache.delete(account);
    else this.#cache.set(account, record);
  }
}

/** The accounts that one write touches: copies, so that nothing in memory changes before the write is done. */
export class WorkingSet {
  readonly #records: AccountRecords;
  readonly #accounts = new Map<Account, WorkingAccount>();
  #unloaded: WorkingAccount[] = [];

  constructor(records: AccountRecords) {
    this.#records = records;
  }

  /** The account, which `load` fills. */
  add(text: Account): WorkingAccount {
    const known = this.#accounts.get(text);
    if (known !== undefined) return known;
    const account = new WorkingAccount(text);
    this.#accounts.set(text, account);
    this.#unloaded.push(account);
    return account;
  }

  get touched(): Iterable<Account> {
    return this.#accounts.keys();
  }

  /** Reads the rows of all added accounts. Those without one stay without a number. */
  async load(): Promise<void> {
    const missing: WorkingAccount[] = [];
    const keys: Uint8Array[] = [];
    for (const account of this.#unloaded) {
      const cached = this.#records.recall(account.text);
      if (cached !== undefined) {
        account.fill(cached);
        continue;
      }
      missing.push(account);
      keys.push(this.#key(account));
    }
    this.#unloaded = [];
    const values = await this.#records.reader.getMany(keys);
    for (const [i, account] of missing.entries()) {
      const value = values[i];
      if (value !== undefined) account.fill(readAccount(account.text, value));
    }
  }

  /**
   * Gives numbers to the accounts that the store does not have.
   * @param next the next free number
   * @returns the next free number after these
   */
  enrol(next: number): number {
    let free = next;
    for (const account of this.#accounts.values()) {
      if (account.number === 0) account.number = free++;
    }
    return free;
  }

  /** Reads the entries of spilled accounts that will be touched. */
  async loadSpilled(pairs: Iterable<readonly [WorkingAccount, number]>): Promise<void> {
    const wanted: [WorkingAccount, number][] = [];
    const seen = new Map<WorkingAccount, Set<number>>();
    for (const [account, asset] of pairs) {
      if (account.spilled === 0) continue;
      let assets = seen.get(account);
      if (assets === undefined) {
        assets = new Set();
        seen.set(account, assets);
      }
      if (assets.has(asset)) continue;
      assets.add(asset);
      wanted.push([account, asset]);
    }
    const { chain, reader } = this.#records;
    const values = await reader.getMany(wanted.map(([account, asset]) => spilledKey(chain, account.number, asset)));
    for (const [i, [account, asset]] of wanted.entries()) {
      const value = values[i];
      if (value !== undefined) account.take(readSpilled(account.text, asset, value), true);
    }
  }

  /** Writes the rows of all accounts that changed. */
  async encode(rows: RowBatch): Promise<void> {
    for (const account of this.#accounts.values()) {
      if (!account.dirty) continue;
      const wasSpilled = account.spilled > 0;
      const count = account.count;
      if (count > LIMITS.accountInlineAssets) this.#encodeSpilled(account, count, rows);
      else {
        if (wasSpilled) await this.#unspill(account, rows);
        this.#encodeInline(account, rows);
      }
    }
  }

  /** Made when needed: a small buffer kept in the cache would keep the whole slab alive that it was cut from. */
  #key(account: WorkingAccount): Uint8Array {
    return textKey(this.#records.chain, "account", account.text);
  }

  #encodeInline(account: WorkingAccount, rows: RowBatch): void {
    const entries = account.entries.filter((entry) => !entry.dropped);
    account.settle(entries, 0);
    if (entries.length === 0) rows.accounts.del(this.#key(account));
    else rows.accounts.put(this.#key(account), encodeAccount(account));
  }

  #encodeSpilled(account: WorkingAccount, count: number, rows: RowBatch): void {
    const before = account.spilled;
    for (const entry of account.entries) {
      const key = spilledKey(this.#records.chain, account.number, entry.asset);
      if (entry.dropped) rows.spilled.del(key);
      else if (entry.dirty || before === 0) rows.spilled.put(key, encodeEntry(entry));
    }
    account.settle([], count);
    if (count !== before) rows.accounts.put(this.#key(account), encodeAccount(account));
  }

  /** Takes a spilled account's entries back into its row, so that a rollback leaves the very rows that were before. */
  async #unspill(account: WorkingAccount, rows: RowBatch): Promise<void> {
    const { chain, reader } = this.#records;
    const all = [...account.entries];
    const prefix = numberKey(chain, "spilled", account.number);
    for await (const [key, value] of reader.walk({
      gte: prefix,
      lt: numberKey(chain, "spilled", account.number + 1),
    })) {
      const asset = keyNumber(key, 5);
      rows.spilled.del(key);
      if (!account.has(asset)) all.push(account.take(readSpilled(account.text, asset, value), true));
    }
    account.settle(all.sort(compareEntries), 0);
  }

  /** To be called when the batch is written. */
  keep(): void {
    for (const account of this.#accounts.values()) {
      const { number, spilled, entries } = account;
      account.indexes = [];
      const gone = number === 0 || (spilled === 0 && entries.length === 0);
      // The entries of a spilled account are read anew: only those touched by this write are in hand.
      const row = { number, spilled, entries: spilled > 0 ? [] : entries };
      this.#records.keep(account.text, gone ? undefined : row);
    }
  }
}

export function readAccount(account: Account, value: Uint8Array): AccountRow {
  try {
    return decodeAccount(value);
  } catch (error) {
    throw corruptRow(`the row of account ${account}`, error);
  }
}

export function readSpilled(account: Account, asset: number, value: Uint8Array): ReturnType<typeof decodeEntry> {
  try {
    return decodeEntry(asset, value);
  } catch (error) {
    throw corruptRow(`the entry of account ${account} in asset ${asset}`, error);
  }
}
