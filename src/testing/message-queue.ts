import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** Messages in the order in which they came, for one reader. One that does not keep up gets `overloaded` in the end. */
export class MessageQueue implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #overrun = false;

  push(text: string): void {
    if (this.#waiting.length < LIMITS.feedMessages) this.#waiting.push(text);
    else this.#overrun = true;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    while (true) {
      const text = this.#waiting.shift();
      if (text !== undefined) yield text;
      else if (this.#overrun)
        throw new HeadwaterError("overloaded", `over ${LIMITS.feedMessages} messages wait on a feed`);
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
