import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { errorToData } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, AssetInfo } from "../core/model.ts";
import { Recent } from "../core/recent.ts";
import type { AgreedReads } from "./agreed-reads.ts";

export const NAMELESS: AssetInfo = { symbol: null, decimals: null };

/** How long an asset is nameless on whose name operators did not agree, milliseconds. */
const UNSETTLED_MS = 60_000;

export type AssetNamesOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly reads: AgreedReads;
  readonly logger: Logger;
};

/**
 * Names and decimals: read once from as many operators as are believed, and kept. What cannot be read is null, that is no
 * error. What operators do not agree on is null too, and asked for again a while later.
 */
export class AssetNames {
  readonly #options: AssetNamesOptions;
  /** Names do not change with blocks, so one cache serves every view. */
  readonly #known = new Recent<Asset, AssetInfo>(LIMITS.assetCacheEntries);
  /** Until when it is of no use to ask again, milliseconds since the Unix epoch. */
  readonly #unsettled = new Recent<Asset, number>(LIMITS.assetCacheEntries);

  constructor(options: AssetNamesOptions) {
    this.#options = options;
  }

  /** What is in memory. */
  known(asset: Asset): AssetInfo | undefined {
    const { nativeAsset, nativeInfo } = this.#options.chain.info;
    return asset === nativeAsset ? nativeInfo : this.#known.get(asset);
  }

  async read(view: LedgerView, assets: Iterable<Asset>, signal?: AbortSignal): Promise<ReadonlyMap<Asset, AssetInfo>> {
    const names = new Map<Asset, AssetInfo>();
    const missing: Asset[] = [];
    const now = this.#options.reads.clock.now();
    for (const asset of assets) {
      if (names.has(asset)) continue;
      let info = this.known(asset);
      if (!info) {
        info = await view.assetInfo(asset);
        if (info) this.#known.set(asset, info);
        else if ((this.#unsettled.get(asset) ?? 0) <= now) missing.push(asset);
      }
      names.set(asset, info ?? NAMELESS);
    }
    if (missing.length === 0) return names;
    for (const [asset, info] of await this.#ask(missing, signal)) names.set(asset, info);
    return names;
  }

  async #ask(missing: readonly Asset[], signal: AbortSignal | undefined): Promise<ReadonlyMap<Asset, AssetInfo>> {
    const { chain, ledger, reads, logger } = this.#options;
    try {
      const poll = await reads.poll(missing, {
        read: async (node, open, call) => {
          const told = await node.client.readAssetInfo(open, call);
          return open.map((_, i) => told[i] ?? NAMELESS);
        },
        keyOf: ({ symbol, decimals }) => `${decimals} ${symbol}`,
        what: `${chain.info.id}: names of ${missing.length} assets`,
        work: "read",
        signal,
      });
      const entries = missing.flatMap((asset, i) => {
        const info = poll?.items[i]?.settled?.said;
        if (!info) this.#unsettled.set(asset, reads.clock.now() + UNSETTLED_MS);
        return info ? [{ asset, info }] : [];
      });
      if (entries.length > 0) await ledger.putAssetInfo(entries);
      return new Map(entries.map(({ asset, info }) => [asset, info]));
    } catch (error) {
      signal?.throwIfAborted();
      logger.warn({ chain: chain.info.id, error: errorToData(error) }, "names of assets could not be read");
      return new Map();
    }
  }
}
