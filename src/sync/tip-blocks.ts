import type { Logger } from "../core/contracts/logger.ts";
import { asHeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { RecentChain } from "./agreement/recent-chain.ts";
import type { FetchedBlock } from "./block-pipeline.ts";
import type { BlockCopies } from "./content/block-copies.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type TipBlocksOptions = {
  readonly chainId: string;
  readonly recent: RecentChain;
  readonly logger: Logger;
  /** Fetches a block by its hash from one node, verifies and decodes it as far as that can be done before its turn. */
  readonly fetchFrom: (node: PoolNode, at: { height: number; hash: string }) => Promise<FetchedBlock>;
  /** Where one node's word is not enough for the block's content: what is to hold the copies of it. */
  readonly gather: (at: { height: number; hash: string }) => BlockCopies | undefined;
};

/** A block that a node told: its parent's height is taken for the one below where it is not known. */
type TipBlock = Pick<BlockRef, "height" | "hash"> & Partial<Pick<BlockRef, "parentHeight">>;

type Entry = { readonly height: number; readonly node: PoolNode } & (
  | { readonly block: Promise<FetchedBlock>; readonly copies?: undefined }
  | { readonly block: Promise<unknown> | undefined; readonly copies: BlockCopies }
);

/**
 * Blocks near our tip that some node has told, fetched and decoded before enough operators stand behind them: when the
 * deciding vote is in, the commit is all that is left to do.
 */
export class TipBlocks {
  readonly #options: TipBlocksOptions;
  /** By hash, oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: TipBlocksOptions) {
    this.#options = options;
  }

  /**
   * Begins to fetch the block, unless that has been done, or it is not near our tip, or the node cannot give blocks. A block
   * beyond skipped heights is as near as its parent. Where copies of several nodes are compared, each of the first to tell it
   * gives one.
   */
  prefetch(node: PoolNode, told: TipBlock): Promise<unknown> | undefined {
    const { height, hash, parentHeight = height - 1 } = told;
    const known = this.#entries.get(hash);
    if (known) return this.#join(node, hash, known.copies) ?? known.block;
    const own = this.#options.recent.tip?.height;
    const isNear =
      own !== undefined && height > own - LIMITS.tipDistanceBlocks && parentHeight < own + LIMITS.tipDistanceBlocks;
    if (!isNear) return undefined;
    if (!node.servesBlocks || this.#options.recent.has({ height, hash })) return undefined;
    this.#makeRoom(node);
    const copies = this.#options.gather({ height, hash });
    if (copies) {
      const block = this.#join(node, hash, copies);
      this.#entries.set(hash, { height, node, block, copies });
      return block;
    }
    const block = this.#options.fetchFrom(node, { height, hash });
    this.#entries.set(hash, { height, node, block });
    block.catch((error: unknown) => {
      // Another node that tells it may have it.
      if (this.#entries.get(hash)?.block === block) this.#entries.delete(hash);
      this.#noteFailure(node, error);
    });
    return block;
  }

  find(hash: string): Promise<FetchedBlock> | undefined {
    const entry = this.#entries.get(hash);
    return entry?.copies ? undefined : entry?.block;
  }

  /** The copies that there are of a block, and those under way. */
  copiesOf(hash: string): BlockCopies | undefined {
    return this.#entries.get(hash)?.copies;
  }

  /** The block turned out to be wrong: whoever tells it next may have the right one. */
  drop(hash: string): void {
    this.#entries.delete(hash);
  }

  /** What is so far below our tip is of no use any more. */
  dropBelow(height: number): void {
    for (const [hash, entry] of this.#entries) if (entry.height < height) this.#entries.delete(hash);
  }

  #join(node: PoolNode, hash: string, copies: BlockCopies | undefined): Promise<unknown> | undefined {
    const copy = copies?.join(node);
    copy?.catch((error: unknown) => {
      const isEmpty = copies?.given.length === 0 && copies.underWay.size === 0;
      if (isEmpty && this.#entries.get(hash)?.copies === copies) this.#entries.delete(hash);
      this.#noteFailure(node, error);
    });
    return copy;
  }

  #noteFailure(node: PoolNode, error: unknown): void {
    const failure = asHeadwaterError(error);
    const fields = { chain: this.#options.chainId, node: node.config.name, code: failure.code };
    this.#options.logger.debug(fields, failure.message);
  }

  #makeRoom(node: PoolNode): void {
    const own = [...this.#entries].filter(([, entry]) => entry.node === node);
    for (const [hash] of own.slice(0, Math.max(0, own.length + 1 - LIMITS.nodeTipBlocks))) this.#entries.delete(hash);
  }
}
