import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import { BITCOIN_REGTEST } from "../node-programs.ts";
import type { RegtestNode } from "../regtest-node.ts";
import { RpcClient } from "../rpc-client.ts";
import { BlockPublisher } from "./block-publisher.ts";
import { answerRpc } from "./rpc/answer.ts";
import { StandInChain } from "./stand-in-chain.ts";

/** A stand-in for a node on loopback: the node's RPC over HTTP. It keeps its blocks over a stop, and loses its mempool. */
export class StandInNode implements RegtestNode {
  readonly name: string;
  readonly real = false;
  readonly description =
    "a stand-in for a node: a regtest chain of Headwater's own making behind a node's RPC, without scripts and signatures";
  readonly network = BITCOIN_REGTEST;
  readonly url: string;
  readonly client: RpcClient;
  readonly chain: StandInChain;
  readonly #authorization: string;
  readonly #port: number;
  #server: Server | undefined;
  #publisher: BlockPublisher | undefined;
  /** Kept over a stop. */
  #publishesAt: string | undefined;
  /** Set while it hangs. */
  #resumed: PromiseWithResolvers<void> | undefined;

  private constructor(chain: StandInChain, server: Server) {
    const password = randomBytes(16).toString("hex");
    this.name = chain.name;
    this.chain = chain;
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#authorization = `Basic ${Buffer.from(`headwater:${password}`).toString("base64")}`;
    this.url = `http://headwater:${password}@127.0.0.1:${this.#port}`;
    this.client = new RpcClient(this.url);
    this.#serve(server);
  }

  static async start(name: string, clock: Clock = systemClock): Promise<StandInNode> {
    return new StandInNode(new StandInChain(name, clock), await listen(0));
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  async connect(peer: RegtestNode): Promise<void> {
    this.chain.connect(expectStandIn(peer).chain);
  }

  async disconnect(peer: RegtestNode): Promise<void> {
    this.chain.disconnect(expectStandIn(peer).chain);
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  async openPublisher(): Promise<string> {
    this.#publisher ??= await BlockPublisher.open(this.chain);
    this.#publishesAt = this.#publisher.url;
    return this.#publishesAt;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.resume();
    await this.client.close();
    await this.#publisher?.close();
    this.#publisher = undefined;
    this.chain.disconnectAll();
    this.chain.mempool.clear();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  async kill(): Promise<void> {
    await this.stop();
  }

  async restart(): Promise<void> {
    if (this.#server) return;
    this.#server = await listen(this.#port);
    this.#serve(this.#server);
    if (this.#publishesAt) this.#publisher = await BlockPublisher.open(this.chain, this.#publishesAt);
  }

  async remove(): Promise<void> {
    await this.stop();
  }

  #serve(server: Server): void {
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      await this.#resumed?.promise;
      if (request.headers.authorization !== this.#authorization) {
        response.writeHead(401).end();
        return;
      }
      const { status, body } = await answerRpc(this.chain, Buffer.concat(chunks).toString("utf8"), gone.signal);
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    } catch {
      // The caller is gone, or the stand-in was stopped meanwhile: as with a node that is down, there is nobody to answer.
      request.socket.destroy();
    }
  }
}

function expectStandIn(peer: RegtestNode): StandInNode {
  if (peer instanceof StandInNode) return peer;
  throw new HeadwaterError("test-node-failed", `${peer.name} is a real node, which a stand-in cannot talk to`);
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
