import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { errorToData } from "../core/errors.ts";
import type { Asset, AssetInfo } from "../core/model.ts";
import type { NodeSet } from "./node-set.ts";

export const NAMELESS: AssetInfo = { symbol: null, decimals: null };

type Sources = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodeSet;
  readonly logger: Logger;
};

/** Names and decimals: read from nodes once and kept. What cannot be read is null, that is no error. */
export async function readAssetNames(
  { chain, ledger, nodes, logger }: Sources,
  view: LedgerView,
  assets: ReadonlySet<Asset>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Asset, AssetInfo>> {
  const names = new Map<Asset, AssetInfo>();
  const missing: Asset[] = [];
  for (const asset of assets) {
    const known = asset === chain.info.nativeAsset ? chain.info.nativeInfo : await view.assetInfo(asset);
    names.set(asset, known ?? NAMELESS);
    if (!known) missing.push(asset);
  }
  if (missing.length === 0) return names;
  try {
    const told = await nodes.attempt(
      (node) => node.client.readAssetInfo(missing, { work: "read", ...(signal && { signal }) }),
      {
        attempts: nodes.nodes.length,
        what: `${chain.info.id}: names of ${missing.length} assets`,
        ...(signal && { signal }),
      },
    );
    const entries = missing.map((asset, i) => ({ asset, info: told[i] ?? NAMELESS }));
    for (const { asset, info } of entries) names.set(asset, info);
    await ledger.putAssetInfo(entries);
  } catch (error) {
    signal?.throwIfAborted();
    logger.warn({ chain: chain.info.id, error: errorToData(error) }, "names of assets could not be read");
  }
  return names;
}
