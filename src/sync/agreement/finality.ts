import type { FinalityRule } from "../../core/contracts/plugin.ts";
import type { Voice } from "../../core/contracts/records.ts";
import type { FinalityMarks, LedgerView } from "../../core/contracts/store.ts";
import type { BlockRef } from "../../core/model.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import { countVoices, isQuorate, type Quorum, voiceOf } from "./quorum.ts";

/** One node's word that a block of ours, with all below it, is safe or final. */
type Word = { readonly voice: Voice; readonly ref: BlockRef };

export type FinalitySources = {
  readonly rule: FinalityRule;
  /** There may be heights without a block, which count for nothing. */
  readonly skipsHeights: boolean;
  readonly nodes: readonly PoolNode[];
  readonly quorum: Quorum;
  /** Our highest block that the node is known to stand on or above, by height; -1 where none is known. */
  readonly heightOf: (node: PoolNode) => number;
};

/**
 * The marks that the chain's rule gives for what is indexed now. With tags, a block is final when a quorum
 * calls it or a later block of the same chain final; no word counts whose block contradicts ours.
 */
export async function assessFinality(sources: FinalitySources, view: LedgerView): Promise<FinalityMarks> {
  const tip = view.position?.tip;
  if (!tip) return { safe: null, finalized: null };
  const { rule, skipsHeights } = sources;
  if (rule.kind === "depth") {
    const at = skipsHeights ? walkToDepth : blockAtDepth;
    return { safe: await at(view, tip, rule.safe), finalized: await at(view, tip, rule.finalized) };
  }
  return {
    safe: await highestAgreed("safe", sources, tip, view),
    finalized: await highestAgreed("finalized", sources, tip, view),
  };
}

async function blockAtDepth(view: LedgerView, tip: BlockRef, depth: number): Promise<BlockRef | null> {
  const height = tip.height - depth + 1;
  return height < 0 ? null : ((await view.block(height))?.ref ?? null);
}

/** The same where not every height has a block: block by block. */
async function walkToDepth(view: LedgerView, tip: BlockRef, depth: number): Promise<BlockRef | null> {
  let ref: BlockRef | undefined = tip;
  for (let blocks = 1; ref && blocks < depth; blocks++) {
    const below: BlockRef | undefined = (await view.block(ref.parentHeight))?.ref;
    ref = below;
  }
  return ref ?? null;
}

async function highestAgreed(
  mark: "safe" | "finalized",
  { nodes, quorum, heightOf }: FinalitySources,
  tip: BlockRef,
  view: LedgerView,
): Promise<BlockRef | null> {
  const words: Word[] = [];
  for (const node of nodes) {
    const told = node.mayVote ? node.tips?.[mark] : undefined;
    if (!told) continue;
    // What it calls final above all we have stands on whatever of ours it stands on.
    const height = told.height > tip.height ? heightOf(node) : told.height;
    const ours = height < 0 ? undefined : (await view.block(height))?.ref;
    if (!ours || (told.height <= tip.height && ours.hash !== told.hash)) continue;
    words.push({ voice: voiceOf(node), ref: ours });
  }
  // Who calls a block final calls all below it final, too: the first height with enough voices is the highest.
  words.sort((a, b) => b.ref.height - a.ref.height);
  for (const [i, { ref }] of words.entries()) {
    if (isQuorate(countVoices(words.slice(0, i + 1).map(({ voice }) => voice)), quorum)) return ref;
  }
  return null;
}
