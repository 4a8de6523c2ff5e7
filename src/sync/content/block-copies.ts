import type { CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { ObtainedBlock } from "../block-pipeline.ts";
import type { BlockDecoder } from "../decode-pool.ts";
import type { ContentMark, DecodedBlock, MarkedCopy } from "../decode-protocol.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import { sizeOf } from "../raw-size.ts";

/** One operator's copy of a block. Only of some is kept what came of them: of the others their marks are enough. */
export type BlockCopy = MarkedCopy & {
  readonly node: PoolNode;
  readonly sizeBytes: number;
  readonly decoded?: DecodedBlock;
};

export type BlockCopiesOptions = {
  readonly chainId: string;
  readonly decoder: BlockDecoder;
  /** How many copies are fetched before it is known that more are needed. */
  readonly wanted: number;
  /** Fetches the block, in the same way from every node. */
  readonly fetch: (node: PoolNode, call: CallOptions) => Promise<RawBlock>;
  /** Asks this node alone. */
  readonly askOne: <T>(node: PoolNode, call: (options: CallOptions) => Promise<T>) => Promise<T>;
  /** A copy was read. */
  readonly onCopy: (copy: BlockCopy) => void;
  /** A copy could not be read. */
  readonly onFailure: (node: PoolNode, error: unknown) => void;
};

/**
 * The copies that nodes gave of one block, one an operator. The first to come is decoded in full; the others, as long as
 * all say the same, for nothing but their marks.
 */
export class BlockCopies {
  /** What was agreed on, once it was. */
  agreed: ObtainedBlock | undefined;
  readonly #options: BlockCopiesOptions;
  readonly #given: BlockCopy[] = [];
  readonly #underWay = new Map<PoolNode, Promise<BlockCopy>>();
  /** The one that is decoded in full. */
  #whole: Promise<BlockCopy> | undefined;

  constructor(options: BlockCopiesOptions) {
    this.#options = options;
  }

  get given(): readonly BlockCopy[] {
    return this.#given;
  }

  /** Those that `join` began to fetch and that are not there yet. */
  get underWay(): ReadonlyMap<PoolNode, Promise<BlockCopy>> {
    return this.#underWay;
  }

  has(operator: string): boolean {
    return this.#given.some(({ node }) => node.config.operator === operator);
  }

  /** Begins to fetch the node's copy before it is needed, unless it is there or enough others are. */
  join(node: PoolNode): Promise<BlockCopy> | undefined {
    const { operator } = node.config;
    const own = [...this.#underWay].find(([{ config }]) => config.operator === operator);
    if (own) return own[1];
    const isEnough = this.#given.length + this.#underWay.size >= this.#options.wanted;
    if (isEnough || this.has(operator) || !node.servesBlocks) return undefined;
    const copy = this.#options
      .askOne(node, (call) => this.fetch(node, call))
      .finally(() => this.#underWay.delete(node));
    this.#underWay.set(node, copy);
    return copy;
  }

  /** Fetches this node's copy. @throws HeadwaterError */
  async fetch(node: PoolNode, call: CallOptions): Promise<BlockCopy> {
    const raw = await this.#options.fetch(node, call);
    return await this.#noted(node, async () => {
      const copy = await this.#read(node, raw);
      // An operator has one voice: that of its node which came first.
      if (!this.has(node.config.operator)) this.#given.push(copy);
      return copy;
    });
  }

  /** Fetches the copy of a node whose first one was not decoded in full. It may be another now. @throws HeadwaterError */
  async fetchWhole(node: PoolNode, call: CallOptions): Promise<BlockCopy> {
    const raw = await this.#options.fetch(node, call);
    return await this.#noted(node, () => this.#decode(node, raw, sizeOf(raw)));
  }

  async #noted(node: PoolNode, read: () => Promise<BlockCopy>): Promise<BlockCopy> {
    const { onCopy, onFailure } = this.#options;
    try {
      const copy = await read();
      onCopy(copy);
      return copy;
    } catch (error) {
      onFailure(node, error);
      throw error;
    }
  }

  async #read(node: PoolNode, raw: RawBlock): Promise<BlockCopy> {
    const sizeBytes = sizeOf(raw);
    // Where copies differ, each further one may be the one that is used: nothing is to be fetched twice.
    while (this.#whole && !this.#areDifferent) {
      // Nearly always they are the same: to wait for the first costs less than to verify the second by itself.
      const first = await this.#whole.catch(() => undefined);
      if (first && !this.#areDifferent) return await this.#mark(node, raw, sizeBytes, first);
    }
    const whole = this.#decode(node, raw, sizeBytes);
    this.#whole = whole;
    return await whole.catch((error: unknown) => {
      if (this.#whole === whole) this.#whole = undefined;
      throw error;
    });
  }

  async #decode(node: PoolNode, raw: RawBlock, sizeBytes: number): Promise<BlockCopy> {
    const { chainId, decoder } = this.#options;
    const decoded = (await decoder.run(chainId, raw, true)) as DecodedBlock;
    return { ref: decoded.sealed.ref, node, mark: decoded.mark as ContentMark, sizeBytes, decoded };
  }

  async #mark(node: PoolNode, raw: RawBlock, sizeBytes: number, { ref, mark }: BlockCopy): Promise<BlockCopy> {
    const { chainId, decoder } = this.#options;
    return { ...(await decoder.mark(chainId, raw, { ref, mark })), node, sizeBytes };
  }

  get #areDifferent(): boolean {
    return this.#given.some(({ mark }) => mark.content !== this.#given[0]?.mark.content);
  }
}
