import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** A websocket on loopback that takes every JSON-RPC subscription and tells nothing, ever. */
export class MuteFeed {
  readonly url: string;
  /** Resolves when somebody has subscribed. */
  readonly subscribed: Promise<void>;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.subscribed = promise;
    server.on("connection", (socket) => {
      socket.on("message", (data) => {
        const { id } = JSON.parse(String(data)) as { id: unknown };
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: 1 }));
        resolve();
      });
    });
  }

  static async start(): Promise<MuteFeed> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new MuteFeed(server);
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
}
