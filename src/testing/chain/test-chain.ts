import type { BlockRef, LedgerTransaction, Movement, Observation } from "../../core/model.ts";

/** A block of a chain that exists only for tests: already in ledger form. */
export type TestBlock = {
  readonly ref: BlockRef;
  readonly transactions: readonly LedgerTransaction[];
  readonly observations: readonly Observation[];
};

export const TEST_NATIVE = "slip44:1";
export const TEST_TOKEN = "erc20:token";

/**
 * A chain built by hand. Hashes tell height and branch (`7-main`, `8-fork`), so that a failing test can be read. A chain
 * is never changed: `mine` and `fork` give new ones that share the blocks below.
 */
export class TestChain {
  readonly branch: string;
  readonly blocks: readonly TestBlock[];
  readonly intervalMs: number;

  private constructor(branch: string, blocks: readonly TestBlock[], intervalMs: number) {
    this.branch = branch;
    this.blocks = blocks;
    this.intervalMs = intervalMs;
  }

  /** A chain of `length` blocks from height 0, the last of them at `tipTime` (milliseconds). */
  static build(length: number, tipTime: number, intervalMs = 1_000): TestChain {
    const empty = new TestChain("main", [], intervalMs);
    return empty.#extend("main", length, tipTime - (length - 1) * intervalMs);
  }

  get tip(): TestBlock {
    return this.blocks.at(-1) as TestBlock;
  }

  block(at: number | string): TestBlock | undefined {
    return typeof at === "number" ? this.blocks[at] : this.blocks.find(({ ref }) => ref.hash === at);
  }

  mine(count: number): TestChain {
    return this.#extend(this.branch, count, this.tip.ref.time + this.intervalMs);
  }

  /** Another branch above `height`, with `count` blocks of its own. */
  fork(height: number, branch: string, count: number): TestChain {
    const below = new TestChain(branch, this.blocks.slice(0, height + 1), this.intervalMs);
    return below.#extend(branch, count, (below.tip.ref.time ?? 0) + this.intervalMs);
  }

  #extend(branch: string, count: number, firstTime: number): TestChain {
    const blocks = [...this.blocks];
    for (let i = 0; i < count; i++) {
      const height = blocks.length;
      const parent = blocks.at(-1);
      const ref: BlockRef = {
        height,
        hash: `${height}-${branch}`,
        parentHash: parent?.ref.hash ?? "none",
        parentHeight: height - 1,
        time: firstTime + i * this.intervalMs,
      };
      blocks.push({ ref, transactions: makeTransactions(ref, branch), observations: [] });
    }
    return new TestChain(branch, blocks, this.intervalMs);
  }
}

/** Two transactions a block: a native transfer with its fee, and a token mint whose amount depends on the branch. */
function makeTransactions(ref: BlockRef, branch: string): LedgerTransaction[] {
  const from = `account-${ref.height % 5}`;
  const to = `account-${(ref.height + 1) % 5}`;
  const amount = BigInt(100 + ref.height);
  const native: Movement[] = [
    { account: from, asset: TEST_NATIVE, delta: -amount, kind: "transfer" },
    { account: to, asset: TEST_NATIVE, delta: amount, kind: "transfer" },
    { account: from, asset: TEST_NATIVE, delta: -1n, kind: "fee" },
  ];
  return [
    {
      id: `tx-${ref.hash}-0`,
      index: 0,
      status: "success",
      fee: { payer: from, asset: TEST_NATIVE, amount: 1n },
      movements: native,
    },
    {
      id: `tx-${ref.hash}-1`,
      index: 1,
      status: "success",
      fee: null,
      movements: [{ account: to, asset: TEST_TOKEN, delta: BigInt(branch.length), kind: "mint" }],
    },
  ];
}
