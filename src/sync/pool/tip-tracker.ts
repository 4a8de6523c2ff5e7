import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { NodeProbe } from "../../core/contracts/plugin.ts";
import type { BlockRef } from "../../core/model.ts";
import { settledWithin } from "../settled-within.ts";
import { NodePoller } from "./node-poller.ts";
import type { NodePool } from "./node-pool.ts";
import { usualPollMs } from "./poll-pace.ts";
import type { PoolNode } from "./pool-node.ts";

/** How long the first round of polls is waited for, milliseconds: enough to choose a profile by what all good nodes can do. */
const FIRST_ROUND_MS = 3_000;

export type TipTrackerOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly expectedIntervalMs: number;
  /** Numbers from 0 (included) to 1 (excluded). Default: Math.random. */
  readonly random?: () => number;
  /** Whether a node with this probe can give what the decoding profile needs; true while no profile is chosen. */
  readonly canServe: (probe: NodeProbe) => boolean;
  /** A node told its tips (by poll or push) or failed to. */
  readonly onNews: (node: PoolNode) => void;
};

/**
 * Asks every node for its tips, again and again, and listens to push feeds. A push is only ever a hint that arrives
 * early: the poll goes on beside it, so a silent feed costs at most one poll interval. When one node tells a new block,
 * those that have no feed are asked at once.
 */
export class TipTracker {
  readonly #options: TipTrackerOptions;
  readonly #pollers: readonly NodePoller[];
  /** The usual pause between two polls of a node, milliseconds. */
  readonly pollMs: number;
  #highest = -1;

  constructor(options: TipTrackerOptions) {
    this.#options = options;
    this.pollMs = usualPollMs(options.expectedIntervalMs);
    const { chainId, nodes, clock, logger, canServe, random = Math.random } = options;
    this.#pollers = nodes.nodes.map(
      (node) =>
        new NodePoller({
          node,
          nodes,
          chainId,
          clock,
          logger,
          random,
          canServe,
          pollMs: this.pollMs,
          feedGraceMs: Math.max(this.pollMs * 2, options.expectedIntervalMs),
          onNews: () => this.#onNews(node),
        }),
    );
  }

  /**
   * Runs until the signal aborts. When `firstRound` resolves, every node has been polled, but for those that take longer
   * than `FIRST_ROUND_MS`: one that never answers must not hold up the others.
   */
  start(signal: AbortSignal): { readonly firstRound: Promise<void>; readonly finished: Promise<void> } {
    const runs = this.#pollers.map((poller) => poller.run(signal));
    const ignore = () => {};
    return {
      firstRound: settledWithin(this.#options.clock, FIRST_ROUND_MS, Promise.all(runs.map(({ first }) => first))).then(
        ignore,
      ),
      finished: Promise.all(runs.map(({ finished }) => finished)).then(ignore, (error: unknown) => {
        if (!signal.aborted) throw error;
      }),
    };
  }

  /** The highest tip of all nodes whose word counts. */
  best(): BlockRef | undefined {
    let best: BlockRef | undefined;
    for (const node of this.#options.nodes.nodes) {
      const tip = node.mayVote ? node.tips?.tip : undefined;
      if (tip && (!best || tip.height > best.height)) best = tip;
    }
    return best;
  }

  #onNews(node: PoolNode): void {
    const height = node.mayVote ? (node.tips?.tip.height ?? -1) : -1;
    if (height > this.#highest) {
      this.#highest = height;
      for (const poller of this.#pollers) poller.expect(height);
    }
    this.#options.onNews(node);
  }
}
