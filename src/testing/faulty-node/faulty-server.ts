import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import { LIMITS } from "../../core/limits.ts";
import type { FaultyNode } from "./faulty-node.ts";

export type FaultyServerOptions = {
  readonly node: FaultyNode;
  /** The honest node's wire: its push feed is relayed to websockets that are opened here. */
  readonly upstream: NodeWire;
  /** Default: any free one. */
  readonly port?: number;
};

/** A faulty node on loopback: HTTP, and where the honest node has a push feed, websockets at the same address. */
export class FaultyServer {
  readonly url: string;
  readonly wsUrl: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: FaultyServerOptions;

  private constructor(server: Server, options: FaultyServerOptions) {
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
    this.wsUrl = `ws://127.0.0.1:${port}`;
    this.#server = server;
    this.#options = options;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on("connection", (socket) => void this.#relay(socket));
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  static async start(options: FaultyServerOptions): Promise<FaultyServer> {
    const server = createServer();
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    return new FaultyServer(server, options);
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    await this.#options.upstream.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const body = await readBody(request);
      const reply = await this.#options.node.respond({
        body,
        signal: gone.signal,
        timeoutMs: LIMITS.nodeRequestTimeoutMs,
      });
      if (reply.kind === "silent") return;
      if (reply.kind === "dropped") {
        request.socket.destroy();
        return;
      }
      const { status, retryAfter, body: bytes } = reply.answer;
      response.writeHead(status, {
        "content-type": "application/json",
        ...(retryAfter !== undefined && { "retry-after": retryAfter }),
      });
      response.end(bytes);
    } catch {
      // The honest node is gone, or the caller: as with a node that is down, there is nobody to answer.
      request.socket.destroy();
    }
  }

  async #relay(socket: WebSocket): Promise<void> {
    const gone = new AbortController();
    socket.on("close", () => gone.abort());
    socket.on("error", () => gone.abort());
    // What the caller says before the honest node's feed is open waits for it.
    const early: string[] = [];
    let feed: NodeFeed | undefined;
    socket.on("message", (data) => {
      if (feed) feed.send(String(data));
      else early.push(String(data));
    });
    try {
      feed = await this.#options.upstream.openFeed?.(gone.signal);
      if (!feed) return socket.close();
      for (const text of early) feed.send(text);
      for await (const text of feed.messages) {
        const message = await this.#options.node.relay(text);
        if (message !== undefined) socket.send(message);
      }
      socket.close();
    } catch {
      socket.terminate();
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
