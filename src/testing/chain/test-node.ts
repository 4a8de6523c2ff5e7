import type { BalanceQuery, BlockLocator, NodeFeed, RecentBalance } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { headerOf, type TestBlock, writeTestJson } from "./test-block.ts";
import { TEST_NATIVE, type TestChain } from "./test-chain.ts";
import type { CoinTransaction } from "./test-coins.ts";
import { TestFeed } from "./test-feed.ts";
import { TEST_METHODS, type TestAnswer, type TestCall, type TestPlace } from "./test-protocol.ts";

/** One of the methods of a client that a test can make fail. */
export type TestNodeMethod =
  | "probe"
  | "fetchTips"
  | "fetchHeader"
  | "fetchBlock"
  | "listHeights"
  | "readBalances"
  | "readRecentBalances"
  | "readAssetInfo"
  | "listPending"
  | "fetchPending";

/**
 * A node in memory that stands on a TestChain and answers the test family's protocol. A test moves it by giving it
 * another chain, and makes it misbehave by `fail` (before a method answers) and `serve` (what a block looks like).
 */
export class TestNode implements NodeWire {
  chainId: string;
  finalizedHeight = -1;
  safeHeight = -1;
  syncing = false;
  /** Whether it tells that it is syncing with its tips, too. */
  tellsSyncing = false;
  /** An error of the way to the node is thrown or becomes its HTTP status; any other is the node's own answer. */
  fail: (method: TestNodeMethod, at?: BlockLocator) => Error | undefined = () => undefined;
  serve: (block: TestBlock) => TestBlock = (block) => block;
  /** What a list of heights looks like, where the chain skips some. */
  list: (heights: readonly number[]) => readonly number[] = (heights) => heights;
  /** What accounts own beside what the movements tell: a genesis file, or a token that does not obey its events. */
  owned: (account: string, asset: string, height: number) => bigint = () => 1_000_000n;
  /** Where it says that it stands when it tells balances as they are now. */
  standing: (tip: TestBlock) => Omit<RecentBalance, "amount"> = ({ ref: { height, hash } }) => ({ height, hash });
  /** Transactions that it has in no block. */
  pending: readonly CoinTransaction[] = [];
  /** Calls by method since the start. */
  readonly calls = new Map<TestNodeMethod, number>();
  /** Blocks being fetched at this moment, and the most there ever were. */
  fetching = 0;
  mostFetching = 0;
  readonly name: string;
  readonly #feeds = new Set<TestFeed>();
  #chain: TestChain;

  constructor(name: string, chainId: string, chain: TestChain) {
    this.name = name;
    this.chainId = chainId;
    this.#chain = chain;
  }

  get chain(): TestChain {
    return this.#chain;
  }

  /** A new tip is pushed to those who watch. */
  set chain(chain: TestChain) {
    this.#chain = chain;
    if (this.#feeds.size === 0) return;
    const news = JSON.stringify({ jsonrpc: "2.0", method: TEST_METHODS.tip, params: [headerOf(chain.tip)] });
    for (const feed of this.#feeds) feed.push(news);
  }

  async post({ body, signal }: WireRequest): Promise<WireAnswer> {
    const request = JSON.parse(body) as TestCall | readonly TestCall[];
    const calls = Array.isArray(request) ? (request as readonly TestCall[]) : [request as TestCall];
    const blocks = calls.filter(({ method }) => method === TEST_METHODS.block).length;
    this.fetching += blocks;
    this.mostFetching = Math.max(this.mostFetching, this.fetching);
    try {
      await Promise.resolve();
      signal?.throwIfAborted();
      const answers = calls.map((call) => this.#answer(call));
      return answerWith(200, writeTestJson(Array.isArray(request) ? answers : answers[0]));
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    } finally {
      this.fetching -= blocks;
    }
  }

  readonly openFeed = async (signal: AbortSignal): Promise<NodeFeed> => {
    signal.throwIfAborted();
    const feed = new TestFeed(() => this.#feeds.add(feed), signal);
    signal.addEventListener("abort", () => this.#feeds.delete(feed), { once: true });
    return feed;
  };

  async close(): Promise<void> {
    for (const feed of this.#feeds) feed.end();
    this.#feeds.clear();
  }

  /** The block at a height or tag, or with a hash, as this node has it. */
  protected find(place: TestPlace): TestBlock | undefined {
    if (place === "latest") return this.#chain.tip;
    if (place === "safe") return this.#chain.upTo(this.safeHeight);
    if (place === "finalized") return this.#chain.upTo(this.finalizedHeight);
    const block = this.#chain.block(place);
    if (block || typeof place !== "number" || !this.#chain.skipsHeights || place > this.#chain.tip.ref.height) {
      return block;
    }
    throw new HeadwaterError("node-block-skipped", `height ${place} was skipped`);
  }

  /** What the chain's movements add up to, and `owned` before the first of them. */
  protected balanceOf({ account, asset }: BalanceQuery, at: TestBlock): bigint | null {
    if (asset === "erc20:broken") return null;
    let sum = this.owned(account, asset, at.ref.height);
    for (const { ref, transactions } of this.#chain.blocks) {
      if (ref.height > at.ref.height) break;
      for (const { movements } of transactions) {
        for (const moved of movements) if (moved.account === account && moved.asset === asset) sum += moved.delta;
      }
    }
    return sum;
  }

  #answer({ id, method, params }: TestCall): { jsonrpc: "2.0" } & TestAnswer {
    try {
      return { jsonrpc: "2.0", id, result: this.#call(method, params) };
    } catch (error) {
      if (!(error instanceof HeadwaterError) || ON_THE_WAY.has(error.code)) throw error;
      return { jsonrpc: "2.0", id, error: { message: error.message, data: error.code } };
    }
  }

  #call(method: string, params: readonly unknown[]): unknown {
    const place = params[0] as TestPlace;
    switch (method) {
      case TEST_METHODS.describe:
        this.#enter("probe");
        return { chainId: this.chainId, syncing: this.syncing, clientVersion: "test/1", capabilities: [] };
      case TEST_METHODS.header: {
        // The three tags are one look at the tips.
        if (place === "latest") this.#enter("fetchTips");
        else if (place !== "safe" && place !== "finalized") this.#enter("fetchHeader", locatorOf(place));
        const block = this.find(place);
        if (!block) return null;
        return { ...headerOf(block), ...(place === "latest" && this.tellsSyncing && { syncing: this.syncing }) };
      }
      case TEST_METHODS.block: {
        this.#enter("fetchBlock", locatorOf(place));
        const block = this.find(place);
        return block ? asTold(this.serve(block)) : null;
      }
      case TEST_METHODS.heights: {
        const [from, to] = params as [number, number];
        this.#enter("listHeights", { height: from });
        const heights = this.#chain.blocks.map(({ ref }) => ref.height);
        return this.list(heights.filter((height) => height >= from && height <= to));
      }
      case TEST_METHODS.balances: {
        const [queries, hash] = params as [readonly BalanceQuery[], string];
        this.#enter("readBalances", { hash });
        const block = this.find(hash);
        if (!block) throw new HeadwaterError("node-block-missing", `no block ${hash}`);
        return queries.map((query) => this.balanceOf(query, block));
      }
      case TEST_METHODS.recent:
        this.#enter("readRecentBalances");
        return this.#recentBalances(...(params as [readonly BalanceQuery[], number]));
      case TEST_METHODS.names:
        this.#enter("readAssetInfo");
        return (place as unknown as readonly string[]).map((asset) => ({
          symbol: asset === TEST_NATIVE ? "TST" : "TOK",
          decimals: 6,
        }));
      case TEST_METHODS.pending:
        this.#enter("listPending");
        return this.pending.map((coin) => coin.id);
      case TEST_METHODS.transactions: {
        this.#enter("fetchPending");
        const wanted = new Set(place as unknown as readonly string[]);
        return this.pending.filter((coin) => wanted.has(coin.id));
      }
      default:
        throw new HeadwaterError("node-method-unsupported", `no method ${method}`);
    }
  }

  #recentBalances(queries: readonly BalanceQuery[], notBefore: number): RecentBalance[] {
    const block = this.find("latest") as TestBlock;
    if (block.ref.height < notBefore) throw new HeadwaterError("node-block-missing", `no block ${notBefore} yet`);
    return queries.map((query) => ({ ...this.standing(block), amount: this.balanceOf(query, block) }));
  }

  #enter(method: TestNodeMethod, at?: BlockLocator): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    const error = this.fail(method, at);
    if (error) throw asRefusal(error);
  }
}

/** Nodes of a chain whose coins are outputs tell nothing that would have to be looked up. */
function asTold(block: TestBlock): TestBlock {
  return block.coins ? { ...block, transactions: [] } : block;
}

function locatorOf(place: TestPlace): BlockLocator {
  return typeof place === "number" ? { height: place } : { hash: place };
}

/** The whole request is answered so, whatever else it asks. */
class Refusal extends Error {
  readonly answer: WireAnswer;

  constructor(answer: WireAnswer) {
    super("refused");
    this.answer = answer;
  }
}

/** Errors of the way to a node, which no node answers. */
const ON_THE_WAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["node-unreachable", "node-timeout"]);

/** How an error shows on the wire: what has a place in HTTP becomes that. */
function asRefusal(error: Error): Error {
  if (!(error instanceof HeadwaterError)) return error;
  if (error.code === "node-throttled") {
    const seconds = Math.ceil((error.retry.afterMs ?? 1000) / 1000);
    return new Refusal(answerWith(429, "slow down", `${seconds}`));
  }
  if (error.code === "node-http-error") return new Refusal(answerWith(503, error.message));
  if (error.code === "node-bad-response") return new Refusal(answerWith(200, "<html>"));
  return error;
}

function answerWith(status: number, text: string, retryAfter?: string): WireAnswer {
  return { status, retryAfter, body: new TextEncoder().encode(text) };
}
