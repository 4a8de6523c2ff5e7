import type { FinalityRule } from "../../core/contracts/plugin.ts";
import type { FinalityMarks, LedgerView } from "../../core/contracts/store.ts";
import type { BlockRef } from "../../core/model.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import { countVoices, isQuorate, type Quorum } from "./quorum.ts";

/** One node's word that a block is safe or final. */
type Word = { readonly node: PoolNode; readonly ref: BlockRef };

/**
 * The marks that the chain's rule gives for what is indexed now. With tags, a block is final when a quorum
 * calls it or a later block of our chain final; no word counts whose block is not ours.
 */
export async function assessFinality(
  rule: FinalityRule,
  nodes: readonly PoolNode[],
  quorum: Quorum,
  view: LedgerView,
): Promise<FinalityMarks> {
  const tip = view.position?.tip;
  if (!tip) return { safe: null, finalized: null };
  if (rule.kind === "depth") {
    return {
      safe: await blockAtDepth(view, tip, rule.safe),
      finalized: await blockAtDepth(view, tip, rule.finalized),
    };
  }
  const usable = nodes.filter((node) => node.usable && node.tips);
  const words = (mark: "safe" | "finalized"): Word[] =>
    usable.flatMap((node) => {
      const ref = node.tips?.[mark];
      return ref ? [{ node, ref }] : [];
    });
  return {
    safe: await highestAgreed(words("safe"), quorum, view),
    finalized: await highestAgreed(words("finalized"), quorum, view),
  };
}

async function blockAtDepth(view: LedgerView, tip: BlockRef, depth: number): Promise<BlockRef | null> {
  const height = tip.height - depth + 1;
  return height < 0 ? null : ((await view.block(height))?.ref ?? null);
}

async function highestAgreed(words: readonly Word[], quorum: Quorum, view: LedgerView): Promise<BlockRef | null> {
  const ours: Word[] = [];
  for (const word of words) {
    const block = await view.block(word.ref.height);
    if (block?.ref.hash === word.ref.hash) ours.push({ node: word.node, ref: block.ref });
  }
  // Who calls a block final calls all below it final, too: the first height with enough voices is the highest.
  ours.sort((a, b) => b.ref.height - a.ref.height);
  for (const [i, { ref }] of ours.entries()) {
    if (isQuorate(countVoices(ours.slice(0, i + 1).map(({ node }) => node)), quorum)) return ref;
  }
  return null;
}

/** Nodes whose finalized block contradicts ours, at a height that we hold final. */
export async function contradictingFinal(nodes: readonly PoolNode[], view: LedgerView): Promise<PoolNode[]> {
  const finalizedHeight = view.position?.finalized?.height ?? -1;
  const against: PoolNode[] = [];
  for (const node of nodes) {
    const ref = node.tips?.finalized;
    if (!ref || ref.height > finalizedHeight) continue;
    const ours = await view.block(ref.height);
    if (ours && ours.ref.hash !== ref.hash) against.push(node);
  }
  return against;
}
