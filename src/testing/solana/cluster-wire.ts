import type { NodeFeed } from "../../core/contracts/plugin.ts";
import type { NodeWire, WireAnswer, WireRequest } from "../../core/contracts/wire.ts";
import { MessageQueue } from "../message-queue.ts";
import type { NodeView } from "./node-view.ts";
import { answerRpc } from "./rpc/answer.ts";
import { Subscriptions } from "./rpc/subscriptions.ts";

/** A node of the cluster as the wire to it, for tests in one process without sockets. */
export class ClusterWire implements NodeWire {
  readonly view: NodeView;

  constructor(view: NodeView) {
    this.view = view;
  }

  async post({ body, signal }: WireRequest): Promise<WireAnswer> {
    signal?.throwIfAborted();
    return { status: 200, retryAfter: undefined, body: new TextEncoder().encode(answerRpc(this.view, body)) };
  }

  readonly openFeed = async (signal: AbortSignal): Promise<NodeFeed> => {
    signal.throwIfAborted();
    const messages = new MessageQueue();
    const subscriptions = new Subscriptions(this.view, (text) => messages.push(text));
    const end = () => {
      subscriptions.close();
      messages.end();
    };
    signal.addEventListener("abort", end, { once: true });
    return { send: (text) => subscriptions.receive(text), messages };
  };

  async close(): Promise<void> {}
}
