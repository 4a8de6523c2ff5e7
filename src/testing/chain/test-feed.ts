import type { NodeFeed } from "../../core/contracts/plugin.ts";

/** A push feed in memory. What is sent goes to `onSend`; what is pushed comes out of `messages`, in order. */
export class TestFeed implements NodeFeed {
  readonly #waiting: string[] = [];
  readonly #onSend: (text: string) => void;
  #wake: (() => void) | undefined;
  #ended = false;

  /** @param signal ends the messages when it aborts */
  constructor(onSend: (text: string) => void, signal: AbortSignal) {
    this.#onSend = onSend;
    signal.addEventListener("abort", () => this.end(), { once: true });
  }

  send(text: string): void {
    this.#onSend(text);
  }

  push(text: string): void {
    this.#waiting.push(text);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  get messages(): AsyncIterable<string> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<string> {
    while (true) {
      const text = this.#waiting.shift();
      if (text !== undefined) yield text;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }
}
