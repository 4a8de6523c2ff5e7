import type { Clock } from "../../core/clock.ts";
import type { NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { FaultyNode } from "./faulty-node.ts";

/** A faulty node as the wire to it, for tests in one process: time is the clock's. */
export class FaultyWire implements NodeWire {
  readonly #name: string;
  readonly #node: FaultyNode;
  readonly #upstream: NodeWire;
  readonly #clock: Clock;
  readonly openFeed?: (signal: AbortSignal) => Promise<NodeFeed>;

  /** @param options.name names the node in errors; `upstream` is the honest node's wire, for its push feed */
  constructor(
    node: FaultyNode,
    options: { readonly name: string; readonly upstream: NodeWire; readonly clock: Clock },
  ) {
    this.#name = options.name;
    this.#node = node;
    this.#upstream = options.upstream;
    this.#clock = options.clock;
    const open = options.upstream.openFeed;
    if (open) this.openFeed = async (signal) => this.#relay(await open(signal));
  }

  async post(request: WireRequest): Promise<WireAnswer> {
    const reply = await this.#node.respond(request);
    if (reply.kind === "answer") return reply.answer;
    if (reply.kind === "dropped") {
      throw new HeadwaterError("node-unreachable", `node ${this.#name}: the connection was closed`);
    }
    await this.#clock.sleep(request.timeoutMs, request.signal);
    throw new HeadwaterError("node-timeout", `node ${this.#name}: no answer within ${request.timeoutMs} ms`);
  }

  async close(): Promise<void> {
    await this.#upstream.close();
  }

  #relay(feed: NodeFeed): NodeFeed {
    const node = this.#node;
    async function* relayed(): AsyncGenerator<string> {
      for await (const text of feed.messages) {
        const message = await node.relay(text);
        if (message !== undefined) yield message;
      }
    }
    return { send: (text) => feed.send(text), messages: relayed() };
  }
}
