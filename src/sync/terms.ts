import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerStore, LedgerTerms } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import { describeMissingQuorum } from "./agreement/missing-quorum.ts";
import { countVoices, isQuorate } from "./agreement/quorum.ts";
import type { Standing } from "./agreement/standing.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/**
 * Opens a chain's ledger on the terms that bind it: decoding profile and first height. They are chosen at the first start,
 * from what the nodes can do and where they stand, and kept from then on.
 *
 * @throws HeadwaterError `not-ready` while no node told what is needed, `store-incompatible` when the configuration asks
 *   for other terms than the store was written with, `plugin-invalid` when no hash proves content that takes two looks
 */
export async function openLedger(
  store: LedgerStore,
  config: ChainConfig,
  chain: Chain,
  nodes: readonly PoolNode[],
  standing: Standing,
): Promise<ChainLedger> {
  const stored = (await store.chains()).find((terms) => terms.chain === config.id);
  const probes = nodes.flatMap((node) => (node.usable && node.probe ? [node.probe] : []));
  if (stored) {
    const profile = chain.selectProfile(probes, stored.profile);
    const { from } = config.index;
    const startHeight = typeof from === "number" ? from : stored.startHeight;
    assertComparable(chain, profile);
    return await store.openChain(termsOf(config, chain, profile, startHeight));
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
  const startHeight = firstHeight(config, chain, nodes, standing);
  const profile = chain.selectProfile(probes);
  assertComparable(chain, profile);
  return await store.openChain(termsOf(config, chain, profile, startHeight));
}

/** Copies of a block are compared by what they come to, which those with outputs do not show before their turn. */
function assertComparable(chain: Chain, profile: string): void {
  if (chain.provesContent?.(profile) !== false || chain.listsOutputs?.(profile) !== true) return;
  throw new HeadwaterError(
    "plugin-invalid",
    `${chain.info.id}: under the profile ${profile} blocks list outputs and no hash proves their content; the engine cannot have both`,
  );
}

/** @throws HeadwaterError `config-invalid` for a scope that the chain's ledger cannot have */
function termsOf(config: ChainConfig, chain: Chain, profile: string, startHeight: number): LedgerTerms {
  const { scope } = config.index;
  if (scope === "watched" && chain.listsOutputs?.(profile)) {
    throw new HeadwaterError(
      "config-invalid",
      `${config.id}: index.scope: watched is not possible here: blocks name the outputs that they spend and tell neither owner nor amount, so that the ledger must know every output. Use scope all, or begin later than the chain with nodes that tell what blocks spend`,
      { details: { chain: config.id, profile, scope } },
    );
  }
  return { chain: config.id, profile, startHeight, scope };
}

function firstHeight(config: ChainConfig, chain: Chain, nodes: readonly PoolNode[], standing: Standing): number {
  const { from } = config.index;
  const { finality } = chain.info;
  if (typeof from === "number") return from;
  if (from === "latest" || finality.kind === "depth") {
    const agreed = standing.agreed?.ref;
    const depth = from === "finalized" && finality.kind === "depth" ? finality.finalized : 1;
    // A chain that is shorter than that has no final block yet.
    if (agreed) return Math.max(0, agreed.height - depth + 1);
    throw new HeadwaterError(
      "not-ready",
      `${config.id}: no tip is agreed yet, so index.from: ${from} is not known (${describeMissingQuorum(nodes, standing) ?? "nodes are being asked"})`,
    );
  }
  const words = nodes.flatMap(({ config: voice, mayVote, tips }) =>
    mayVote && tips?.finalized ? [{ voice, height: tips.finalized.height }] : [],
  );
  words.sort((a, b) => b.height - a.height);
  for (const [i, { height }] of words.entries()) {
    // Whoever calls a higher block final calls this height final, too.
    if (isQuorate(countVoices(words.slice(0, i + 1).map(({ voice }) => voice)), standing.quorum)) return height;
  }
  throw new HeadwaterError(
    "not-ready",
    `${config.id}: too few nodes told a finalized block, so index.from: finalized is not known; name a height instead`,
  );
}
