import { LIMITS } from "../core/limits.ts";

/** How long the oldest known but unindexed block has been waiting, and how long nothing was done about it. */
export class LagMeter {
  /** Heights that were the newest when first seen, ascending. Coarser under overflow: the oldest is kept, so lag is never understated. */
  readonly #seen: { readonly height: number; readonly at: number }[] = [];
  /** When a block was committed last, milliseconds. */
  #indexedAt: number | undefined;

  /** A tip of this height was told at `now` (milliseconds). */
  noteTip(height: number, indexedHeight: number, now: number): void {
    if (height <= indexedHeight) return;
    const last = this.#seen.at(-1);
    if (last && height <= last.height) return;
    if (this.#seen.length >= LIMITS.recentBlocks) this.#seen.pop();
    this.#seen.push({ height, at: now });
  }

  /** Everything up to this height is committed at `now` (milliseconds). */
  noteIndexed(height: number, now: number): void {
    this.#indexedAt = now;
    while (this.#seen[0] && this.#seen[0].height <= height) this.#seen.shift();
  }

  lagSeconds(now: number): number {
    const oldest = this.#seen[0];
    return oldest ? Math.max(0, (now - oldest.at) / 1000) : 0;
  }

  /** How long nothing has been committed although blocks wait. */
  idleSeconds(now: number): number {
    const oldest = this.#seen[0];
    return oldest ? Math.max(0, (now - Math.max(oldest.at, this.#indexedAt ?? oldest.at)) / 1000) : 0;
  }
}
