import type { Clock } from "../core/clock.ts";

/** Where progress is shown. `columns` is the width of a terminal. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const REWRITE_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
const USUAL_COLUMNS = 80;

/**
 * One line that tells how far long work is: rewritten in place on a terminal, at most ten times a second; elsewhere a
 * plain line, the first at once and then at most every ten seconds, so that a log stays short.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shown = "";
  #latest = "";

  constructor(stream: ProgressStream, clock: Pick<Clock, "now">) {
    this.#stream = stream;
    this.#now = () => clock.now();
  }

  /** Shows the text, or keeps it for later when the last one is too new. */
  update(text: string): void {
    this.#latest = text;
    const every = this.#stream.isTTY ? REWRITE_EVERY_MS : LINE_EVERY_MS;
    if (this.#now() - this.#shownAt >= every) this.#show();
  }

  /** Writes a line of its own above the progress line. */
  print(line: string): void {
    if (!this.#stream.isTTY || this.#shown === "") {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#stream.write(`\r\u001b[2K${line}\n${this.#fit(this.#shown)}`);
  }

  /** Shows the last text and ends the line. May be called twice. */
  end(): void {
    if (this.#latest !== "" && this.#latest !== this.#shown) this.#show();
    if (this.#stream.isTTY && this.#shown !== "") this.#stream.write("\n");
    this.#shown = "";
    this.#latest = "";
  }

  #show(): void {
    this.#shownAt = this.#now();
    this.#shown = this.#latest;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${this.#shown}\n`);
      return;
    }
    this.#stream.write(`\r\u001b[2K${this.#fit(this.#shown)}`);
  }

  /** A line that wraps could not be rewritten. A terminal that does not know its width says 0, or nothing. */
  #fit(text: string): string {
    return text.slice(0, Math.max(1, (this.#stream.columns || USUAL_COLUMNS) - 1));
  }
}
