import type { Clock } from "../../src/core/clock.ts";

/** What happened in a run, line by line, each with the milliseconds since the start. */
export class Trace {
  readonly lines: string[] = [];
  readonly #clock: Clock;
  readonly #start: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#start;
  }

  note(line: string): void {
    this.lines.push(`${Math.round(this.elapsedMs)} ${line}`);
  }
}
