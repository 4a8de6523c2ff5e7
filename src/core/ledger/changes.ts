import type { Account, Asset, LedgerTransaction } from "../model.ts";

/**
 * What a block's movements come to. Worked out where the block is decoded, so that a store looks at each account and
 * asset once a block and not at every movement; of plain data and few objects, since it crosses threads.
 */
export type BlockChanges = {
  /** How many movements the block has. */
  readonly movements: number;
  /** Each account and each asset once, in the order in which movements first name them. */
  readonly accounts: readonly Account[];
  readonly assets: readonly Asset[];
  /** For each pair of account and asset with movements, in the order of the first: the places in the lists above. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** The sum of each pair's movements. May be 0. */
  readonly deltas: readonly bigint[];
  /** The indexes of each account's transactions, ascending, account after account, and where each account's end. */
  readonly touches: Uint32Array<ArrayBuffer>;
  readonly touchEnds: Uint32Array<ArrayBuffer>;
};

/** An asset's place, and by the accounts' places the pairs that they make. */
type AssetPairs = { readonly place: number; readonly pairs: Map<number, number> };

/** Sums up the movements of a block's transactions. Pure. */
export function sumChanges(transactions: readonly LedgerTransaction[]): BlockChanges {
  const accounts = new Map<Account, number>();
  const assets = new Map<Asset, AssetPairs>();
  const places: number[] = [];
  const deltas: bigint[] = [];
  const touches: number[][] = [];
  let movements = 0;
  let touched = 0;
  for (const transaction of transactions) {
    const { index } = transaction;
    movements += transaction.movements.length;
    for (const { account, asset, delta } of transaction.movements) {
      let place = accounts.get(account);
      if (place === undefined) {
        place = accounts.size;
        accounts.set(account, place);
        touches.push([]);
      }
      const own = touches[place] as number[];
      if (own.length === 0 || own[own.length - 1] !== index) {
        own.push(index);
        touched++;
      }
      let slot = assets.get(asset);
      if (slot === undefined) {
        slot = { place: assets.size, pairs: new Map() };
        assets.set(asset, slot);
      }
      const pair = slot.pairs.get(place);
      if (pair === undefined) {
        slot.pairs.set(place, deltas.length);
        places.push(place, slot.place);
        deltas.push(delta);
      } else deltas[pair] = (deltas[pair] as bigint) + delta;
    }
  }
  return {
    movements,
    accounts: [...accounts.keys()],
    assets: [...assets.keys()],
    places: Uint32Array.from(places),
    deltas,
    ...joinTouches(touches, touched),
  };
}

function joinTouches(
  lists: readonly (readonly number[])[],
  total: number,
): Pick<BlockChanges, "touches" | "touchEnds"> {
  const touches = new Uint32Array(total);
  const touchEnds = new Uint32Array(lists.length);
  let at = 0;
  for (let i = 0; i < lists.length; i++) {
    for (const index of lists[i] as readonly number[]) touches[at++] = index;
    touchEnds[i] = at;
  }
  return { touches, touchEnds };
}
