import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";

/** The newest committed blocks in memory: tells without I/O whether a hash is on our chain. */
export class RecentChain {
  readonly #byHash = new Map<string, BlockRef>();
  readonly #refs: BlockRef[] = [];

  get tip(): BlockRef | undefined {
    return this.#refs.at(-1);
  }

  /** Whether the height is among those kept, so that an unknown hash at it is a hash of another branch. */
  covers(height: number): boolean {
    const first = this.#refs[0];
    return first !== undefined && height >= first.height && height <= (this.tip as BlockRef).height;
  }

  heightOf(hash: string): number | undefined {
    return this.#byHash.get(hash)?.height;
  }

  append(ref: BlockRef): void {
    this.#refs.push(ref);
    this.#byHash.set(ref.hash, ref);
    if (this.#refs.length > LIMITS.recentBlocks) this.#byHash.delete((this.#refs.shift() as BlockRef).hash);
  }

  /** Forgets every block above the height. */
  truncate(height: number): void {
    while (this.#refs.length > 0 && (this.tip as BlockRef).height > height) {
      this.#byHash.delete((this.#refs.pop() as BlockRef).hash);
    }
  }
}
