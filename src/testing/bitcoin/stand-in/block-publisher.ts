import { Publisher } from "zeromq";
import type { StandInChain } from "./stand-in-chain.ts";

/** Publishes each new tip's hash by ZMQ, as nodes do with `zmqpubhashblock`. */
export class BlockPublisher {
  /** `tcp://host:port`. */
  readonly url: string;
  readonly #socket: Publisher;
  readonly #unwatch: () => void;
  #tip: string;
  #sequence = 0;
  #sent: Promise<void> = Promise.resolve();

  private constructor(socket: Publisher, url: string, chain: StandInChain) {
    this.#socket = socket;
    this.url = url;
    this.#tip = chain.tree.tip.hash;
    this.#unwatch = chain.watch(() => this.#look(chain.tree.tip.hash));
  }

  /** @param url default: a free port on loopback */
  static async open(chain: StandInChain, url = "tcp://127.0.0.1:*"): Promise<BlockPublisher> {
    const socket = new Publisher({ linger: 0 });
    await socket.bind(url);
    return new BlockPublisher(socket, socket.lastEndpoint as string, chain);
  }

  /** Its address is free after it. */
  async close(): Promise<void> {
    this.#unwatch();
    await this.#sent;
    // The library unbinds in the background, and tells when it has.
    const { promise: freed, resolve } = Promise.withResolvers<void>();
    this.#socket.events.on("close", ({ address }) => {
      if (address === this.url) resolve();
    });
    await this.#socket.unbind(this.url);
    await freed;
    this.#socket.close();
  }

  #look(tip: string): void {
    if (tip === this.#tip) return;
    this.#tip = tip;
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(this.#sequence++);
    // A socket sends one message at a time.
    this.#sent = this.#sent.then(() => this.#socket.send(["hashblock", Buffer.from(tip, "hex"), sequence]));
  }
}
