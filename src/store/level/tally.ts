import { HeadwaterError } from "../../core/errors.ts";
import { type Mismatch, observe } from "../../core/ledger/account.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { Asset, Observation } from "../../core/model.ts";
import { encodeIndexes, encodePoint, POINT } from "./account-row.ts";
import type { Observed } from "./block-rows.ts";
import { balanceKey, historyKey } from "./keys.ts";
import type { RowBatch } from "./row-batch.ts";
import type { WorkingAccount, WorkingEntry } from "./working-account.ts";
import type { WorkingSet } from "./working-set.ts";

/** An asset of the blocks being written; its number is known once the store was asked. */
export type AssetSlot = { readonly asset: Asset; number: number };

/** Accounts and assets of many blocks' movements and observations, in their order: each is looked up once. */
export class Cast {
  readonly accounts: WorkingAccount[] = [];
  readonly slots: AssetSlot[] = [];
  readonly assets = new Map<Asset, AssetSlot>();
  readonly #set: WorkingSet;

  constructor(set: WorkingSet) {
    this.#set = set;
  }

  /** Lists a block's movements, then its observations. */
  list(block: SealedBlock): void {
    const { transactions } = block;
    for (let i = 0; i < transactions.length; i++) {
      const transaction = transactions[i] as (typeof transactions)[number];
      if (transaction.index !== i) {
        throw new HeadwaterError(
          "internal",
          `transaction ${transaction.id} has index ${transaction.index}, expected ${i}`,
        );
      }
      for (const movement of transaction.movements) this.#list(movement.account, movement.asset);
    }
    for (const observation of block.observations) this.#list(observation.account, observation.asset);
  }

  #list(account: string, asset: string): void {
    let slot = this.assets.get(asset);
    if (slot === undefined) {
      slot = { asset, number: 0 };
      this.assets.set(asset, slot);
    }
    this.slots.push(slot);
    this.accounts.push(this.#set.add(account));
  }

  /** The assets' numbers, at the places of `accounts`. */
  get numbers(): number[] {
    return this.slots.map(({ number }) => number);
  }
}

export type BlockOutcome = {
  readonly movements: number;
  readonly observed: readonly Observed[];
  readonly mismatches: readonly Mismatch[];
};

/** Counts blocks one after the other, and writes the balance points and history rows of each. */
export class Tally {
  readonly #chain: number;
  readonly #cast: Cast;
  readonly #rows: RowBatch;
  #at = 0;
  #stamp = 0;

  constructor(chain: number, cast: Cast, rows: RowBatch) {
    this.#chain = chain;
    this.#cast = cast;
    this.#rows = rows;
  }

  count(block: SealedBlock): BlockOutcome {
    this.#stamp++;
    const { height } = block.ref;
    const from = this.#at;
    const touched: WorkingEntry[] = [];
    const active: WorkingAccount[] = [];
    for (const transaction of block.transactions)
      this.#add(transaction.index, transaction.movements, height, touched, active);
    const movements = this.#at - from;
    for (const entry of touched) {
      if (entry.delta !== 0n) {
        entry.sum += entry.delta;
        entry.changedAt = height;
        entry.flags = POINT.moved;
      }
    }
    const mismatches: Mismatch[] = [];
    for (const observation of block.observations) this.#observe(observation, height, touched, mismatches);
    const observed = this.#writePoints(height, touched);
    for (const account of active) {
      this.#rows.histories.put(historyKey(this.#chain, account.number, height), encodeIndexes(account.indexes));
    }
    return { movements, observed, mismatches };
  }

  #add(
    index: number,
    movements: readonly { readonly delta: bigint }[],
    height: number,
    touched: WorkingEntry[],
    active: WorkingAccount[],
  ): void {
    for (let i = 0; i < movements.length; i++) {
      const entry = this.#next(height, touched);
      entry.delta += (movements[i] as { readonly delta: bigint }).delta;
      const { account } = entry;
      if (account.stamp !== this.#stamp) {
        account.stamp = this.#stamp;
        account.indexes = [index];
        active.push(account);
      } else if (account.indexes[account.indexes.length - 1] !== index) account.indexes.push(index);
    }
  }

  /** The entry of the next account and asset on the list, marked as touched by this block. */
  #next(height: number, touched: WorkingEntry[]): WorkingEntry {
    const account = this.#cast.accounts[this.#at] as WorkingAccount;
    const slot = this.#cast.slots[this.#at] as AssetSlot;
    this.#at++;
    const entry = account.entry(slot.number, height);
    if (entry.stamp !== this.#stamp) {
      entry.stamp = this.#stamp;
      entry.delta = 0n;
      entry.flags = 0;
      touched.push(entry);
    }
    return entry;
  }

  #observe(observation: Observation, height: number, touched: WorkingEntry[], mismatches: Mismatch[]): void {
    const entry = this.#next(height, touched);
    const { account, asset, amount } = observation;
    const { sum, changedAt, baseline, disputed } = entry;
    const { entry: after, outcome } = observe({ asset, sum, changedAt, baseline, disputed }, observation, height);
    entry.baseline = after.baseline;
    entry.disputed = after.disputed;
    entry.changedAt = after.changedAt;
    if (outcome === "learned") entry.flags |= POINT.learned;
    if (outcome !== "disputed") return;
    entry.flags |= POINT.disputed;
    mismatches.push({ account, asset, height, expected: (baseline ?? 0n) + sum, actual: amount });
  }

  /** A point where the sum changed, where an observation changed the entry, and where the entry begins. */
  #writePoints(height: number, touched: readonly WorkingEntry[]): Observed[] {
    const observed: Observed[] = [];
    for (const entry of touched) {
      const { account, asset, flags } = entry;
      if (flags === 0 && (entry.stored || entry.dirty)) continue;
      entry.dirty = true;
      account.dirty = true;
      this.#rows.balances.put(balanceKey(this.#chain, account.number, asset, height), encodePoint(flags, entry.sum));
      if (flags & (POINT.learned | POINT.disputed)) observed.push({ account: account.text, asset, flags });
    }
    return observed;
  }
}
