import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { NodeProbe } from "../../core/contracts/plugin.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodePool } from "./node-pool.ts";
import type { PoolNode } from "./pool-node.ts";

const POLL_AT_LEAST_MS = 500;
const POLL_AT_MOST_MS = 5_000;
/** What a node can do is looked at again after so long: nodes are upgraded, and a first try may have been unclear. */
const PROBE_INTERVAL_MS = 5 * 60_000;
/** A broken push feed is opened again after so many polls. */
const FEED_RETRY_POLLS = 5;

export type TipTrackerOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly expectedIntervalMs: number;
  /** Whether a node with this probe can give what the decoding profile needs; true while no profile is chosen. */
  readonly canServe: (probe: NodeProbe) => boolean;
  /** A node told its tips (by poll or push) or failed to. */
  readonly onNews: (node: PoolNode) => void;
};

/**
 * Asks every node for its tips, again and again, and listens to push feeds. A push is only ever a hint that arrives
 * early: the poll goes on beside it, so a silent feed costs at most one poll interval.
 */
export class TipTracker {
  readonly #options: TipTrackerOptions;
  readonly pollMs: number;

  constructor(options: TipTrackerOptions) {
    this.#options = options;
    this.pollMs = Math.min(Math.max(options.expectedIntervalMs / 2, POLL_AT_LEAST_MS), POLL_AT_MOST_MS);
  }

  /** Runs until the signal aborts. The first round of polls is done when `firstRound` resolves. */
  start(signal: AbortSignal): { readonly firstRound: Promise<void>; readonly finished: Promise<void> } {
    const { nodes } = this.#options.nodes;
    const first = nodes.map((node) => this.#poll(node, signal));
    const loops = nodes.map(async (node, i) => {
      await first[i];
      await Promise.all([this.#pollLoop(node, signal), this.#feedLoop(node, signal)]);
    });
    const ignore = () => {};
    return {
      firstRound: Promise.all(first).then(ignore),
      finished: Promise.all(loops).then(ignore, (error: unknown) => {
        if (!signal.aborted) throw error;
      }),
    };
  }

  /** The highest tip of all usable nodes. */
  best(): BlockRef | undefined {
    let best: BlockRef | undefined;
    for (const node of this.#options.nodes.nodes) {
      const tip = node.usable ? node.tips?.tip : undefined;
      if (tip && (!best || tip.height > best.height)) best = tip;
    }
    return best;
  }

  async #pollLoop(node: PoolNode, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(this.pollMs, signal);
      await this.#poll(node, signal);
    }
  }

  async #poll(node: PoolNode, signal: AbortSignal): Promise<void> {
    const { clock, logger, onNews, chainId } = this.#options;
    try {
      const probeIsOld = clock.now() - (node.probedAt ?? 0) > PROBE_INTERVAL_MS;
      if (node.probe === undefined || node.causes.size > 0 || probeIsOld) await this.#probe(node, signal);
      const tips = await node.client.fetchTips({ signal, work: "tip" });
      node.noteTips(tips, clock.now());
    } catch (error) {
      if (signal.aborted) return;
      const failure = asHeadwaterError(error);
      if (!node.causes.has("unreachable")) {
        logger.warn({ chain: chainId, node: node.config.name, code: failure.code }, failure.message);
      }
      node.noteFailure(failure, clock.now());
      node.setCause("unreachable", true);
    }
    onNews(node);
  }

  async #probe(node: PoolNode, signal: AbortSignal): Promise<void> {
    const { chainId, clock, logger, canServe } = this.#options;
    const probe = await node.client.probe({ signal, work: "tip" });
    const wrongChain = probe.chainId !== chainId;
    if (wrongChain && !node.causes.has("wrong-chain")) {
      const message = `node ${node.config.name} serves ${probe.chainId}, expected ${chainId}: it is left out`;
      logger.error({ chain: chainId, node: node.config.name, code: "node-wrong-chain" }, message);
    }
    node.probe = probe;
    node.probedAt = clock.now();
    node.setCause("wrong-chain", wrongChain);
    node.setCause("syncing", probe.syncing);
    node.setCause("cannot-serve-profile", !wrongChain && !canServe(probe));
  }

  async #feedLoop(node: PoolNode, signal: AbortSignal): Promise<void> {
    const { clock, onNews, logger, chainId } = this.#options;
    const { watchTips } = node.client;
    if (!watchTips || !node.config.ws) return;
    while (!signal.aborted) {
      try {
        const onTip = (tip: BlockRef) => {
          node.noteTip(tip, clock.now());
          onNews(node);
        };
        if (node.usable) await watchTips.call(node.client, onTip, signal);
      } catch (error) {
        const failure = asHeadwaterError(error);
        if (!signal.aborted)
          logger.debug({ chain: chainId, node: node.config.name, code: failure.code }, failure.message);
      }
      await clock.sleep(this.pollMs * FEED_RETRY_POLLS, signal);
    }
  }
}
