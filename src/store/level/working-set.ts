import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { Recent } from "../../core/recent.ts";
import { AccountWriter } from "./account-writer.ts";
import { corruptRow } from "./database.ts";
import { spilledKey, textKey } from "./keys.ts";
import { Pace } from "./pace.ts";
import { countEntries, openRow, type PackedRow } from "./packed-row.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";
import { SpilledEntries } from "./spilled-entries.ts";
import { readEntry, WorkingAccount } from "./working-account.ts";

/** Account rows of one chain as last written, the most used ones in memory. */
export class AccountRecords {
  readonly chain: number;
  readonly reader: RowReader;
  readonly recent = new Recent<Account, PackedRow>(LIMITS.accountCacheEntries);
  readonly spilled = new SpilledEntries();

  constructor(chain: number, reader: RowReader) {
    this.chain = chain;
    this.reader = reader;
  }
}

/** The accounts that one write touches: copies, so that nothing in memory changes before the write is done. */
export class WorkingSet {
  readonly #records: AccountRecords;
  readonly #accounts = new Map<Account, WorkingAccount>();
  readonly #written = new Map<Account, PackedRow | undefined>();
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
    const { chain, reader, recent } = this.#records;
    const missing: WorkingAccount[] = [];
    const keys: Uint8Array[] = [];
    const pace = new Pace();
    const unloaded = this.#unloaded;
    this.#unloaded = [];
    for (const account of unloaded) {
      if (pace.due) await pace.turn();
      const known = recent.get(account.text);
      if (known !== undefined) {
        account.fill(known);
        continue;
      }
      account.key = textKey(chain, "account", account.text);
      missing.push(account);
      keys.push(account.key);
    }
    const values = await reader.getMany(keys);
    for (const [i, account] of missing.entries()) {
      if (pace.due) await pace.turn();
      const value = values[i];
      if (value !== undefined) account.fill(readRow(account.text, value));
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

  /** Reads the entries of spilled accounts that will be touched: those of `accounts` in the assets at the same places. */
  async loadSpilled(accounts: readonly WorkingAccount[], assets: readonly number[]): Promise<void> {
    const { chain, reader, spilled } = this.#records;
    const wanted: { readonly account: WorkingAccount; readonly asset: number }[] = [];
    const seen = new Map<WorkingAccount, Set<number>>();
    for (let i = 0; i < accounts.length; i++) {
      const account = accounts[i] as WorkingAccount;
      if (account.spilled === 0) continue;
      const asset = assets[i] as number;
      const known = seen.get(account);
      if (known?.has(asset)) continue;
      if (known) known.add(asset);
      else seen.set(account, new Set([asset]));
      const kept = spilled.get(account.number, asset);
      if (kept === undefined) wanted.push({ account, asset });
      else account.take(kept, true);
    }
    const values = await reader.getMany(wanted.map(({ account, asset }) => spilledKey(chain, account.number, asset)));
    for (const [i, { account, asset }] of wanted.entries()) {
      const value = values[i];
      if (value !== undefined) account.take(readEntry(account.text, asset, value), true);
    }
  }

  /** Adds the rows of all accounts that changed to the batch. */
  async encode(rows: RowBatch): Promise<void> {
    const writer = new AccountWriter(this.#records.chain, this.#records.reader, rows);
    const pace = new Pace();
    for (const account of this.#accounts.values()) {
      if (pace.due) await pace.turn();
      if (!account.dirty) {
        if (account.row) this.#written.set(account.text, account.row);
        continue;
      }
      const written = writer.write(account);
      // Only a rollback may have to read first: it takes entries back into their account's row.
      this.#written.set(account.text, written instanceof Promise ? await written : written);
    }
  }

  /** To be called when the batch is written. */
  keep(): void {
    const { recent, spilled } = this.#records;
    for (const [text, row] of this.#written) {
      if (row === undefined) recent.delete(text);
      else recent.set(text, row);
      if (row === undefined || row.spilled === 0) continue;
      for (const entry of this.#accounts.get(text)?.entries ?? []) if (!entry.dropped) spilled.set(row.number, entry);
    }
  }

  /** Like `keep`, for a batch that also deleted entries. */
  keepUndone(): void {
    this.#records.spilled.clear();
    this.keep();
  }
}

/** @throws HeadwaterError `store-corrupt` */
export function readRow(account: Account, value: Uint8Array): PackedRow {
  try {
    const row = openRow(value);
    // Walked once to its end, so that a damaged row is refused as a whole and not believed in part.
    countEntries(row);
    return row;
  } catch (error) {
    throw corruptRow(`the row of account ${account}`, error);
  }
}
