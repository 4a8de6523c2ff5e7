import type { BlockLocator, CallOptions, NodeTips } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { DeepHashes } from "./deep-hashes.ts";
import type { Dialect } from "./dialect.ts";
import { expectHeader, readHeaderAnswer } from "./header-answer.ts";
import { isRefused } from "./rpc-errors.ts";
import { RpcShape } from "./rpc-shape.ts";

/** How much longer than the node is asked to wait its answer may take, milliseconds. */
const WAIT_MARGIN_MS = 3_000;

/** So far below its tip a node does not change its mind within the time for which hashes are kept. */
const SETTLED_BLOCKS = 200;

/** Headers and tips of one node. The newest header is kept, so that a poll that tells nothing new is one small request. */
export class NodeHeaders {
  readonly #client: JsonRpcClient;
  readonly #dialect: Dialect;
  readonly #deepHashes: DeepHashes;
  #newest: BlockRef | undefined;

  constructor(client: JsonRpcClient, dialect: Dialect) {
    this.#client = client;
    this.#deepHashes = new DeepHashes(client);
    this.#dialect = dialect;
  }

  /** The newest block. What is safe and final follows from depth: nodes do not tell. Method: getbestblockhash. */
  async fetchTips(options?: CallOptions): Promise<NodeTips> {
    return { tip: await this.fetchTip(options), safe: null, finalized: null };
  }

  async fetchTip(options?: CallOptions): Promise<BlockRef> {
    const method = "getbestblockhash";
    const hash = new RpcShape(this.#client.node, method).hash(await this.#client.call(method, [], options), "the hash");
    return await this.read(hash, options);
  }

  /** Methods: getblockhash, getblockheader. @throws HeadwaterError `node-block-missing`, `node-wrong-block` */
  async fetch(at: BlockLocator, options?: CallOptions): Promise<BlockRef> {
    const hash = "hash" in at ? at.hash : await this.fetchHash(at.height, options);
    const header = readHeaderAnswer(await this.#call(this.#dialect.header(hash), options), this.#client.node);
    expectHeader(header, "hash" in at ? at : { hash, height: at.height }, this.#client.node);
    return header;
  }

  /**
   * The hash of the node's block at the height. Far below its tip many are asked for at once. Method: getblockhash.
   * @throws HeadwaterError `node-block-missing`
   */
  async fetchHash(height: number, options?: CallOptions): Promise<string> {
    const method = "getblockhash";
    const settled = (this.#newest?.height ?? 0) - SETTLED_BLOCKS;
    if (options?.work === "backfill" && height <= settled) return await this.#deepHashes.fetch(height, options);
    return new RpcShape(this.#client.node, method).hash(await this.#client.call(method, [height], options), "the hash");
  }

  /**
   * Waits for blocks as the node's own clock tells them (long polling) and gives every new tip to `onTip`. Nodes answer when
   * they reach the height above their tip, or after a while: a tip that was replaced by one no higher shows then.
   *
   * Resolves when the signal aborts. Method: waitforblockheight.
   * @throws HeadwaterError `node-method-unsupported` where the node does not wait, and what breaks the line
   */
  async watch(onTip: (tip: BlockRef) => void, signal: AbortSignal): Promise<void> {
    const { node } = this.#client;
    const options = { signal, work: "tip" as const, timeoutMs: LIMITS.longPollMs + WAIT_MARGIN_MS };
    try {
      if (!this.#dialect.waits) throw noWaiting(node);
      let tip = await this.fetchTip({ signal, work: "tip" });
      while (!signal.aborted) {
        const startedAt = performance.now();
        const hash = await this.#wait(tip.height + 1, options);
        if (hash !== tip.hash) {
          tip = await this.read(hash, { signal, work: "tip" });
          onTip(tip);
        } else if (performance.now() - startedAt < LIMITS.longPollMs / 2) {
          // Whatever stands between answers for the node, at once: asking again and again would flood it.
          this.#dialect.noteNoWaiting();
        }
        if (!this.#dialect.waits) throw noWaiting(node);
      }
    } catch (error) {
      if (isRefused(error)) this.#dialect.noteNoWaiting();
      if (!signal.aborted) throw error;
    }
  }

  async #wait(height: number, options: CallOptions): Promise<string> {
    const call = this.#dialect.waitForHeight(height, LIMITS.longPollMs);
    const shape = new RpcShape(this.#client.node, call.method);
    return shape.hash(shape.record(await this.#call(call, options), "the tip")["hash"], "hash");
  }

  /** The header of the block, which is kept as the newest: meant for tips. */
  async read(hash: string, options?: CallOptions): Promise<BlockRef> {
    if (this.#newest?.hash === hash) return this.#newest;
    const header = await this.fetch({ hash }, options);
    this.#newest = header;
    return header;
  }

  async #call({ method, params }: { method: string; params: readonly unknown[] }, options?: CallOptions) {
    return await this.#client.call(method, params, options);
  }
}

function noWaiting(node: string): HeadwaterError {
  return new HeadwaterError("node-method-unsupported", `node ${node}: it does not wait for blocks, so it is polled`, {
    details: { node },
  });
}
