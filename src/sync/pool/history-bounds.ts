/** What of a height a request needs: the block itself, the balances after it, or proofs of them. Nodes forget the last first. */
export type HistoryNeed = { readonly data: "blocks" | "state" | "proofs"; readonly height: number };

/** A bound is forgotten after so long: nodes are replaced by others that have more. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

type Bound = { readonly from: number; readonly at: number };

/** The lowest heights that a node serves, as far as its refusals tell. The caller tells the time, in milliseconds. */
export class HistoryBounds {
  readonly #bounds = new Map<HistoryNeed["data"], Bound>();

  /** The lowest height that the node is known to serve, 0 where nothing is known against it. */
  from(data: HistoryNeed["data"], now: number): number {
    const bound = this.#bounds.get(data);
    return bound && now - bound.at < FORGOTTEN_AFTER_MS ? bound.from : 0;
  }

  covers(need: HistoryNeed, now: number): boolean {
    return need.height >= this.from(need.data, now);
  }

  noteRefused({ data, height }: HistoryNeed, now: number): void {
    if (height + 1 > this.from(data, now)) this.#bounds.set(data, { from: height + 1, at: now });
  }

  noteServed({ data, height }: HistoryNeed, now: number): void {
    if (height < this.from(data, now)) this.#bounds.set(data, { from: height, at: now });
  }
}
