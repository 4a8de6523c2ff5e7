import PQueue from "p-queue";
import { Pool, errors as undiciErrors } from "undici";
import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { CallOptions, NodeFeed, NodeTransport, WorkClass } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { openWebSocketFeed } from "./websocket-feed.ts";

const PRIORITIES: Readonly<Record<WorkClass, number>> = { tip: 3, read: 2, reconciliation: 1, backfill: 0 };

/**
 * The way to one node over HTTP and websocket: a bounded queue with priorities, the configured rate, a timeout for every
 * request and a cap on every answer. Error texts name the node, never its URL, since that may hold a key.
 */
export class HttpTransport implements NodeTransport {
  readonly node: string;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly #queue: PQueue;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;

  constructor(config: NodeConfig) {
    const url = new URL(config.url);
    this.node = config.name;
    this.#path = url.pathname + url.search;
    this.#headers = { "content-type": "application/json", accept: "application/json" };
    if (url.username || url.password) {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    }
    this.#pool = new Pool(url.origin, { connections: LIMITS.nodeConcurrency, pipelining: 1 });
    this.#queue = new PQueue({
      concurrency: LIMITS.nodeConcurrency,
      ...(config.requestsPerSecond !== undefined && { interval: 1000, intervalCap: config.requestsPerSecond }),
    });
    const { ws } = config;
    if (ws !== undefined) this.openFeed = (signal) => openWebSocketFeed(ws, config.name, signal);
  }

  async post(body: string, options: CallOptions = {}): Promise<Uint8Array> {
    if (this.#queue.size >= LIMITS.nodeQueueLength) {
      throw new HeadwaterError("overloaded", `node ${this.node}: ${this.#queue.size} requests wait already`);
    }
    const priority = PRIORITIES[options.work ?? "read"];
    return await this.#queue.add(() => this.#send(body, options), {
      priority,
      ...(options.signal && { signal: options.signal }),
    });
  }

  /** Ends open connections at once; requests under way fail. */
  async close(): Promise<void> {
    this.#queue.clear();
    await this.#pool.destroy();
  }

  async #send(body: string, options: CallOptions): Promise<Uint8Array> {
    const timeoutMs = options.timeoutMs ?? LIMITS.nodeRequestTimeoutMs;
    try {
      const answer = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: this.#headers,
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(options.signal && { signal: options.signal }),
      });
      const bytes = await this.#read(answer.body);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return bytes;
      throw this.#statusError(answer.statusCode, answer.headers["retry-after"], bytes);
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw this.#classify(error, timeoutMs);
    }
  }

  async #read(body: AsyncIterable<Buffer>): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > LIMITS.nodeResponseBytes) {
        throw new HeadwaterError(
          "node-response-too-large",
          `node ${this.node}: the answer is over ${LIMITS.nodeResponseBytes} bytes`,
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

  #statusError(status: number, retryAfter: string | string[] | undefined, bytes: Uint8Array): HeadwaterError {
    const body = Buffer.from(bytes.subarray(0, LIMITS.answerExcerptBytes)).toString("utf8");
    const details = { node: this.node, status, body };
    if (status === 429) {
      const afterMs = retryAfterMs(retryAfter) ?? 1000;
      return new HeadwaterError("node-throttled", `node ${this.node}: HTTP 429, asks to wait ${afterMs} ms`, {
        details,
        retry: { sameNode: true, otherNode: true, afterMs },
      });
    }
    return new HeadwaterError("node-http-error", `node ${this.node}: HTTP status ${status}, expected 200`, { details });
  }

  #classify(error: unknown, timeoutMs: number): HeadwaterError {
    if (error instanceof HeadwaterError) return error;
    const details = { node: this.node };
    if (
      error instanceof undiciErrors.HeadersTimeoutError ||
      error instanceof undiciErrors.BodyTimeoutError ||
      error instanceof undiciErrors.ConnectTimeoutError
    ) {
      return new HeadwaterError("node-timeout", `node ${this.node}: no answer within ${timeoutMs} ms`, { details });
    }
    const cause = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
    return new HeadwaterError("node-unreachable", `node ${this.node}: the connection failed (${cause})`, {
      details: { ...details, cause },
    });
  }
}

/** Retry-After in seconds or as an HTTP date (RFC 9110, section 10.2.3), at most a minute. */
export function retryAfterMs(header: string | string[] | undefined, now = Date.now()): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 60_000) : undefined;
}
