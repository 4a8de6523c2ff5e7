import type { Clock } from "../../core/clock.ts";
import type { Fault, FaultScript } from "./fault-script.ts";

/** Which faults of a script are active, by time, by the honest tip's height, by method and by chance. */
export class FaultWindows {
  readonly #faults: readonly Fault[];
  readonly #clock: Clock;
  readonly #start: number;
  readonly #random: () => number;

  constructor(script: FaultScript, clock: Clock, random: () => number) {
    this.#faults = script.faults;
    this.#clock = clock;
    this.#start = clock.now();
    this.#random = random;
  }

  /** Whether the honest tip's height decides anything now. */
  get needsHeight(): boolean {
    return this.#faults.some(
      ({ when }) => (when?.fromBlock !== undefined || when?.untilBlock !== undefined) && this.#inTime(when),
    );
  }

  /** The faults whose time it is, whatever is asked. */
  open(height: number): readonly Fault[] {
    return this.#faults.filter(({ when }) => this.#inTime(when) && inBlocks(when, height));
  }

  /** Those of the open faults that befall a request with these methods. */
  draw(open: readonly Fault[], methods: readonly string[]): readonly Fault[] {
    return open.filter(({ when }) => {
      if (when?.methods && !when.methods.some((method) => methods.includes(method))) return false;
      return when?.probability === undefined || this.#random() < when.probability;
    });
  }

  #inTime(when: Fault["when"]): boolean {
    const seconds = (this.#clock.now() - this.#start) / 1000;
    return seconds >= (when?.fromSeconds ?? 0) && seconds < (when?.untilSeconds ?? Number.POSITIVE_INFINITY);
  }
}

function inBlocks(when: Fault["when"], height: number): boolean {
  return height >= (when?.fromBlock ?? 0) && height < (when?.untilBlock ?? Number.POSITIVE_INFINITY);
}
