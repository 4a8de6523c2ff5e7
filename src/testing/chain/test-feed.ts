import type { NodeFeed } from "../../core/contracts/plugin.ts";
import { MessageQueue } from "../message-queue.ts";

/** A push feed in memory. What is sent goes to `onSend`; what is pushed comes out of `messages`, in order. */
export class TestFeed implements NodeFeed {
  readonly messages = new MessageQueue();
  readonly #onSend: (text: string) => void;

  /** @param signal ends the messages when it aborts */
  constructor(onSend: (text: string) => void, signal: AbortSignal) {
    this.#onSend = onSend;
    signal.addEventListener("abort", () => this.end(), { once: true });
  }

  send(text: string): void {
    this.#onSend(text);
  }

  push(text: string): void {
    this.messages.push(text);
  }

  end(): void {
    this.messages.end();
  }
}
