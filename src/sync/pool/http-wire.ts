import { type Dispatcher, Pool, errors as undiciErrors } from "undici";
import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { openWebSocketFeed } from "./websocket-feed.ts";

/**
 * The way to one node over HTTP and websocket: kept connections, and a cap on every answer. Error texts name the node,
 * never its URL, since that may hold a key.
 */
export class HttpWire implements NodeWire {
  readonly #node: string;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;

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
    const { ws } = config;
    if (ws !== undefined) this.openFeed = (signal) => openWebSocketFeed(ws, config.name, signal);
  }

  async post({ body, signal, timeoutMs }: WireRequest): Promise<WireAnswer> {
    try {
      const answer = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: this.#headers,
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(signal && { signal }),
      });
      const retryAfter = answer.headers["retry-after"];
      return {
        status: answer.statusCode,
        retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
        body: await this.#read(answer.body),
      };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw this.#classify(error, timeoutMs);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #read(body: Dispatcher.ResponseData["body"]): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMITS.nodeResponseBytes) {
        throw new HeadwaterError(
          "node-response-too-large",
          `node ${this.#node}: the answer is over ${LIMITS.nodeResponseBytes} bytes`,
        );
      }
      chunks.push(chunk);
    }
    // A buffer of its own, never a view of a shared pool: it is handed over to a worker thread.
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
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
