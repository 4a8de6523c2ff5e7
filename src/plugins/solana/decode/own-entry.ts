import type { Account, Asset, Movement, MovementKind } from "../../../core/model.ts";

/** The movements of a block's own entry: one for each account and kind, in the order of their first. */
export class OwnEntry {
  readonly #asset: Asset;
  readonly #movements: { readonly account: Account; readonly kind: MovementKind; delta: bigint }[] = [];
  readonly #places = new Map<MovementKind, Map<Account, number>>();

  constructor(asset: Asset) {
    this.#asset = asset;
  }

  add(account: Account, kind: MovementKind, delta: bigint): void {
    const places = this.#places.get(kind) ?? new Map<Account, number>();
    if (places.size === 0) this.#places.set(kind, places);
    const known = this.#movements[places.get(account) ?? -1];
    if (known) known.delta += delta;
    else {
      places.set(account, this.#movements.length);
      this.#movements.push({ account, kind, delta });
    }
  }

  movements(): Movement[] {
    return this.#movements.map(({ account, kind, delta }) => ({ account, asset: this.#asset, delta, kind }));
  }
}
