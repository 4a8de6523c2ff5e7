import { LRUCache } from "lru-cache";
import { LIMITS } from "../../../core/limits.ts";
import { decodeNumber } from "../block-rows.ts";
import { textKey } from "../keys.ts";
import { openRow } from "../packed-row.ts";
import type { RowReader } from "../reader.ts";

/** Account and asset numbers as the checked state of the store has them. */
export class StoredNumbers {
  readonly #reader: RowReader;
  readonly #chain: number;
  readonly #accounts = new LRUCache<string, number>({ max: LIMITS.accountCacheEntries });
  readonly #assets = new LRUCache<string, number>({ max: LIMITS.assetCacheEntries });

  constructor(reader: RowReader, chain: number) {
    this.#reader = reader;
    this.#chain = chain;
  }

  accounts(texts: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#resolve(texts, "account", this.#accounts, (value) => openRow(value).number);
  }

  assets(texts: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#resolve(texts, "asset", this.#assets, decodeNumber);
  }

  async #resolve(
    texts: readonly string[],
    table: "account" | "asset",
    cache: LRUCache<string, number>,
    decode: (value: Uint8Array) => number,
  ): Promise<ReadonlyMap<string, number>> {
    const numbers = new Map<string, number>();
    const missing: string[] = [];
    for (const text of texts) {
      const known = cache.get(text);
      if (known === undefined) missing.push(text);
      else numbers.set(text, known);
    }
    const values = await this.#reader.getMany(missing.map((text) => textKey(this.#chain, table, text)));
    for (const [i, text] of missing.entries()) {
      const value = values[i];
      if (value === undefined) continue;
      const number = decode(value);
      numbers.set(text, number);
      cache.set(text, number);
    }
    return numbers;
  }
}
