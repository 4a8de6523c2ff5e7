import { Pool, errors as undiciErrors } from "undici";
import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { FeedMessage, NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireGet, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { AnswerCollector } from "./answer-collector.ts";
import { openWebSocketFeed } from "./websocket-feed.ts";
import { subscribeZmq } from "./zmq-feed.ts";

/**
 * The way to one node over HTTP, with its feeds over websocket and ZMQ: kept connections, and a cap on every answer. Error texts name the node,
 * never its URL, since that may hold a key.
 */
export class HttpWire implements NodeWire {
  readonly #node: string;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;
  readonly subscribe?: (topics: readonly string[], signal: AbortSignal) => Promise<AsyncIterable<FeedMessage>>;
  readonly get?: (request: WireGet) => Promise<WireAnswer>;

  constructor(config: NodeConfig) {
    const url = new URL(config.url);
    this.#node = config.name;
    this.#path = url.pathname + url.search;
    this.#headers = { "content-type": "application/json", accept: "application/json" };
    if (url.username || url.password) {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    }
    this.#pool = new Pool(url.origin, {
      connections: LIMITS.nodeConcurrency,
      pipelining: 1,
      connect: { timeout: LIMITS.nodeConnectTimeoutMs },
    });
    const { ws, zmq } = config;
    if (this.#path === "/") this.get = ({ path, ...request }) => this.#send("GET", path, null, request);
    if (ws !== undefined) this.openFeed = (signal) => openWebSocketFeed(ws, config.name, signal);
    if (zmq !== undefined) this.subscribe = (topics, signal) => subscribeZmq(zmq, config.name, topics, signal);
  }

  post({ body, ...request }: WireRequest): Promise<WireAnswer> {
    return this.#send("POST", this.#path, body, request);
  }

  async #send(
    method: "GET" | "POST",
    path: string,
    body: string | null,
    { signal, timeoutMs }: Omit<WireRequest, "body">,
  ): Promise<WireAnswer> {
    signal?.throwIfAborted();
    const collector = new AnswerCollector(this.#node);
    const end = () => collector.abort(signal?.reason);
    signal?.addEventListener("abort", end, { once: true });
    try {
      this.#pool.dispatch(
        {
          method,
          path,
          headers: this.#headers,
          body,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        },
        collector,
      );
      return await collector.answer;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw this.#classify(error, timeoutMs);
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #classify(error: unknown, timeoutMs: number): HeadwaterError {
    if (error instanceof HeadwaterError) return error;
    const details = { node: this.#node };
    if (
      error instanceof undiciErrors.HeadersTimeoutError ||
      error instanceof undiciErrors.BodyTimeoutError ||
      error instanceof undiciErrors.ConnectTimeoutError
    ) {
      return new HeadwaterError("node-timeout", `node ${this.#node}: no answer within ${timeoutMs} ms`, { details });
    }
    const cause = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
    return new HeadwaterError("node-unreachable", `node ${this.#node}: the connection failed (${cause})`, {
      details: { ...details, cause },
    });
  }
}
