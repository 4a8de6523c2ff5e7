import type { NodeFeed } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

/**
 * Opens a websocket and hands its text messages on in order. A feed whose reader does not keep up is closed rather than
 * buffered without bound; the poll finds what it missed.
 *
 * @throws HeadwaterError `node-unreachable` when the socket does not open
 */
export async function openWebSocketFeed(url: string, node: string, signal: AbortSignal): Promise<NodeFeed> {
  signal.throwIfAborted();
  const socket = new WebSocket(url);
  const messages = new MessageQueue(node);
  const close = () => socket.close();
  signal.addEventListener("abort", close, { once: true });
  socket.addEventListener("message", (event) => {
    if (typeof event.data !== "string") return;
    if (!messages.push(event.data)) close();
  });
  socket.addEventListener("close", () => {
    signal.removeEventListener("abort", close);
    messages.end();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener(
      "close",
      () =>
        reject(
          signal.aborted
            ? signal.reason
            : new HeadwaterError("node-unreachable", `node ${node}: the websocket does not open`),
        ),
      { once: true },
    );
  });
  return { send: (text) => socket.send(text), messages };
}

class MessageQueue implements AsyncIterable<string> {
  readonly #node: string;
  readonly #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #overrun = false;

  constructor(node: string) {
    this.#node = node;
  }

  push(text: string): boolean {
    if (this.#waiting.length >= LIMITS.feedMessages) {
      this.#overrun = true;
      return false;
    }
    this.#waiting.push(text);
    this.#wake?.();
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    while (true) {
      const text = this.#waiting.shift();
      if (text !== undefined) {
        yield text;
        continue;
      }
      if (this.#overrun) {
        throw new HeadwaterError(
          "overloaded",
          `node ${this.#node}: over ${LIMITS.feedMessages} messages wait on its feed`,
        );
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
