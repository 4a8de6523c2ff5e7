import type { NodeFeed } from "../../src/core/contracts/plugin.ts";

/** A push feed whose lines the test writes one by one, and which keeps what it was told. */
export class LineFeed implements NodeFeed {
  readonly sent: unknown[] = [];
  signal: AbortSignal | undefined;
  readonly #lines: string[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;

  readonly open = async (signal: AbortSignal): Promise<NodeFeed> => {
    this.signal = signal;
    return this;
  };

  readonly messages: AsyncIterable<string> = { [Symbol.asyncIterator]: () => this.#read() };

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  write(message: unknown): void {
    this.#lines.push(JSON.stringify(message));
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Resolves when all lines were taken and what they led to had its turn. */
  async drained(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#lines.length > 0);
  }

  async *#read(): AsyncGenerator<string> {
    while (true) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#isClosed) return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    }
  }
}
