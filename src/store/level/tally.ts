import { type Mismatch, observe } from "../../core/ledger/account.ts";
import type { BlockChanges } from "../../core/ledger/changes.ts";
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

/** What a block's changes name, as this write knows it, at the places that the changes refer to. */
export type BlockCast = { readonly accounts: readonly WorkingAccount[]; readonly slots: readonly AssetSlot[] };

/** Accounts and assets of many blocks' changes and observations: each is looked up once a block. */
export class Cast {
  readonly assets = new Map<Asset, AssetSlot>();
  readonly #blocks: BlockCast[] = [];
  readonly #set: WorkingSet;
  /** Of every change and observation, over all blocks, the account, and at the same place the asset. */
  readonly accounts: WorkingAccount[] = [];
  readonly slots: AssetSlot[] = [];

  constructor(set: WorkingSet) {
    this.#set = set;
  }

  /** Lists a block's changes, then its observations. */
  list({ changes, observations }: SealedBlock): BlockCast {
    const accounts = changes.accounts.map((account) => this.#set.add(account));
    const slots = changes.assets.map((asset) => this.#slot(asset));
    const block = { accounts, slots };
    this.#blocks.push(block);
    const { places } = changes;
    for (let i = 0; i < places.length; i += 2) {
      this.accounts.push(accounts[places[i] as number] as WorkingAccount);
      this.slots.push(slots[places[i + 1] as number] as AssetSlot);
    }
    for (const { account, asset } of observations) {
      this.accounts.push(this.#set.add(account));
      this.slots.push(this.#slot(asset));
    }
    return block;
  }

  #slot(asset: Asset): AssetSlot {
    let slot = this.assets.get(asset);
    if (slot === undefined) {
      slot = { asset, number: 0 };
      this.assets.set(asset, slot);
    }
    return slot;
  }

  /** The accounts of the changes of the block at a place in the list of blocks, at their places. */
  accountsOf(block: number): readonly WorkingAccount[] {
    return (this.#blocks[block] as BlockCast).accounts;
  }

  /** The assets' numbers, at the places of `accounts`. */
  get numbers(): number[] {
    return this.slots.map(({ number }) => number);
  }
}

export type BlockOutcome = {
  readonly observed: readonly Observed[];
  readonly mismatches: readonly Mismatch[];
};

/** Counts blocks one after the other, and writes the balance points and history rows of each. */
export class Tally {
  readonly #chain: number;
  readonly #cast: Cast;
  readonly #rows: RowBatch;
  /** How many changes and observations were counted, and how many blocks. */
  #at = 0;
  #stamp = 0;

  constructor(chain: number, cast: Cast, rows: RowBatch) {
    this.#chain = chain;
    this.#cast = cast;
    this.#rows = rows;
  }

  count({ ref, changes, observations }: SealedBlock): BlockOutcome {
    const { height } = ref;
    const touched: WorkingEntry[] = [];
    for (const delta of changes.deltas) {
      const entry = this.#next(height, touched);
      if (delta === 0n) continue;
      entry.sum += delta;
      entry.changedAt = height;
      entry.flags = POINT.moved;
    }
    const mismatches: Mismatch[] = [];
    for (const observation of observations) this.#observe(observation, height, touched, mismatches);
    const observed = this.#writePoints(height, touched);
    this.#writeHistories(height, changes);
    this.#stamp++;
    return { observed, mismatches };
  }

  #writeHistories(height: number, { touches, touchEnds }: BlockChanges): void {
    const accounts = this.#cast.accountsOf(this.#stamp);
    let from = 0;
    for (let i = 0; i < accounts.length; i++) {
      const end = touchEnds[i] as number;
      // An account with outputs and no movements has no transactions of its own here.
      if (end === from) continue;
      const key = historyKey(this.#chain, (accounts[i] as WorkingAccount).number, height);
      this.#rows.histories.put(key, encodeIndexes(touches, from, end));
      from = end;
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
