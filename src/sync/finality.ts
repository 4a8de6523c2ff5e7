import type { FinalityRule } from "../core/contracts/plugin.ts";
import type { FinalityMarks, LedgerView } from "../core/contracts/store.ts";
import type { BlockRef } from "../core/model.ts";
import type { SyncNode } from "./node-set.ts";

/** One operator's word that a block is safe or final. */
type Word = { readonly operator: string; readonly ref: BlockRef };

/**
 * The marks that the chain's rule gives for what is indexed now. With tags, a block is final when `required` operators
 * call it or a later block of our chain final; no word counts whose block is not ours.
 */
export async function assessFinality(
  rule: FinalityRule,
  nodes: readonly SyncNode[],
  required: number,
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
    usable.flatMap(({ config, tips }) => {
      const ref = tips?.[mark];
      return ref ? [{ operator: config.operator, ref }] : [];
    });
  return {
    safe: await highestAgreed(words("safe"), required, view),
    finalized: await highestAgreed(words("finalized"), required, view),
  };
}

async function blockAtDepth(view: LedgerView, tip: BlockRef, depth: number): Promise<BlockRef | null> {
  const height = tip.height - depth + 1;
  return height < 0 ? null : ((await view.block(height))?.ref ?? null);
}

async function highestAgreed(words: readonly Word[], required: number, view: LedgerView): Promise<BlockRef | null> {
  const highest = new Map<string, BlockRef>();
  for (const { operator, ref } of words) {
    if (ref.height <= (highest.get(operator)?.height ?? -1)) continue;
    const ours = await view.block(ref.height);
    if (ours?.ref.hash === ref.hash) highest.set(operator, ours.ref);
  }
  const descending = [...highest.values()].sort((a, b) => b.height - a.height);
  return descending[required - 1] ?? null;
}

/** Nodes whose finalized block contradicts ours, at a height that we hold final. */
export async function contradictingFinal(nodes: readonly SyncNode[], view: LedgerView): Promise<SyncNode[]> {
  const finalizedHeight = view.position?.finalized?.height ?? -1;
  const against: SyncNode[] = [];
  for (const node of nodes) {
    const ref = node.tips?.finalized;
    if (!ref || ref.height > finalizedHeight) continue;
    const ours = await view.block(ref.height);
    if (ours && ours.ref.hash !== ref.hash) against.push(node);
  }
  return against;
}
