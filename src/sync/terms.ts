import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerStore } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/**
 * Opens a chain's ledger on the terms that bind it: decoding profile and first height. They are chosen at the first start,
 * from what the nodes can do and where they stand, and kept from then on.
 *
 * @throws HeadwaterError `not-ready` while no node told what is needed, `store-incompatible` when the configuration asks
 *   for other terms than the store was written with
 */
export async function openLedger(
  store: LedgerStore,
  config: ChainConfig,
  chain: Chain,
  nodes: readonly PoolNode[],
  bestTip: BlockRef | undefined,
): Promise<ChainLedger> {
  const stored = (await store.chains()).find((terms) => terms.chain === config.id);
  const probes = nodes.flatMap((node) => (node.usable && node.probe ? [node.probe] : []));
  if (stored) {
    const profile = chain.selectProfile(probes, stored.profile);
    const { from } = config.index;
    const startHeight = typeof from === "number" ? from : stored.startHeight;
    return await store.openChain({ chain: config.id, profile, startHeight });
  }
  if (probes.length === 0) {
    const said = nodes.map(
      (node) => `${node.config.name}: ${node.lastError?.text ?? ([...node.causes].join(", ") || "no answer yet")}`,
    );
    throw new HeadwaterError(
      "not-ready",
      `${config.id}: no node answers yet, so the index cannot begin (${said.join("; ")})`,
    );
  }
  const startHeight = firstHeight(config, nodes, bestTip);
  return await store.openChain({ chain: config.id, profile: chain.selectProfile(probes), startHeight });
}

function firstHeight(config: ChainConfig, nodes: readonly PoolNode[], bestTip: BlockRef | undefined): number {
  const { from } = config.index;
  if (typeof from === "number") return from;
  if (from === "latest") {
    if (bestTip) return bestTip.height;
    throw new HeadwaterError("not-ready", `${config.id}: no node told its tip yet, so index.from: latest is not known`);
  }
  const heights = nodes.flatMap(({ usable, tips }) => (usable && tips?.finalized ? [tips.finalized.height] : []));
  if (heights.length > 0) return Math.min(...heights);
  throw new HeadwaterError(
    "not-ready",
    `${config.id}: no node told a finalized block, so index.from: finalized is not known; name a height instead`,
  );
}
