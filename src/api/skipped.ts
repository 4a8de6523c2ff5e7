import type { ChainService } from "../core/contracts/service.ts";
import type { LedgerView } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";

/** The indexed blocks beside a height that the chain skips; none below where the index begins above. */
export type Beside = { readonly below: BlockRef | undefined; readonly above: BlockRef };

/**
 * Looks beside an indexed height that has no block.
 * @throws HeadwaterError `store-corrupt` when the block above does not say that the height is skipped
 */
export async function findBeside(service: ChainService, view: LedgerView, height: number): Promise<Beside> {
  const [below, above] = await Promise.all([view.nearestBlock(height, "below"), view.nearestBlock(height, "above")]);
  if (above && above.ref.parentHeight < height) return { below: below?.ref, above: above.ref };
  throw new HeadwaterError("store-corrupt", `${service.id} has no row of its block ${height}`, { details: { height } });
}

/** What is answered when a height without a block is asked for its block. */
export function skippedHeight({ id }: ChainService, height: number, { below, above }: Beside): HeadwaterError {
  const beside = below ? `the blocks beside it are ${below.height} and ${above.height}` : `the next is ${above.height}`;
  return new HeadwaterError("block-skipped", `${id} has no block at height ${height}: ${beside}`, {
    details: { chain: id, height, below: below?.height ?? null, above: above.height },
  });
}
