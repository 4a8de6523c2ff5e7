import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { errorToData } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, AssetInfo } from "../core/model.ts";
import { Recent } from "../core/recent.ts";
import type { NodePool } from "./pool/node-pool.ts";

export const NAMELESS: AssetInfo = { symbol: null, decimals: null };

export type AssetNamesOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly logger: Logger;
};

/** Names and decimals: read from nodes once and kept. What cannot be read is null, that is no error. */
export class AssetNames {
  readonly #options: AssetNamesOptions;
  /** Names do not change with blocks, so one cache serves every view. */
  readonly #known = new Recent<Asset, AssetInfo>(LIMITS.assetCacheEntries);

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
    for (const asset of assets) {
      if (names.has(asset)) continue;
      let info = this.known(asset);
      if (!info) {
        info = await view.assetInfo(asset);
        if (info) this.#known.set(asset, info);
        else missing.push(asset);
      }
      names.set(asset, info ?? NAMELESS);
    }
    if (missing.length === 0) return names;
    for (const [asset, info] of await this.#ask(missing, signal)) names.set(asset, info);
    return names;
  }

  async #ask(missing: readonly Asset[], signal: AbortSignal | undefined): Promise<ReadonlyMap<Asset, AssetInfo>> {
    const { chain, ledger, nodes, logger } = this.#options;
    try {
      const told = await nodes.request((node, call) => node.client.readAssetInfo(missing, call), {
        work: "read",
        attempts: nodes.nodes.length,
        what: `${chain.info.id}: names of ${missing.length} assets`,
        ...(signal && { signal }),
      });
      const entries = missing.map((asset, i) => ({ asset, info: told[i] ?? NAMELESS }));
      await ledger.putAssetInfo(entries);
      return new Map(entries.map(({ asset, info }) => [asset, info]));
    } catch (error) {
      signal?.throwIfAborted();
      logger.warn({ chain: chain.info.id, error: errorToData(error) }, "names of assets could not be read");
      return new Map();
    }
  }
}
