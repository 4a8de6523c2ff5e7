import type { Account, Asset, LedgerTransaction } from "../model.ts";

/**
 * What a block's movements come to. Worked out where the block is decoded, so that a store looks at each account and
 * asset once a block and not at every movement; of plain data and few objects, since it crosses threads.
 */
export type BlockChanges = {
  /** How many movements the block has. */
  readonly movements: number;
  /** Each account and each asset once, in the order in which movements, then outputs of a transaction first name them. */
  readonly accounts: readonly Account[];
  readonly assets: readonly Asset[];
  /**
   * For each pair of account and asset with movements, in the order of the first: the places in the lists above. An account
   * with outputs and no movements is here as well, with a change of 0, so that the ledger knows the account.
   */
  readonly places: Uint32Array<ArrayBuffer>;
  /** The sum of each pair's movements. May be 0. */
  readonly deltas: readonly bigint[];
  /** The indexes of each account's transactions with movements, ascending, account after account, and where each's end. */
  readonly touches: Uint32Array<ArrayBuffer>;
  readonly touchEnds: Uint32Array<ArrayBuffer>;
};

/** The places of a block's accounts and assets in the lists of its `BlockChanges`. */
export type BlockNames = {
  readonly accounts: ReadonlyMap<Account, number>;
  readonly assets: ReadonlyMap<Asset, number>;
};

type Summed = { readonly changes: BlockChanges; readonly names: BlockNames };

/**
 * Sums up the movements of a block's transactions. Pure.
 * @param keeps whose movements count; outputs do not then. Absent: everybody's, and outputs
 */
export function sumChanges(transactions: readonly LedgerTransaction[], keeps?: (account: Account) => boolean): Summed {
  const sums = new Sums();
  for (const { index, movements, outputs } of transactions) {
    for (const { account, asset, delta } of movements) {
      if (keeps === undefined || keeps(account)) sums.move(account, asset, delta, index);
    }
    if (!outputs || keeps) continue;
    for (const { account, asset } of outputs.makes) sums.name(account, asset);
  }
  return sums.finish();
}

class Sums {
  readonly #accounts = new Map<Account, number>();
  readonly #assets = new Map<Asset, number>();
  /** By the places of the assets: the pairs that they make with accounts, by the accounts' places. */
  readonly #pairs: Map<number, number>[] = [];
  readonly #places: number[] = [];
  readonly #deltas: bigint[] = [];
  readonly #touches: number[][] = [];
  #movements = 0;
  #touched = 0;

  move(account: Account, asset: Asset, delta: bigint, index: number): void {
    this.#movements++;
    const place = this.#account(account);
    const own = this.#touches[place] as number[];
    if (own.length === 0 || own[own.length - 1] !== index) {
      own.push(index);
      this.#touched++;
    }
    this.#add(place, asset, delta);
  }

  /** Makes sure that the lists have both, and the account a pair. */
  name(account: Account, asset: Asset): void {
    if (!this.#accounts.has(account)) this.#add(this.#account(account), asset, 0n);
    else if (!this.#assets.has(asset)) this.#asset(asset);
  }

  #account(account: Account): number {
    let place = this.#accounts.get(account);
    if (place === undefined) {
      place = this.#accounts.size;
      this.#accounts.set(account, place);
      this.#touches.push([]);
    }
    return place;
  }

  #asset(asset: Asset): number {
    let place = this.#assets.get(asset);
    if (place === undefined) {
      place = this.#assets.size;
      this.#assets.set(asset, place);
      this.#pairs.push(new Map());
    }
    return place;
  }

  #add(account: number, asset: Asset, delta: bigint): void {
    const place = this.#asset(asset);
    const pairs = this.#pairs[place] as Map<number, number>;
    const pair = pairs.get(account);
    if (pair === undefined) {
      pairs.set(account, this.#deltas.length);
      this.#places.push(account, place);
      this.#deltas.push(delta);
    } else this.#deltas[pair] = (this.#deltas[pair] as bigint) + delta;
  }

  finish(): Summed {
    const changes = {
      movements: this.#movements,
      accounts: [...this.#accounts.keys()],
      assets: [...this.#assets.keys()],
      places: new Uint32Array(this.#places),
      deltas: this.#deltas,
      ...joinTouches(this.#touches, this.#touched),
    };
    return { changes, names: { accounts: this.#accounts, assets: this.#assets } };
  }
}

function joinTouches(
  lists: readonly (readonly number[])[],
  total: number,
): Pick<BlockChanges, "touches" | "touchEnds"> {
  const touches = new Uint32Array(total);
  const touchEnds = new Uint32Array(lists.length);
  let at = 0;
  for (let i = 0; i < lists.length; i++) {
    // Thousands of lists of one or two: an iterator for each takes longer than what it goes through.
    const list = lists[i] as readonly number[];
    for (let j = 0; j < list.length; j++) touches[at++] = list[j] as number;
    touchEnds[i] = at;
  }
  return { touches, touchEnds };
}
