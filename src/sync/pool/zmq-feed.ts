import type { Subscriber } from "zeromq";
import type { FeedMessage } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/**
 * Subscribes to topics of a ZMQ publisher (ZMTP 3, no security mechanism) and gives its messages in order. As many wait unread as
 * `LIMITS.feedMessages`, in the socket's own queue; beyond that the publisher drops messages, which only its own numbers tell.
 *
 * Resolves once the publisher has answered. The library would connect again by itself, so that nobody learnt of a publisher that
 * is gone: here that ends the feed, and whoever listens opens it again. Error texts never hold the address.
 *
 * @param url `tcp://host:port` or `ipc://path`
 * @returns messages until the signal aborts or the reader leaves; throws HeadwaterError `node-unreachable` when the line is lost
 * @throws HeadwaterError `unsupported` where the library does not run, `node-unreachable`, `node-timeout`, or the signal's reason
 */
export async function subscribeZmq(
  url: string,
  node: string,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<AsyncIterable<FeedMessage>> {
  signal.throwIfAborted();
  const { Subscriber } = await loadLibrary(node);
  signal.throwIfAborted();
  const socket = new Subscriber({
    // By default the library takes names for addresses of version 4 alone.
    ipv6: true,
    linger: 0,
    receiveHighWaterMark: LIMITS.feedMessages,
    maxMessageSize: LIMITS.feedMessageBytes,
    heartbeatInterval: LIMITS.feedHeartbeatMs,
    heartbeatTimeout: LIMITS.feedHeartbeatMs,
  });
  const line = new ZmqLine(socket, node, signal);
  try {
    socket.subscribe(...topics);
    socket.connect(url);
  } catch (error) {
    line.lose(`cannot connect (${codeOf(error)})`);
  }
  await line.opened();
  return line.messages();
}

/** Held back until a node has it configured: the library brings native code, which no other node should need. */
async function loadLibrary(node: string): Promise<typeof import("zeromq")> {
  try {
    return await import("zeromq");
  } catch (cause) {
    const text = `node ${node}: ZMQ is configured, and its library does not run on this platform: the node is polled`;
    throw new HeadwaterError("unsupported", text, { cause, details: { node } });
  }
}

/** One socket, from its connecting to its end. */
class ZmqLine {
  readonly #socket: Subscriber;
  readonly #node: string;
  readonly #signal: AbortSignal;
  readonly #open = Promise.withResolvers<void>();
  readonly #end = () => this.#close();
  #lost: HeadwaterError | undefined;

  constructor(socket: Subscriber, node: string, signal: AbortSignal) {
    this.#socket = socket;
    this.#node = node;
    this.#signal = signal;
    signal.addEventListener("abort", this.#end, { once: true });
    socket.events.on("handshake", () => this.#open.resolve());
    socket.events.on("disconnect", () => this.lose("the connection to its publisher ended"));
  }

  lose(what: string, code: "node-unreachable" | "node-timeout" = "node-unreachable"): void {
    this.#lost ??= new HeadwaterError(code, `node ${this.#node}, ZMQ: ${what}`, { details: { node: this.#node } });
    this.#close();
  }

  async opened(): Promise<void> {
    const timeoutMs = LIMITS.nodeConnectTimeoutMs;
    const timer = setTimeout(
      () => this.lose(`no publisher answered within ${timeoutMs} ms`, "node-timeout"),
      timeoutMs,
    );
    try {
      await this.#open.promise;
    } finally {
      clearTimeout(timer);
    }
    if (this.#signal.aborted) throw this.#signal.reason;
    if (this.#lost) throw this.#lost;
  }

  async *messages(): AsyncGenerator<FeedMessage> {
    try {
      while (!this.#socket.closed) {
        const [topic, ...parts] = await this.#socket.receive();
        if (topic !== undefined) yield { topic: topic.toString("latin1"), parts };
      }
    } catch (error) {
      // A socket that is closed ends the wait of whoever reads it.
      if (!this.#socket.closed) this.lose(`cannot be read (${codeOf(error)})`);
    } finally {
      this.#close();
    }
    if (this.#lost && !this.#signal.aborted) throw this.#lost;
  }

  #close(): void {
    this.#signal.removeEventListener("abort", this.#end);
    this.#socket.close();
    this.#open.resolve();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
}
