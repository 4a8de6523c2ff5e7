import type {
  BalanceQuery,
  BlockLocator,
  CallOptions,
  ChainNode,
  NodeProbe,
  NodeTips,
  RawBlock,
} from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { AssetInfo, BlockRef } from "../../core/model.ts";
import { TEST_NATIVE, type TestBlock, type TestChain } from "./test-chain.ts";

/** One of the methods that a test can make fail. */
export type TestNodeMethod = "probe" | "fetchTips" | "fetchHeader" | "fetchBlock" | "readBalances" | "readAssetInfo";

/**
 * A node in memory that stands on a TestChain. A test moves it by giving it another chain, and makes it misbehave by
 * `fail` (before a method answers) and `serve` (what a block looks like).
 */
export class TestNode implements ChainNode {
  chain: TestChain;
  chainId: string;
  finalizedHeight = -1;
  safeHeight = -1;
  syncing = false;
  fail: (method: TestNodeMethod, at?: BlockLocator) => Error | undefined = () => undefined;
  serve: (block: TestBlock) => TestBlock = (block) => block;
  /** What accounts own beside what the movements tell: a genesis file, or a token that does not obey its events. */
  owned: (account: string, asset: string, height: number) => bigint = () => 1_000_000n;
  /** Calls by method since the start. */
  readonly calls = new Map<TestNodeMethod, number>();
  /** Blocks being fetched at this moment, and the most there ever were. */
  fetching = 0;
  mostFetching = 0;
  readonly name: string;

  constructor(name: string, chainId: string, chain: TestChain) {
    this.name = name;
    this.chainId = chainId;
    this.chain = chain;
  }

  async probe(): Promise<NodeProbe> {
    this.#enter("probe");
    return { chainId: this.chainId, syncing: this.syncing, clientVersion: "test/1", capabilities: [] };
  }

  async fetchTips(): Promise<NodeTips> {
    this.#enter("fetchTips");
    return {
      tip: this.chain.tip.ref,
      safe: this.chain.block(this.safeHeight)?.ref ?? null,
      finalized: this.chain.block(this.finalizedHeight)?.ref ?? null,
    };
  }

  async fetchHeader(at: BlockLocator): Promise<BlockRef> {
    this.#enter("fetchHeader", at);
    return this.#find(at).ref;
  }

  async fetchBlock(at: BlockLocator, profile: string, options?: CallOptions): Promise<RawBlock> {
    this.fetching++;
    this.mostFetching = Math.max(this.mostFetching, this.fetching);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      options?.signal?.throwIfAborted();
      this.#enter("fetchBlock", at);
      const block = this.serve(this.#find(at));
      const text = JSON.stringify(block, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
      return { asked: at, profile, node: this.name, parts: { block: new TextEncoder().encode(text) } };
    } finally {
      this.fetching--;
    }
  }

  /** What the chain's movements add up to, and `owned` before the first of them. */
  async readBalances(queries: readonly BalanceQuery[], at: BlockRef): Promise<(bigint | null)[]> {
    this.#enter("readBalances", { height: at.height, hash: at.hash });
    this.#find({ hash: at.hash });
    return queries.map(({ account, asset }) => {
      if (asset === "erc20:broken") return null;
      let sum = this.owned(account, asset, at.height);
      for (const { transactions } of this.chain.blocks.slice(0, at.height + 1)) {
        for (const { movements } of transactions) {
          for (const moved of movements) if (moved.account === account && moved.asset === asset) sum += moved.delta;
        }
      }
      return sum;
    });
  }

  async readAssetInfo(assets: readonly string[]): Promise<AssetInfo[]> {
    this.#enter("readAssetInfo");
    return assets.map((asset) => ({ symbol: asset === TEST_NATIVE ? "TST" : "TOK", decimals: 6 }));
  }

  #enter(method: TestNodeMethod, at?: BlockLocator): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    const error = this.fail(method, at);
    if (error) throw error;
  }

  #find(at: BlockLocator): TestBlock {
    const key = "hash" in at ? at.hash : at.height;
    const block = this.chain.block(key);
    if (!block) throw new HeadwaterError("node-block-missing", `node ${this.name}: no block ${key}`);
    return block;
  }
}
