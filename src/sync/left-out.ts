import type { WorkClass } from "../core/contracts/plugin.ts";
import { LIMITS } from "../core/limits.ts";
import type { FetchedBlock, Obtain } from "./block-pipeline.ts";
import type { ListedPlan } from "./listed-plan.ts";
import type { SkipWords } from "./skip-words.ts";

export type LeftOutOptions = {
  readonly obtain: Obtain;
  readonly plan: ListedPlan;
  readonly skips: SkipWords;
  /** Resolves when enough operators stand behind the block. Rejects when they do not. */
  readonly confirm: (block: FetchedBlock) => Promise<void>;
};

/**
 * Fetches what the plan left out below a block: the parents, by hash, down to the height up to which all blocks are given
 * out.
 *
 * @param passed all blocks up to this height are given out
 * @returns the blocks left out, lowest first; undefined when there are more than are fetched so
 * @throws what `confirm` and `obtain` throw
 */
export async function fetchLeftOut(
  { obtain, plan, skips, confirm }: LeftOutOptions,
  block: FetchedBlock,
  passed: number,
  work: WorkClass,
  signal: AbortSignal,
): Promise<readonly FetchedBlock[] | undefined> {
  // A node on a branch of its own names parents that nobody else has.
  await confirm(block);
  const found: FetchedBlock[] = [];
  for (let { ref } = block; ref.parentHeight > passed; ) {
    const { parentHeight: height, parentHash: hash } = ref;
    plan.noteLeftOut(height);
    skips.refute(height);
    if (found.length >= LIMITS.leftOutBlocks) return undefined;
    const below = await obtain({ height, hash }, work, signal);
    found.unshift(below);
    ref = below.ref;
  }
  return found;
}
