import { LIMITS } from "../../core/limits.ts";
import { Recent } from "../../core/recent.ts";
import type { Entry } from "./account-row.ts";

/** An account number below the one and an asset number below the other make one whole number together. */
const ACCOUNTS = 2 ** 32;
const ASSETS = 2 ** 21;

/**
 * Entries that are rows of their own, as last written, the most used ones in memory: accounts with many assets are those
 * that take part in most blocks, and each of their entries would else cost a read at each commit.
 */
export class SpilledEntries {
  #entries = new Recent<number, Entry>(LIMITS.spilledCacheEntries);

  get(account: number, asset: number): Entry | undefined {
    const place = placeOf(account, asset);
    return place === undefined ? undefined : this.#entries.get(place);
  }

  /** Keeps a copy, unless the numbers are larger than any chain has needed yet: then the entry is read each time. */
  set(account: number, { asset, sum, changedAt, baseline, disputed }: Entry): void {
    const place = placeOf(account, asset);
    if (place !== undefined) this.#entries.set(place, { asset, sum, changedAt, baseline, disputed });
  }

  /** To be called when rows were deleted. */
  clear(): void {
    this.#entries = new Recent(LIMITS.spilledCacheEntries);
  }
}

function placeOf(account: number, asset: number): number | undefined {
  return account < ACCOUNTS && asset < ASSETS ? account * ASSETS + asset : undefined;
}
