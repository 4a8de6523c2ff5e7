import type { ChainLedger } from "../../core/contracts/store.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";

/** The newest committed blocks in memory: tells without I/O whether a block is on our chain. */
export class RecentChain {
  readonly #byHeight = new Map<number, BlockRef>();
  readonly #refs: BlockRef[] = [];

  get tip(): BlockRef | undefined {
    return this.#refs.at(-1);
  }

  /** The lowest block kept. */
  get first(): BlockRef | undefined {
    return this.#refs[0];
  }

  /** Whether the height is among those kept, so that an unknown hash at it is a hash of another branch. */
  covers(height: number): boolean {
    return this.first !== undefined && height >= this.first.height && height <= (this.tip as BlockRef).height;
  }

  /** Our block at this height, where it is kept. */
  at(height: number): BlockRef | undefined {
    return this.#byHeight.get(height);
  }

  has({ height, hash }: Pick<BlockRef, "height" | "hash">): boolean {
    return this.#byHeight.get(height)?.hash === hash;
  }

  /** How many of the blocks kept are above the height. */
  countAbove(height: number): number {
    let count = 0;
    for (let i = this.#refs.length - 1; i >= 0 && (this.#refs[i] as BlockRef).height > height; i--) count++;
    return count;
  }

  append(ref: BlockRef): void {
    this.#refs.push(ref);
    this.#byHeight.set(ref.height, ref);
    if (this.#refs.length > LIMITS.recentBlocks) this.#byHeight.delete((this.#refs.shift() as BlockRef).height);
  }

  /** Forgets every block above the height. */
  truncate(height: number): void {
    while (this.#refs.length > 0 && (this.tip as BlockRef).height > height) {
      this.#byHeight.delete((this.#refs.pop() as BlockRef).height);
    }
  }
}

/** The newest committed blocks as the store has them, oldest first, as many as are kept in memory. */
export async function readRecent(ledger: ChainLedger): Promise<readonly BlockRef[]> {
  using view = ledger.view();
  const refs: BlockRef[] = [];
  let at = view.position?.tip.hash;
  while (at !== undefined && refs.length < LIMITS.recentBlocks) {
    const block = await view.block(at);
    if (!block) break;
    refs.push(block.ref);
    at = block.ref.parentHash;
  }
  return refs.reverse();
}
