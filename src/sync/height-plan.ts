import type { BlockLocator } from "../core/contracts/plugin.ts";

/** A block that is to be fetched: by its height, and by its hash where that is known. */
export type PlannedBlock = BlockLocator & { readonly height: number };

/** Which blocks come next, lowest first. */
export interface HeightPlan {
  /** The next block; undefined where none is left, or none is known at this moment. */
  take(): PlannedBlock | undefined;
  /** Nothing comes after what was taken. */
  readonly isDone: boolean;
  /** How many blocks are still to come at most. */
  readonly left: number;
  /** Resolves when `take` has something to give, or the plan is done. */
  ready(): Promise<void>;
}

/** The plan where every height has a block: from one height to another, both included. */
export class DensePlan implements HeightPlan {
  readonly #to: number;
  readonly #hashAt: (height: number) => string | undefined;
  #next: number;

  /** @param hashAt the hash of the block at a height, where it is known */
  constructor(from: number, to: number, hashAt: (height: number) => string | undefined) {
    this.#next = from;
    this.#to = to;
    this.#hashAt = hashAt;
  }

  get isDone(): boolean {
    return this.#next > this.#to;
  }

  get left(): number {
    return this.#to - this.#next + 1;
  }

  take(): PlannedBlock | undefined {
    if (this.isDone) return undefined;
    const height = this.#next++;
    const hash = this.#hashAt(height);
    return hash === undefined ? { height } : { height, hash };
  }

  async ready(): Promise<void> {}
}
