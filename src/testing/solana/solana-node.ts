import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { SolanaCluster } from "./cluster.ts";
import { ClusterWire } from "./cluster-wire.ts";
import { NodeView, type ViewOptions } from "./node-view.ts";
import { answerRpc } from "./rpc/answer.ts";
import { Subscriptions } from "./rpc/subscriptions.ts";

/** Who runs a node, and where. */
export type SolanaSeat = { readonly name: string; readonly operator: string; readonly region: string };

export const SOLANA_SEATS: readonly SolanaSeat[] = [
  { name: "juniper-eu", operator: "juniper", region: "eu-west" },
  { name: "larch-us", operator: "larch", region: "us-east" },
];

/**
 * A node of the cluster on loopback: JSON-RPC over HTTP, and subscriptions over a websocket at the same port. (A validator has
 * these at the next port: give clients that guess it the address, as `wsEndpoint`.)
 */
export class SolanaNode {
  readonly seat: SolanaSeat;
  readonly view: NodeView;
  /** They stay the same through `stop` and `restart`. */
  readonly url: string;
  readonly wsUrl: string;
  readonly #port: number;
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;
  /** Set while it hangs. */
  #resumed: PromiseWithResolvers<void> | undefined;

  private constructor(seat: SolanaSeat, view: NodeView, server: Server) {
    this.seat = seat;
    this.view = view;
    this.#port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
    this.wsUrl = `ws://127.0.0.1:${this.#port}`;
    this.#serve(server);
  }

  /** @param port default: any free one */
  static async start(
    cluster: SolanaCluster,
    seat: SolanaSeat,
    options: ViewOptions & { readonly port?: number } = {},
  ): Promise<SolanaNode> {
    return new SolanaNode(
      seat,
      new NodeView(cluster, { name: seat.name, ...options }),
      await listen(options.port ?? 0),
    );
  }

  get name(): string {
    return this.seat.name;
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  /** Another way to it, without sockets. */
  get wire(): ClusterWire {
    return new ClusterWire(this.view);
  }

  /** Stops answering, without closing anything: connections hang. */
  pause(): void {
    this.#resumed ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  /** Ends all connections at once. May be called twice. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.resume();
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
    this.#sockets?.close();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  /** Listens at its old port again. */
  async restart(): Promise<void> {
    if (!this.#server) this.#serve(await listen(this.#port));
  }

  #serve(server: Server): void {
    this.#server = server;
    server.on("request", (request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on("connection", (socket) => {
      const subscriptions = new Subscriptions(this.view, (text) => socket.send(text));
      socket.on("message", (data) => subscriptions.receive(String(data)));
      socket.on("close", () => subscriptions.close());
      socket.on("error", () => socket.terminate());
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      await this.#resumed?.promise;
      if (request.method === "GET") {
        response.writeHead(200, { "content-type": "text/plain" }).end("ok");
        return;
      }
      const body = answerRpc(this.view, Buffer.concat(chunks).toString("utf8"));
      response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(body);
    } catch {
      // The caller is gone, or the node was stopped meanwhile: there is nobody to answer.
      request.socket.destroy();
    }
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
