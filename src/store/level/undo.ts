import { decodeTransaction } from "../../core/ledger/codec.ts";
import type { Account, LedgerTransaction } from "../../core/model.ts";
import { POINT } from "./account-row.ts";
import { type BlockRow, decodeTransactionGroup, type Observed } from "./block-rows.ts";
import { type ChainContext, readBlock } from "./chain-state.ts";
import { corruptRow, missingRow } from "./database.ts";
import { readObserved } from "./evidence.ts";
import {
  balanceKey,
  historyKey,
  mismatchKey,
  numberKey,
  readIndex,
  tableKey,
  textKey,
  transactionIdKey,
  transactionsKey,
} from "./keys.ts";
import { OutputUndo } from "./output-undo.ts";
import { readPoint } from "./points.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";
import { readSince } from "./watched.ts";
import type { WorkingAccount, WorkingEntry } from "./working-account.ts";
import type { WorkingSet } from "./working-set.ts";

/** Seeks under way at once: enough to keep the database's threads busy. */
const SEEKS_AT_ONCE = 32;

/** A stored block with its transactions, as read for taking it back. */
export type StoredWhole = {
  readonly row: BlockRow;
  readonly encoded: readonly Buffer[];
  readonly decoded: readonly LedgerTransaction[];
};

/** @throws HeadwaterError `store-corrupt` */
export async function readWhole(reader: RowReader, chain: number, height: number): Promise<StoredWhole> {
  const row = readBlock(reader, chain, height);
  if (row === undefined) throw missingRow(`block ${height}`);
  const range = { gte: transactionsKey(chain, height, 0), lt: numberKey(chain, "transactions", height + 1) };
  const encoded: Buffer[] = [];
  try {
    for await (const [, value] of reader.walk(range, 16)) encoded.push(...decodeTransactionGroup(value));
    const expected = row.kept ?? row.transactions;
    if (encoded.length !== expected) throw missingRow(`one of ${expected} transactions of block ${height}`);
    return { row, encoded, decoded: encoded.map((bytes) => decodeTransaction(bytes)) };
  } catch (error) {
    throw corruptRow(`the transactions of block ${height}`, error);
  }
}

/** Collects what blocks wrote and deletes it; then sets each entry back to what it was below them. */
export class Undo {
  readonly #context: ChainContext;
  readonly #rows: RowBatch;
  readonly #set: WorkingSet;
  readonly #outputs: OutputUndo;
  readonly #touched = new Map<WorkingAccount, Map<number, Touch>>();

  constructor(context: ChainContext, rows: RowBatch, set: WorkingSet) {
    this.#context = context;
    this.#rows = rows;
    this.#set = set;
    this.#outputs = new OutputUndo(context, set);
  }

  async block({ row, encoded, decoded }: StoredWhole): Promise<void> {
    const { number: chain } = this.#context;
    const { height, hash } = row.ref;
    const rows = this.#rows;
    rows.del(numberKey(chain, "block", height));
    rows.del(textKey(chain, "blockHash", hash));
    for await (const [key] of this.#context.reader.walk({
      gte: transactionsKey(chain, height, 0),
      lt: numberKey(chain, "transactions", height + 1),
    })) {
      rows.del(key);
    }
    for (const bytes of encoded) rows.transactionIds.del(transactionIdKey(chain, bytes, height, readIndex(bytes)));
    const observed = readObserved(this.#context.reader, chain, height);
    if (observed.length > 0) rows.del(numberKey(chain, "observed", height));
    const keeps = await this.#keeps(height, decoded, observed);
    const active = new Set<WorkingAccount>();
    for (const transaction of decoded) {
      for (const { account, asset } of transaction.movements) {
        if (keeps(account)) active.add(this.#touch(account, this.#assetNumber(asset), height, 0));
      }
    }
    if (!this.#inPart) this.#outputsOf(decoded, height, active);
    for (const { account, asset, flags } of observed) if (keeps(account)) this.#touch(account, asset, height, flags);
    await this.#set.load();
    for (const account of active) rows.histories.del(historyKey(chain, account.number, height));
  }

  get #inPart(): boolean {
    return this.#context.terms.scope === "watched";
  }

  #outputsOf(decoded: readonly LedgerTransaction[], height: number, active: ReadonlySet<WorkingAccount>): void {
    this.#outputs.block(decoded, height);
    for (const { outputs } of decoded) {
      for (const { account, asset } of outputs?.makes ?? []) {
        if (!active.has(this.#set.add(account))) this.#touch(account, this.#assetNumber(asset), height, 0);
      }
    }
  }

  /** Whose rows the block has left. */
  async #keeps(
    height: number,
    decoded: readonly LedgerTransaction[],
    observed: readonly Observed[],
  ): Promise<(account: Account) => boolean> {
    if (!this.#inPart) return () => true;
    const accounts = new Set(observed.map(({ account }) => account));
    for (const { movements } of decoded) for (const { account } of movements) accounts.add(account);
    const since = await readSince(this.#context.reader, this.#context.number, accounts);
    return (account) => since.covers(account, height);
  }

  #touch(text: string, asset: number, height: number, flags: number): WorkingAccount {
    const account = this.#set.add(text);
    let assets = this.#touched.get(account);
    if (assets === undefined) {
      assets = new Map();
      this.#touched.set(account, assets);
    }
    const touch = assets.get(asset);
    if (touch === undefined) assets.set(asset, { heights: [height], flags });
    else {
      touch.flags |= flags;
      if (touch.heights[touch.heights.length - 1] !== height) touch.heights.push(height);
    }
    return account;
  }

  #assetNumber(asset: string): number {
    const number = this.#context.assets.find(asset);
    if (number === undefined) throw missingRow(`the number of asset ${asset}`);
    return number;
  }

  /** @param tip the height that is the tip when this is done */
  async finish(tip: number): Promise<void> {
    const { reader, number: chain, terms } = this.#context;
    for await (const [key] of reader.walk({ gte: tableKey(chain, "mismatch"), lt: mismatchKey(chain, tip, 0) })) {
      this.#rows.del(key);
    }
    const accounts: WorkingAccount[] = [];
    const numbers: number[] = [];
    for (const [account, assets] of this.#touched) {
      for (const asset of assets.keys()) {
        accounts.push(account);
        numbers.push(asset);
      }
    }
    await this.#set.loadSpilled(accounts, numbers);
    const jobs: [WorkingEntry, Touch][] = [];
    for (const [account, assets] of this.#touched) {
      for (const [asset, touch] of assets) {
        const entry = account.number === 0 ? undefined : account.peek(asset);
        if (entry === undefined) throw missingRow(`the entry of account ${account.text} in asset ${asset}`);
        jobs.push([entry, touch]);
      }
    }
    for (let from = 0; from < jobs.length; from += SEEKS_AT_ONCE) {
      const portion = jobs.slice(from, from + SEEKS_AT_ONCE);
      await Promise.all(portion.map(([entry, touch]) => this.#restore(entry, touch, tip, terms.startHeight)));
    }
    await this.#outputs.encode(this.#rows, tip);
    await this.#set.encode(this.#rows);
  }

  async #restore(entry: WorkingEntry, touch: Touch, tip: number, startHeight: number): Promise<void> {
    const { reader, number: chain } = this.#context;
    const { account, asset } = entry;
    for (const height of touch.heights) this.#rows.balances.del(balanceKey(chain, account.number, asset, height));
    const below = await readPoint(reader, chain, account.number, asset, tip);
    account.dirty = true;
    entry.dirty = true;
    entry.sum = below?.sum ?? 0n;
    entry.changedAt = below?.height ?? startHeight;
    if (touch.flags & POINT.learned) entry.baseline = undefined;
    if (touch.flags & POINT.disputed) entry.disputed = false;
    entry.dropped = below === undefined && entry.baseline === undefined && !entry.disputed;
  }
}

/** The heights at which the blocks taken back touched an entry, and what their observations did to it. */
type Touch = { readonly heights: number[]; flags: number };
