import type { BlockLocator } from "../../core/contracts/plugin.ts";
import type { LedgerView } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";

/**
 * Walks back from a block of another branch, by parent hash, to the newest block that both branches share.
 *
 * @param branch a block that is not on our chain, with its parent not our tip
 * @throws HeadwaterError `finality-conflict` when the branches part at or below our finalized block, or below the index's
 *   first block; its details name both blocks
 */
export async function findForkPoint(
  view: LedgerView,
  branch: BlockRef,
  startHeight: number,
  fetchHeader: (at: BlockLocator) => Promise<BlockRef>,
): Promise<BlockRef> {
  const finalizedHeight = view.position?.finalized?.height ?? -1;
  let ref = branch;
  for (let depth = 0; depth < LIMITS.reorgDepth; depth++) {
    const shared = await view.block(ref.parentHash);
    if (shared) return shared.ref;
    if (ref.parentHeight <= finalizedHeight || ref.parentHeight < startHeight) {
      const ours = await view.block(ref.parentHeight);
      const floor = ref.parentHeight <= finalizedHeight ? "the finalized block" : "the first indexed block";
      throw new HeadwaterError(
        "finality-conflict",
        `at height ${ref.parentHeight}, not above ${floor}, nodes stand on ${ref.parentHash}, the index on ${ours?.ref.hash ?? "nothing"}`,
        {
          details: {
            height: ref.parentHeight,
            theirs: ref.parentHash,
            ours: ours?.ref.hash ?? null,
            branch: branch.hash,
          },
        },
      );
    }
    ref = await fetchHeader({ hash: ref.parentHash, height: ref.parentHeight });
  }
  throw new HeadwaterError(
    "finality-conflict",
    `no common block within ${LIMITS.reorgDepth} blocks below ${branch.hash}`,
    {
      details: { height: branch.height, branch: branch.hash },
    },
  );
}
