import type { LedgerView } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";

/**
 * Where another branch leaves ours: at a block that both share, upon which `theirs` is the branch's next, or not above our
 * finalized or first block.
 */
export type ForkPoint =
  | { readonly kind: "shared"; readonly ref: BlockRef; readonly theirs: BlockRef }
  | { readonly kind: "below" };

/**
 * Walks back from a block of another branch, by parent hash, to the newest block that both branches share.
 *
 * @param branch a block that is not on our chain
 * @param fetchParent gives the header of the parent of a block
 * @throws HeadwaterError `agreement-insufficient` when the way is longer than any that is followed
 */
export async function findForkPoint(
  view: LedgerView,
  branch: BlockRef,
  startHeight: number,
  fetchParent: (of: BlockRef) => Promise<BlockRef>,
): Promise<ForkPoint> {
  const floor = Math.max(view.position?.finalized?.height ?? -1, startHeight - 1);
  let ref = branch;
  for (let depth = 0; depth < LIMITS.reorgDepth; depth++) {
    const shared = await view.block(ref.parentHash);
    // A branch that skips the height of the finalized block meets ours below it.
    if (shared) return shared.ref.height < floor ? { kind: "below" } : { kind: "shared", ref: shared.ref, theirs: ref };
    if (ref.parentHeight <= floor) return { kind: "below" };
    const parent = await fetchParent(ref);
    if (parent.height >= ref.height) break;
    ref = parent;
  }
  throw new HeadwaterError(
    "agreement-insufficient",
    `no block is shared within ${LIMITS.reorgDepth} blocks below ${branch.hash}`,
    { details: { height: branch.height, branch: branch.hash } },
  );
}
