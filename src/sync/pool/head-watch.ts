import type { Clock } from "../../core/clock.ts";
import { HeadArrivals } from "./head-arrivals.ts";
import type { PoolEvents } from "./pool-events.ts";
import type { PoolNode } from "./pool-node.ts";
import { isLagging, type LagBounds, lagBounds, ReferenceHead } from "./reference-head.ts";

export type HeadWatchOptions = {
  readonly nodes: readonly PoolNode[];
  readonly clock: Clock;
  readonly events: PoolEvents;
  /** How many operators it takes to be believed. */
  readonly requiredOperators: number;
  readonly expectedIntervalMs: number;
  /** How many blocks there are above one height up to another. Default: one each. */
  readonly blocksBetween?: (low: number, high: number) => number;
};

/** Holds each node's heads against those of the others: how late it tells them, and whether it falls behind. */
export class HeadWatch {
  readonly #options: HeadWatchOptions;
  readonly #arrivals = new HeadArrivals();
  readonly #reference: ReferenceHead;
  readonly #bounds: LagBounds;
  /** The hash of each node's head when it was last looked at. */
  readonly #heads = new Map<PoolNode, string>();

  constructor(options: HeadWatchOptions) {
    this.#options = options;
    this.#reference = new ReferenceHead(options.requiredOperators);
    this.#bounds = lagBounds(options.expectedIntervalMs);
  }

  /** A node told its tips, which stand in the node already. */
  noteHead(node: PoolNode): void {
    const { clock, nodes } = this.#options;
    const tip = node.tips?.tip;
    if (!tip) return;
    const now = clock.now();
    if (this.#heads.get(node) !== tip.hash) this.#noteArrival(node, tip.hash, now);
    const heads = new Map<string, number>();
    for (const { mayVote, tips, config } of nodes) {
      if (mayVote && tips) heads.set(config.operator, Math.max(heads.get(config.operator) ?? -1, tips.tip.height));
    }
    this.#reference.note([...heads.values()], now);
    node.lag = this.#reference.lagOf(tip.height, now, this.#options.blocksBetween);
    if (node.lag) node.setCause("lagging", isLagging(node.lag, node.causes.has("lagging"), this.#bounds));
  }

  #noteArrival(node: PoolNode, hash: string, now: number): void {
    const isFirst = !this.#heads.has(node);
    this.#heads.set(node, hash);
    const deltaMs = this.#arrivals.note(hash, now);
    // The head that a node is found with has arrived at some time or other.
    if (isFirst) return;
    this.#options.events.headArrived(node, deltaMs, node.arrivals.note(deltaMs, now));
  }
}
