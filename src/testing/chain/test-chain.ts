import type { BlockRef, LedgerTransaction, Movement } from "../../core/model.ts";
import { makeCoins, unspentAfter } from "./coin-recipe.ts";
import { buildTestBlock, type TestBlock } from "./test-block.ts";
import { type CoinTransaction, tellCoins } from "./test-coins.ts";

export const TEST_NATIVE = "slip44:1";
export const TEST_TOKEN = "erc20:token";

/**
 * A chain built by hand. A chain is never changed: `mine` and `fork` give new ones that share the blocks below. Hashes
 * are of the blocks' content and tell height and branch.
 */
export class TestChain {
  readonly branch: string;
  readonly blocks: readonly TestBlock[];
  readonly intervalMs: number;
  /** The chain's coins are outputs. */
  readonly hasCoins: boolean;
  readonly #byHash = new Map<string, TestBlock>();

  private constructor(branch: string, blocks: readonly TestBlock[], intervalMs: number, hasCoins: boolean) {
    this.branch = branch;
    this.blocks = blocks;
    this.intervalMs = intervalMs;
    this.hasCoins = hasCoins;
    for (const block of blocks) this.#byHash.set(block.ref.hash, block);
  }

  /** A chain of `length` blocks from height 0, the last of them at `tipTime` (milliseconds). */
  static build(length: number, tipTime: number, intervalMs = 1_000): TestChain {
    const empty = new TestChain("main", [], intervalMs, false);
    return empty.#extend("main", length, tipTime - (length - 1) * intervalMs);
  }

  /** The same of a chain whose coins are outputs. */
  static buildCoins(length: number, tipTime: number, intervalMs = 1_000): TestChain {
    const empty = new TestChain("main", [], intervalMs, true);
    return empty.#extend("main", length, tipTime - (length - 1) * intervalMs);
  }

  get tip(): TestBlock {
    return this.blocks.at(-1) as TestBlock;
  }

  block(at: number | string): TestBlock | undefined {
    return typeof at === "number" ? this.blocks[at] : this.#byHash.get(at);
  }

  /**
   * @param time of the first new block, milliseconds; default an interval after the tip
   * @param include transactions that the first new block has beside its own, where the chain's coins are outputs
   */
  mine(count: number, time = this.tip.ref.time + this.intervalMs, include: readonly CoinTransaction[] = []): TestChain {
    return this.#extend(this.branch, count, time, include);
  }

  /** Another branch above `height`, with `count` blocks of its own. */
  fork(height: number, branch: string, count: number, time?: number): TestChain {
    const below = new TestChain(branch, this.blocks.slice(0, height + 1), this.intervalMs, this.hasCoins);
    return below.#extend(branch, count, time ?? below.tip.ref.time + this.intervalMs);
  }

  #extend(branch: string, count: number, firstTime: number, include: readonly CoinTransaction[] = []): TestChain {
    const blocks = [...this.blocks];
    for (let i = 0; i < count; i++) {
      const height = blocks.length;
      const ref = {
        height,
        parentHash: blocks.at(-1)?.ref.hash ?? "none",
        parentHeight: height - 1,
        time: firstTime + i * this.intervalMs,
      };
      if (this.hasCoins) blocks.push(buildCoinBlock(blocks, branch, ref, i === 0 ? include : []));
      else blocks.push(buildTestBlock(branch, ref, makeTransactions(height, branch)));
    }
    return new TestChain(branch, blocks, this.intervalMs, this.hasCoins);
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
