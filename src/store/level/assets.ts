import { LIMITS } from "../../core/limits.ts";
import type { Asset } from "../../core/model.ts";
import { Recent } from "../../core/recent.ts";
import { decodeNumber, encodeNumber } from "./block-rows.ts";
import { corruptRow, missingRow } from "./database.ts";
import { keyText, numberKey, textKey } from "./keys.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";

/**
 * Numbers for the assets of one chain. A number is given once, in the batch that first needs it, and never changes or
 * goes away; so it may be read from the newest state whatever state the reader stands on.
 */
export class AssetNumbers {
  readonly #chain: number;
  readonly #reader: RowReader;
  readonly #numbers = new Recent<Asset, number>(LIMITS.assetCacheEntries);
  readonly #names = new Recent<number, Asset>(LIMITS.assetCacheEntries);

  constructor(chain: number, reader: RowReader) {
    this.#chain = chain;
    this.#reader = reader;
  }

  /** The number of an asset, undefined when the chain never saw it. */
  find(asset: Asset): number | undefined {
    const known = this.#numbers.get(asset);
    if (known !== undefined) return known;
    const value = this.#reader.get(textKey(this.#chain, "asset", asset));
    if (value === undefined) return undefined;
    const number = this.#decode(asset, value);
    this.#remember(asset, number);
    return number;
  }

  /** The asset of a number that a row of this chain holds. @throws HeadwaterError `store-corrupt` */
  name(number: number): Asset {
    const known = this.#names.get(number);
    if (known !== undefined) return known;
    const value = this.#reader.get(numberKey(this.#chain, "assetName", number));
    if (value === undefined) throw missingRow(`the name of asset ${number}`);
    const asset = this.#decodeName(number, value);
    this.#remember(asset, number);
    return asset;
  }

  /**
   * Numbers for all of these assets. Those that have none yet get the next free ones, with their rows in `rows`; they
   * count only once the batch is written and `keep` was called.
   * @param next the next free number
   */
  async resolve(assets: Iterable<Asset>, next: number, rows: RowBatch): Promise<ResolvedAssets> {
    const numbers = new Map<Asset, number>();
    const missing: Asset[] = [];
    for (const asset of assets) {
      const known = this.#numbers.get(asset);
      if (known === undefined) missing.push(asset);
      else numbers.set(asset, known);
    }
    const values = await this.#reader.getMany(missing.map((asset) => textKey(this.#chain, "asset", asset)));
    let free = next;
    for (const [i, asset] of missing.entries()) {
      const value = values[i];
      const number = value === undefined ? free++ : this.#decode(asset, value);
      numbers.set(asset, number);
      if (value !== undefined) continue;
      const key = textKey(this.#chain, "asset", asset);
      rows.put(key, encodeNumber(number));
      // The name's row holds the packed text as it stands in the other row's key.
      rows.put(numberKey(this.#chain, "assetName", number), key);
    }
    return { numbers, next: free, added: missing };
  }

  /** To be called when the batch is written. */
  keep(resolved: ResolvedAssets): void {
    for (const asset of resolved.added) this.#remember(asset, resolved.numbers.get(asset) as number);
  }

  #remember(asset: Asset, number: number): void {
    this.#numbers.set(asset, number);
    this.#names.set(number, asset);
  }

  #decode(asset: Asset, value: Uint8Array): number {
    try {
      return decodeNumber(value);
    } catch (error) {
      throw corruptRow(`the number of asset ${asset}`, error);
    }
  }

  #decodeName(number: number, value: Uint8Array): Asset {
    try {
      return keyText(value);
    } catch (error) {
      throw corruptRow(`the name of asset ${number}`, error);
    }
  }
}

export type ResolvedAssets = {
  readonly numbers: ReadonlyMap<Asset, number>;
  /** The next free number after these. */
  readonly next: number;
  /** Those not in memory before. */
  readonly added: readonly Asset[];
};
