import type { BlockRef } from "../../core/model.ts";
import type { HeaderTree } from "./header-tree.ts";
import type { RecentChain } from "./recent-chain.ts";

/**
 * The chain that enough operators agreed on, as far as it is known: down from the agreed block by the likeliest links, and
 * our own blocks from where it meets them. What is committed was agreed, so our chain is it where nothing else is.
 */
export class AgreedChain {
  /** The blocks that are not ours, highest first. */
  readonly ahead: readonly BlockRef[];
  /** Our block that the others stand on. Undefined where the way down to our chain is not known. */
  readonly join: BlockRef | undefined;
  readonly #byHeight: ReadonlyMap<number, BlockRef>;
  readonly #recent: RecentChain;

  constructor(tree: HeaderTree, recent: RecentChain, agreed: BlockRef | undefined) {
    const ahead: BlockRef[] = [];
    let join = agreed === undefined || recent.has(agreed) ? recent.tip : undefined;
    for (let header = agreed && !join ? tree.find(agreed) : undefined; header; ) {
      const ref = tree.bestWord(header);
      ahead.push(ref);
      const below = { height: ref.parentHeight, hash: ref.parentHash };
      if (recent.has(below)) {
        join = recent.at(below.height);
        break;
      }
      header = tree.parentBy(ref);
    }
    this.ahead = ahead;
    this.join = join;
    this.#byHeight = new Map(ahead.map((ref) => [ref.height, ref]));
    this.#recent = recent;
  }

  get tip(): BlockRef | undefined {
    return this.ahead[0] ?? this.join;
  }

  /** The chain's block at a height; null where it skips the height, undefined where that is not known. */
  at(height: number): BlockRef | null | undefined {
    const { tip, join } = this;
    if (!tip || height > tip.height) return undefined;
    const lowest = this.ahead.at(-1);
    if (lowest && height >= lowest.height) return this.#byHeight.get(height) ?? null;
    if (!join) return undefined;
    if (height > join.height) return null;
    return this.#recent.covers(height) ? (this.#recent.at(height) ?? null) : undefined;
  }

  /** How many blocks the chain has above a height; undefined where the way down to it is not known. */
  blocksAbove(height: number): number | undefined {
    const { ahead, join } = this;
    const lowest = ahead.at(-1);
    if (lowest && height >= lowest.parentHeight) return ahead.filter((ref) => ref.height > height).length;
    if (!join || !(this.#recent.covers(height) || height >= join.height)) return undefined;
    const ours = this.#recent.countAbove(height) - this.#recent.countAbove(join.height);
    return ahead.length + Math.max(0, ours);
  }
}
