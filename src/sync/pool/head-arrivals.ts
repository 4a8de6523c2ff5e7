import { LIMITS } from "../../core/limits.ts";

/** When each of the newest blocks was first heard of, from any node. The caller tells the time, in milliseconds. */
export class HeadArrivals {
  readonly #first = new Map<string, number>();

  /** A node told this block. @returns how long after the first node, milliseconds */
  note(hash: string, now: number): number {
    const first = this.#first.get(hash);
    if (first !== undefined) return Math.max(0, now - first);
    this.#first.set(hash, now);
    if (this.#first.size > LIMITS.headArrivals) this.#first.delete(this.#first.keys().next().value as string);
    return 0;
  }
}
