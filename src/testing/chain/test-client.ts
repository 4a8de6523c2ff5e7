import type {
  BalanceQuery,
  BlockLocator,
  CallOptions,
  ChainNode,
  NodeProbe,
  NodeTips,
  NodeTransport,
  RawBlock,
  RecentBalance,
} from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { AssetInfo, BlockRef } from "../../core/model.ts";
import type { TestHeader } from "./test-block.ts";
import {
  BLOCK_ANSWER_START,
  parseTestAnswer,
  placeOf,
  resultOf,
  TEST_METHODS,
  type TestAnswer,
  type TestPlace,
} from "./test-protocol.ts";

/** The test family's client. Headers are taken as the node tells them, as on chains whose headers are not checked. */
export class TestClient implements ChainNode {
  readonly #transport: NodeTransport;
  readonly watchTips?: (onTip: (tip: BlockRef) => void, signal: AbortSignal) => Promise<void>;

  readonly readRecentBalances?: NonNullable<ChainNode["readRecentBalances"]>;

  /** @param newestOnly whether nodes are taken for such that know the newest state only */
  constructor(transport: NodeTransport, newestOnly = false) {
    this.#transport = transport;
    if (newestOnly) this.readRecentBalances = (...asked) => this.#readRecent(...asked);
    const openFeed = transport.openFeed?.bind(transport);
    if (openFeed) this.watchTips = (onTip, signal) => this.#watch(openFeed, onTip, signal);
  }

  async probe(options?: CallOptions): Promise<NodeProbe> {
    return (await this.call(TEST_METHODS.describe, [], options)) as NodeProbe;
  }

  async fetchTips(options?: CallOptions): Promise<NodeTips> {
    const places = ["latest", "safe", "finalized"];
    const calls = places.map((place, i) => ({
      jsonrpc: "2.0",
      id: i + 1,
      method: TEST_METHODS.header,
      params: [place],
    }));
    const bytes = await this.#transport.post(JSON.stringify(calls), options);
    const answers = parseTestAnswer(bytes, this.node, false);
    if (!Array.isArray(answers)) throw this.#bad("an array of answers");
    const [tip, safe, finalized] = (answers as TestAnswer[]).map(
      (answer, i) => resultOf(answer, i + 1, this.node) as (TestHeader & { readonly syncing?: boolean }) | null,
    );
    if (!tip) throw this.#missing("latest");
    return {
      tip: this.#ref(tip),
      safe: safe ? this.#ref(safe) : null,
      finalized: finalized ? this.#ref(finalized) : null,
      ...(tip.syncing !== undefined && { syncing: tip.syncing }),
    };
  }

  async fetchHeader(at: BlockLocator, options?: CallOptions): Promise<BlockRef> {
    const place = placeOf(at);
    const header = (await this.call(TEST_METHODS.header, [place], options)) as TestHeader | null;
    if (!header) throw this.#missing(place);
    const ref = this.#ref(header);
    const asked = "hash" in at ? at.hash === ref.hash : at.height === ref.height;
    if (!asked) throw new HeadwaterError("node-wrong-block", `node ${this.node}: asked for ${place}, got ${ref.hash}`);
    return ref;
  }

  async fetchBlock(at: BlockLocator, profile: string, options?: CallOptions): Promise<RawBlock> {
    const place = placeOf(at);
    const bytes = await this.#post(TEST_METHODS.block, [place], options);
    if (Buffer.compare(bytes.subarray(0, BLOCK_ANSWER_START.length), BLOCK_ANSWER_START) !== 0) {
      const result = resultOf(parseTestAnswer(bytes, this.node), 1, this.node);
      throw result === null ? this.#missing(place) : this.#bad("a block");
    }
    return { asked: at, profile, node: this.node, parts: { answer: bytes } };
  }

  async readBalances(
    queries: readonly BalanceQuery[],
    at: BlockRef,
    options?: CallOptions,
  ): Promise<(bigint | null)[]> {
    const pairs = queries.map(({ account, asset }) => ({ account, asset }));
    const amounts = await this.call(TEST_METHODS.balances, [pairs, at.hash], options);
    if (Array.isArray(amounts) && amounts.length === queries.length) return amounts as (bigint | null)[];
    throw this.#bad(`${queries.length} amounts`);
  }

  async #readRecent(
    queries: readonly BalanceQuery[],
    notBefore: number,
    options?: CallOptions,
  ): Promise<readonly RecentBalance[]> {
    const pairs = queries.map(({ account, asset }) => ({ account, asset }));
    const told = await this.call(TEST_METHODS.recent, [pairs, notBefore], options);
    if (Array.isArray(told) && told.length === queries.length) return told as RecentBalance[];
    throw this.#bad(`${queries.length} balances`);
  }

  async readAssetInfo(assets: readonly string[], options?: CallOptions): Promise<AssetInfo[]> {
    return (await this.call(TEST_METHODS.names, [assets], options)) as AssetInfo[];
  }

  async #watch(
    openFeed: NonNullable<NodeTransport["openFeed"]>,
    onTip: (tip: BlockRef) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const feed = await openFeed(signal);
    feed.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: TEST_METHODS.watch, params: [] }));
    for await (const text of feed.messages) {
      const { method, params } = JSON.parse(text) as { method?: string; params?: readonly TestHeader[] };
      if (method === TEST_METHODS.tip && params?.[0]) onTip(this.#ref(params[0]));
    }
    if (!signal.aborted) throw new HeadwaterError("node-unreachable", `node ${this.node}: the feed closed`);
  }

  protected async call(method: string, params: readonly unknown[], options: CallOptions | undefined): Promise<unknown> {
    const bytes = await this.#post(method, params, options);
    const amounts = method === TEST_METHODS.balances || method === TEST_METHODS.recent;
    return resultOf(parseTestAnswer(bytes, this.node, amounts), 1, this.node);
  }

  #post(method: string, params: readonly unknown[], options: CallOptions | undefined): Promise<Uint8Array> {
    return this.#transport.post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), options);
  }

  #ref(header: TestHeader): BlockRef {
    const ref = header.ref as BlockRef | undefined;
    if (typeof ref?.hash === "string" && Number.isInteger(ref.height)) return ref;
    throw this.#bad("a header");
  }

  #missing(place: TestPlace): HeadwaterError {
    return new HeadwaterError("node-block-missing", `node ${this.node}: no block ${place}`);
  }

  #bad(expected: string): HeadwaterError {
    return new HeadwaterError("node-bad-response", `node ${this.node}: expected ${expected}`);
  }

  protected get node(): string {
    return this.#transport.node;
  }
}
