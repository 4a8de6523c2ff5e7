import { LIMITS } from "../../core/limits.ts";

export type Lag = { readonly blocks: number; readonly seconds: number };

/**
 * The height that enough operators have reached, and when: what nodes are held against. One node that runs ahead of all
 * does not make the others late. The caller tells the time, in milliseconds.
 */
export class ReferenceHead {
  readonly #required: number;
  readonly #reached: { readonly height: number; readonly at: number }[] = [];

  /** @param required how many operators make a height the reference */
  constructor(required: number) {
    this.#required = required;
  }

  get height(): number | undefined {
    return this.#reached.at(-1)?.height;
  }

  /** @param heads the highest block of each operator that has a voice */
  note(heads: readonly number[], now: number): void {
    const height = [...heads].sort((a, b) => b - a)[this.#required - 1];
    if (height === undefined || height <= (this.height ?? -1)) return;
    this.#reached.push({ height, at: now });
    if (this.#reached.length > LIMITS.headArrivals) this.#reached.shift();
  }

  /** How far behind a node with this tip is, and for how long the next block has been there; undefined without a reference. */
  lagOf(
    height: number,
    now: number,
    blocksBetween = (low: number, high: number): number => high - low,
  ): Lag | undefined {
    const reference = this.height;
    if (reference === undefined) return undefined;
    const next = this.#reached.find((each) => each.height > height);
    if (!next) return { blocks: 0, seconds: 0 };
    return { blocks: blocksBetween(height, reference), seconds: Math.max(0, now - next.at) / 1000 };
  }
}

/** Blocks and seconds from which a node counts as lagging, and down to which it must come to count no longer. */
export type LagBounds = { readonly enter: Lag; readonly leave: Lag };

/** Slow chains are late by one block for long, fast ones by many for a moment: neither is a lagging node. */
export function lagBounds(expectedIntervalMs: number): LagBounds {
  const interval = expectedIntervalMs / 1000;
  const enter = { blocks: Math.max(5, Math.ceil(15 / interval)), seconds: Math.max(10, 2.5 * interval) };
  return { enter, leave: { blocks: Math.floor(enter.blocks / 4), seconds: enter.seconds / 2 } };
}

/** Whether a node is lagging, given whether it was: coming back takes more than falling behind no further. */
export function isLagging(lag: Lag, was: boolean, { enter, leave }: LagBounds): boolean {
  if (was) return lag.blocks > leave.blocks || lag.seconds > leave.seconds;
  return lag.blocks >= enter.blocks || lag.seconds >= enter.seconds;
}
