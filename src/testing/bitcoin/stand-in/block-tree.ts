import { LIMITS } from "../../../core/limits.ts";
import { checkBlock } from "./check-block.ts";
import { Coins, type Undo } from "./coins.ts";
import { genesisBlock } from "./genesis.ts";
import type { ParsedBlock } from "./parsed.ts";
import { RPC_CODES, refuse } from "./rules.ts";

/** A block in the tree of all that were ever taken. */
export type TreeBlock = ParsedBlock & {
  readonly height: number;
  readonly parent: TreeBlock | undefined;
  /** The middle one of the times of the block and the ten before it, seconds since the Unix epoch. */
  readonly medianTime: number;
};

/** What became of the chain: blocks that left it, newest first, and blocks that came, oldest first. */
export type ChainChange = { readonly left: readonly TreeBlock[]; readonly came: readonly TreeBlock[] };

const MEDIAN_BLOCKS = 11;

/**
 * All blocks that a node knows, and the one chain of them that it follows: the longest of valid ones, of several as long the
 * first that came. Every block here has the same work.
 */
export class BlockTree {
  readonly coins = new Coins();
  readonly #onChange: (change: ChainChange) => void;
  readonly #blocks = new Map<string, TreeBlock>();
  /** By height. */
  readonly #chain: TreeBlock[] = [];
  readonly #undo = new Map<TreeBlock, Undo>();
  /** Blocks that are called invalid themselves; so are all above them. */
  readonly #invalid = new Set<TreeBlock>();

  constructor(onChange: (change: ChainChange) => void) {
    this.#onChange = onChange;
    const genesis = this.#add(genesisBlock(), undefined);
    this.#chain.push(genesis);
    this.#undo.set(genesis, new Map());
  }

  get tip(): TreeBlock {
    return this.#chain.at(-1) as TreeBlock;
  }

  /** The chain that is followed, by height. */
  get chain(): readonly TreeBlock[] {
    return this.#chain;
  }

  find(hash: string): TreeBlock | undefined {
    return this.#blocks.get(hash);
  }

  isInChain(block: TreeBlock): boolean {
    return this.#chain[block.height] === block;
  }

  /** What a block of the chain spent. Empty for one that was never part of it. */
  undoOf(block: TreeBlock): Undo {
    return this.#undo.get(block) ?? new Map();
  }

  /** Blocks upon which there is none. */
  leaves(): TreeBlock[] {
    const parents = new Set([...this.#blocks.values()].map(({ parent }) => parent));
    return [...this.#blocks.values()].filter((block) => !parents.has(block));
  }

  isValid(block: TreeBlock): boolean {
    for (let at: TreeBlock | undefined = block; at && !this.isInChain(at); at = at.parent) {
      if (this.#invalid.has(at)) return false;
    }
    return true;
  }

  /**
   * Takes a block whose parent is known, and follows it where it makes the longest chain. Does nothing with one that is known.
   * @param now the node's clock, seconds since the Unix epoch
   * @throws HeadwaterError with the reason why it is refused
   */
  submit(block: ParsedBlock, now: number): TreeBlock {
    const known = this.#blocks.get(block.hash);
    if (known) return known;
    if (this.#blocks.size >= LIMITS.testNetworkBlocks)
      throw refuse(RPC_CODES.misc, "the stand-in holds no more blocks");
    const parent = this.#blocks.get(block.parentHash);
    if (!parent) throw refuse(RPC_CODES.verify, "prev-blk-not-found");
    if (!this.isValid(parent)) throw refuse(RPC_CODES.verify, "bad-prevblk");
    checkBlock(block, { height: parent.height + 1, medianTime: parent.medianTime, now });
    const added = this.#add(block, parent);
    if (added.height > this.tip.height) this.#follow(added);
    return added;
  }

  /** Leaves the block and all above it, for the longest chain that is left. */
  invalidate(block: TreeBlock): void {
    if (!block.parent) throw refuse(RPC_CODES.misc, "block 0 cannot be called invalid");
    this.#invalid.add(block);
    if (this.isInChain(block)) this.#follow(this.#best(block.parent));
  }

  /** Takes back what was said of the block, of those below and of those above it. */
  reconsider(block: TreeBlock): void {
    for (const invalid of this.#invalid) {
      if (isAbove(invalid, block) || isAbove(block, invalid)) this.#invalid.delete(invalid);
    }
    this.#follow(this.#best(this.tip));
  }

  #add(block: ParsedBlock, parent: TreeBlock | undefined): TreeBlock {
    const times = [block.block.timestamp];
    for (let at = parent; at && times.length < MEDIAN_BLOCKS; at = at.parent) times.push(at.block.timestamp);
    const medianTime = times.sort((a, b) => a - b)[times.length >> 1] as number;
    const added = { ...block, height: parent ? parent.height + 1 : 0, parent, medianTime };
    this.#blocks.set(block.hash, added);
    return added;
  }

  /** The highest block that may be followed, of several as high the given one or else the first that came. */
  #best(preferred: TreeBlock): TreeBlock {
    let best = preferred;
    for (const block of this.#blocks.values()) {
      if (block.height > best.height && this.#hasNoInvalid(block)) best = block;
    }
    return best;
  }

  #hasNoInvalid(block: TreeBlock): boolean {
    for (let at: TreeBlock | undefined = block; at; at = at.parent) if (this.#invalid.has(at)) return false;
    return true;
  }

  /** @throws HeadwaterError when a block on the way there breaks a rule: then it is invalid, and the chain is as it was */
  #follow(target: TreeBlock): void {
    if (target === this.tip) return;
    const way: TreeBlock[] = [];
    let fork: TreeBlock = target;
    for (; !this.isInChain(fork); fork = fork.parent as TreeBlock) way.unshift(fork);
    const left: TreeBlock[] = [];
    while (this.tip !== fork) left.push(this.#disconnectTip());
    for (const block of way) {
      try {
        this.#connect(block);
      } catch (error) {
        this.#invalid.add(block);
        while (this.tip !== fork) this.#disconnectTip();
        for (const former of left.toReversed()) this.#connect(former);
        throw error;
      }
    }
    this.#onChange({ left, came: way });
  }

  #connect(block: TreeBlock): void {
    this.#undo.set(block, this.coins.connect(block, block.height));
    this.#chain.push(block);
  }

  #disconnectTip(): TreeBlock {
    const tip = this.#chain.pop() as TreeBlock;
    this.coins.disconnect(tip, this.undoOf(tip));
    return tip;
  }
}

function isAbove(high: TreeBlock, low: TreeBlock): boolean {
  let at: TreeBlock | undefined = high;
  while (at && at.height > low.height) at = at.parent;
  return at === low;
}
