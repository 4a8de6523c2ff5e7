import type { BlockRef, LedgerTransaction, Movement } from "../../core/model.ts";
import { makeCoins, unspentAfter } from "./coin-recipe.ts";
import { buildTestBlock, type TestBlock } from "./test-block.ts";
import { type CoinTransaction, tellCoins } from "./test-coins.ts";

export const TEST_NATIVE = "slip44:1";
export const TEST_TOKEN = "erc20:token";

/** How many heights are skipped before the block of a branch that would stand at this height. */
export type Skips = (height: number, branch: string) => number;

/** What holds all along a chain and its branches. */
type Traits = {
  readonly intervalMs: number;
  readonly hasCoins: boolean;
  /** Absent where every height has a block. */
  readonly skips?: Skips;
};

/**
 * A chain built by hand. A chain is never changed: `mine`, `skip` and `fork` give new ones that share the blocks below.
 * Hashes are of the blocks' content and tell height and branch.
 */
export class TestChain {
  readonly branch: string;
  readonly blocks: readonly TestBlock[];
  readonly #traits: Traits;
  /** Heights that the next block leaves out, beside those of the traits. */
  readonly #skipNext: number;
  readonly #byPlace = new Map<number | string, TestBlock>();

  private constructor(branch: string, blocks: readonly TestBlock[], traits: Traits, skipNext = 0) {
    this.branch = branch;
    this.blocks = blocks;
    this.#traits = traits;
    this.#skipNext = skipNext;
    for (const block of blocks) this.#byPlace.set(block.ref.height, block).set(block.ref.hash, block);
  }

  /** A chain of `length` blocks from height 0, the last of them at `tipTime` (milliseconds). */
  static build(length: number, tipTime: number, intervalMs = 1_000): TestChain {
    return TestChain.#begin(length, tipTime, { intervalMs, hasCoins: false });
  }

  /** The same of a chain whose coins are outputs. */
  static buildCoins(length: number, tipTime: number, intervalMs = 1_000): TestChain {
    return TestChain.#begin(length, tipTime, { intervalMs, hasCoins: true });
  }

  /** The same of a chain that may skip heights. Default: it does so only where it is told to. */
  static buildSlots(length: number, tipTime: number, skips: Skips = () => 0, intervalMs = 1_000): TestChain {
    return TestChain.#begin(length, tipTime, { intervalMs, hasCoins: false, skips });
  }

  static #begin(length: number, tipTime: number, traits: Traits): TestChain {
    return new TestChain("main", [], traits).#extend("main", length, tipTime - (length - 1) * traits.intervalMs);
  }

  get tip(): TestBlock {
    return this.blocks.at(-1) as TestBlock;
  }

  get intervalMs(): number {
    return this.#traits.intervalMs;
  }

  /** The chain's coins are outputs. */
  get hasCoins(): boolean {
    return this.#traits.hasCoins;
  }

  /** Some of its heights may have no block. */
  get skipsHeights(): boolean {
    return this.#traits.skips !== undefined;
  }

  block(at: number | string): TestBlock | undefined {
    return this.#byPlace.get(at);
  }

  /** The newest block at or below a height; undefined above the tip. */
  upTo(height: number): TestBlock | undefined {
    if (height > this.tip.ref.height) return undefined;
    return this.block(height) ?? this.blocks.findLast(({ ref }) => ref.height < height);
  }

  /**
   * @param time of the first new block, milliseconds; default an interval after the tip
   * @param include transactions that the first new block has beside its own, where the chain's coins are outputs
   */
  mine(count: number, time = this.tip.ref.time + this.intervalMs, include: readonly CoinTransaction[] = []): TestChain {
    return this.#extend(this.branch, count, time, include);
  }

  /** The same chain, of which the next block leaves so many heights out. */
  skip(heights: number): TestChain {
    return new TestChain(this.branch, this.blocks, this.#traits, this.#skipNext + heights);
  }

  /** Another branch above `height`, with `count` blocks of its own. */
  fork(height: number, branch: string, count: number, time?: number): TestChain {
    const shared = this.blocks.filter(({ ref }) => ref.height <= height);
    const below = new TestChain(branch, shared, this.#traits);
    return below.#extend(branch, count, time ?? below.tip.ref.time + this.intervalMs);
  }

  #extend(branch: string, count: number, firstTime: number, include: readonly CoinTransaction[] = []): TestChain {
    const blocks = [...this.blocks];
    for (let i = 0; i < count; i++) {
      const parent = blocks.at(-1)?.ref;
      const ref = {
        height: parent ? this.#heightAbove(parent, branch, i === 0) : 0,
        parentHash: parent?.hash ?? "none",
        parentHeight: parent?.height ?? -1,
        time: firstTime + i * this.intervalMs,
      };
      if (this.hasCoins) blocks.push(buildCoinBlock(blocks, branch, ref, i === 0 ? include : []));
      else blocks.push(buildTestBlock(branch, ref, makeTransactions(ref.height, branch)));
    }
    return new TestChain(branch, blocks, this.#traits, count === 0 ? this.#skipNext : 0);
  }

  #heightAbove({ height }: BlockRef, branch: string, isFirst: boolean): number {
    const { skips } = this.#traits;
    return height + 1 + (isFirst ? this.#skipNext : 0) + (skips?.(height + 1, branch) ?? 0);
  }
}

function buildCoinBlock(
  below: readonly TestBlock[],
  branch: string,
  ref: Omit<BlockRef, "hash">,
  include: readonly CoinTransaction[],
): TestBlock {
  const coins = makeCoins(below, branch, include);
  const told = tellCoins({ ref: { ...ref, hash: "" }, coins }, unspentAfter(below).values());
  return buildTestBlock(branch, ref, told, [], coins);
}

/** Two transactions a block: a native transfer with its fee, and a token mint whose amount depends on the branch. */
function makeTransactions(height: number, branch: string): LedgerTransaction[] {
  const from = `account-${height % 5}`;
  const to = `account-${(height + 1) % 5}`;
  const amount = BigInt(100 + height);
  const native: Movement[] = [
    { account: from, asset: TEST_NATIVE, delta: -amount, kind: "transfer" },
    { account: to, asset: TEST_NATIVE, delta: amount, kind: "transfer" },
    { account: from, asset: TEST_NATIVE, delta: -1n, kind: "fee" },
  ];
  return [
    {
      id: `tx-${height}-${branch}-0`,
      index: 0,
      status: "success",
      fee: { payer: from, asset: TEST_NATIVE, amount: 1n },
      movements: native,
    },
    {
      id: `tx-${height}-${branch}-1`,
      index: 1,
      status: "success",
      fee: null,
      movements: [{ account: to, asset: TEST_TOKEN, delta: BigInt(branch.length), kind: "mint" }],
    },
  ];
}
