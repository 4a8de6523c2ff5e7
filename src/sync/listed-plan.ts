import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { HeightPlan, PlannedBlock } from "./height-plan.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/** Heights that have blocks, as one node lists them. */
export type HeightList = { readonly heights: readonly number[]; readonly node: PoolNode };

export type ListedPlanOptions = {
  /** The lowest height of which it is not known whether it has a block. */
  readonly from: number;
  /**
   * The agreed chain as far as its links are known, lowest first: the last is the block that is to be reached, and the
   * first stands on what is listed, or on the block below `from`.
   */
  readonly links: readonly BlockRef[];
  /** Lists the heights from one to another, both included, by a node that is none of these. @throws HeadwaterError */
  readonly list: (from: number, to: number, without: ReadonlySet<PoolNode>) => Promise<HeightList>;
  /** A node left more heights out of its lists than may happen. */
  readonly onBadList: (node: PoolNode) => void;
};

type Range = { readonly from: number; readonly to: number; readonly node: PoolNode };

/**
 * The plan where heights may have no block: the links of the agreed chain where they are known, and below them what nodes
 * list, asked for ahead of need. Where no node lists, every height is planned: those without a block show when asked for.
 */
export class ListedPlan implements HeightPlan {
  readonly #options: ListedPlanOptions;
  readonly #queue: PlannedBlock[] = [];
  /** Who listed which heights, lowest first, as far as they are not passed. */
  #ranges: Range[] = [];
  readonly #distrusted = new Set<PoolNode>();
  /** By node, how many heights it left out. */
  readonly #leftOut = new Map<PoolNode, number>();
  /** What is planned once all below it is listed. */
  #links: PlannedBlock[] = [];
  /** Heights from here to there are to be listed. */
  #next: number;
  #to: number;
  #listing: Promise<void> | undefined;
  #isSpoilt = false;
  /** Counts restarts: what was asked before one is of no use after it. */
  #epoch = 0;

  constructor(options: ListedPlanOptions) {
    this.#options = options;
    const links = options.links.filter(({ height }) => height >= options.from);
    const [lowest] = links;
    this.#next = options.from;
    this.#to = -1;
    if (lowest && lowest.parentHeight >= options.from) {
      this.#to = lowest.parentHeight - 1;
      this.#links = [{ height: lowest.parentHeight, hash: lowest.parentHash }, ...links];
    } else this.#links = [...links];
    this.#refill();
  }

  get isDone(): boolean {
    return this.#queue.length === 0 && this.#isListed && this.#links.length === 0;
  }

  /** It rests on a list that left more out than may happen: it is to begin anew. */
  get isSpoilt(): boolean {
    return this.#isSpoilt;
  }

  get left(): number {
    return this.#queue.length + Math.max(0, this.#to - this.#next + 1) + this.#links.length;
  }

  take(): PlannedBlock | undefined {
    const taken = this.#queue.shift();
    this.#refill();
    return taken;
  }

  async ready(): Promise<void> {
    while (this.#queue.length === 0 && !this.isDone) await this.#listing;
  }

  /** The block at this height exists, and was not planned though what is below it was passed. */
  noteLeftOut(height: number): void {
    const node = this.#ranges.find(({ from, to }) => height >= from && height <= to)?.node;
    if (!node || this.#distrusted.has(node)) return;
    const count = (this.#leftOut.get(node) ?? 0) + 1;
    this.#leftOut.set(node, count);
    if (count <= LIMITS.leftOutBlocks) return;
    this.#distrusted.add(node);
    this.#isSpoilt = true;
    this.#options.onBadList(node);
  }

  /** What lies below this height is passed for good. */
  notePassed(height: number): void {
    while (this.#ranges[0] && this.#ranges[0].to < height) this.#ranges.shift();
  }

  /** Plans anew from this height on, with what other nodes list and no links but the last. */
  restart(from: number): void {
    const target = this.#options.links.at(-1) as BlockRef;
    this.#epoch++;
    this.#isSpoilt = false;
    this.#listing = undefined;
    this.#queue.length = 0;
    this.#ranges = [];
    this.#next = from;
    this.#to = target.height - 1;
    this.#links = [{ height: target.height, hash: target.hash }];
    this.#refill();
  }

  get #isListed(): boolean {
    return this.#next > this.#to && this.#listing === undefined;
  }

  #refill(): void {
    if (this.#isListed) this.#queue.push(...this.#links.splice(0));
    else if (this.#listing === undefined && this.#queue.length < LIMITS.listAheadBlocks) this.#listOn();
  }

  #listOn(): void {
    const epoch = this.#epoch;
    const from = this.#next;
    const to = Math.min(this.#to, from + LIMITS.plannedHeights - 1);
    this.#listing = this.#list(from, to).then((heights) => {
      if (this.#epoch !== epoch) return;
      for (const height of heights) this.#queue.push({ height });
      this.#next = to + 1;
      this.#listing = undefined;
      this.#refill();
    });
  }

  async #list(from: number, to: number): Promise<readonly number[]> {
    const epoch = this.#epoch;
    try {
      const { heights, node } = await this.#options.list(from, to, this.#distrusted);
      if (this.#epoch === epoch) this.#ranges.push({ from, to, node });
      return heights;
    } catch {
      // Nobody lists: each height is asked for, and whoever fetches it learns why, if nodes are to blame.
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    }
  }
}
