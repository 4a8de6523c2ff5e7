import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/** A node says that the chain has no block at a height. Nothing is wrong with that until a block says otherwise. */
export class SkippedHeight extends HeadwaterError {
  constructor(chainId: string, height: number, node: PoolNode) {
    super("node-block-skipped", `${chainId}: node ${node.config.name} says that height ${height} is skipped`, {
      details: { height, node: node.config.name },
    });
  }
}

/**
 * Which nodes said of which heights that they have no block. What proves it is the parent that the next block names; where
 * that shows the word to be false, it is the node's fault.
 */
export class SkipWords {
  readonly #byHeight = new Map<number, Set<PoolNode>>();
  readonly #mistaken = new Set<PoolNode>();

  note(height: number, node: PoolNode): void {
    const nodes = this.#byHeight.get(height);
    if (nodes) nodes.add(node);
    else {
      const [oldest] = this.#byHeight.keys();
      if (this.#byHeight.size >= LIMITS.skipWords && oldest !== undefined) this.#byHeight.delete(oldest);
      this.#byHeight.set(height, new Set([node]));
    }
  }

  /** Whether some node said that the height has no block. */
  has(height: number): boolean {
    return this.#byHeight.has(height);
  }

  /** A block there is named by another: who said otherwise is not believed until `forgive`. */
  refute(height: number): void {
    for (const node of this.#byHeight.get(height) ?? []) this.#mistaken.add(node);
  }

  /** Whether the node's word is enough to go on without the block. */
  believes(node: PoolNode): boolean {
    return !this.#mistaken.has(node);
  }

  /** What was said before counts for nothing any more: nodes may have been on another branch. */
  forgive(): void {
    this.#byHeight.clear();
    this.#mistaken.clear();
  }

  /** The chain has this block for certain: whoever said that its height is skipped told a falsehood. */
  settle({ height, hash }: BlockRef): void {
    for (const node of this.#byHeight.get(height) ?? []) {
      const { name } = node.config;
      const message = `node ${name}: said that height ${height} is skipped, the chain has block ${hash} there`;
      node.noteFault(new HeadwaterError("node-wrong-block", message, { details: { height, hash } }), "backfill");
    }
    this.#byHeight.delete(height);
  }
}
