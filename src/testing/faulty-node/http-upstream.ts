import type { NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { MessageQueue } from "../message-queue.ts";

/** A real node behind a faulty one, over HTTP and, with `wsUrl`, its push feed. Errors name no URL. */
export class HttpUpstream implements NodeWire {
  readonly #url: string;
  readonly #headers: Record<string, string> = { "content-type": "application/json" };
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;

  /** @param url a user and password in it are sent as basic authentication */
  constructor(url: string, wsUrl?: string) {
    const { origin, pathname, search, username, password } = new URL(url);
    this.#url = origin + pathname + search;
    if (username || password) {
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      this.#headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    }
    if (wsUrl !== undefined) this.openFeed = (signal) => openFeed(wsUrl, signal);
  }

  async post({ body, signal, timeoutMs }: WireRequest): Promise<WireAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: this.#headers,
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const retryAfter = answer.headers.get("retry-after") ?? undefined;
      return { status: answer.status, retryAfter, body: new Uint8Array(await answer.arrayBuffer()) };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (timeout.aborted) {
        throw new HeadwaterError("node-timeout", `the upstream node: no answer within ${timeoutMs} ms`, { cause });
      }
      throw new HeadwaterError("node-unreachable", "the upstream node cannot be reached", { cause });
    }
  }

  async close(): Promise<void> {}
}

async function openFeed(url: string, signal: AbortSignal): Promise<NodeFeed> {
  const socket = new WebSocket(url);
  const messages = new MessageQueue();
  const close = () => socket.close();
  signal.addEventListener("abort", close, { once: true });
  socket.addEventListener("message", ({ data }) => messages.push(String(data)));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("close", () => {
      signal.removeEventListener("abort", close);
      messages.end();
      reject(new HeadwaterError("node-unreachable", "the upstream node's websocket does not open"));
    });
  });
  return { send: (text) => socket.send(text), messages };
}
