import type { Logger } from "../../core/contracts/logger.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { RecentChain } from "./recent-chain.ts";
import type { Standing } from "./standing.ts";

export type LinksOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly standing: Standing;
  readonly recent: RecentChain;
  readonly logger: Logger;
  /** Fetches and proves the block, which is worth it where it will be committed soon. False where it is not near our tip. */
  readonly prove: (node: PoolNode, height: number, hash: string) => Promise<boolean>;
  readonly onLinked: () => void;
};

/**
 * Asks each node for the headers between the tip that it told and what is known of its branch: a node that cannot show
 * its own ancestors has no vote on them. One walk a node at a time, so many headers a walk; the next report goes on.
 */
export class Links {
  readonly #options: LinksOptions;
  readonly #walking = new Map<PoolNode, Promise<void>>();

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** The node told its tip: fetch what is missing below it. */
  follow(node: PoolNode, signal: AbortSignal): void {
    if (this.#walking.has(node) || !this.#next(node)) return;
    const walk = this.#walk(node, signal).finally(() => this.#walking.delete(node));
    this.#walking.set(node, walk);
  }

  /** Resolves when no walk is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#walking.values());
  }

  async #walk(node: PoolNode, signal: AbortSignal): Promise<void> {
    const { chainId, nodes, standing, prove, onLinked, logger } = this.#options;
    try {
      for (let fetched = 0; fetched < LIMITS.reportLinks; fetched++) {
        const from = this.#next(node);
        if (!from) return;
        const at = { height: from.parentHeight, hash: from.parentHash };
        if (!(await prove(node, at.height, at.hash))) {
          const request = { what: `${chainId}: header ${at.hash}`, work: "tip" as const, signal };
          standing.noteLink(node, await nodes.requestFrom(node, (n, call) => n.client.fetchHeader(at, call), request));
        }
        onLinked();
      }
    } catch (error) {
      if (signal.aborted) return;
      const failure = asHeadwaterError(error);
      logger.debug({ chain: chainId, node: node.config.name, code: failure.code }, failure.message);
    }
  }

  /** The header whose parent is to be asked for next; undefined where the way is known, or too long to be walked. */
  #next(node: PoolNode): BlockRef | undefined {
    const { standing, recent } = this.#options;
    const tip = node.tips?.tip;
    const missing = node.mayVote && tip ? standing.missingLink(node) : undefined;
    if (!missing || !tip || missing.steps >= LIMITS.linkHeaders) return undefined;
    const { from } = missing;
    if (from.parentHeight < (recent.first?.height ?? 0)) return undefined;
    const own = recent.tip?.height ?? -1;
    // Far behind the tip, what counts is whether nodes' tips are of one branch: what lies below the lowest is fetched later.
    const floor = tip.height - own > LIMITS.linkHeaders ? this.#lowestTip(tip.height - LIMITS.linkHeaders) : 0;
    return from.parentHeight >= floor ? from : undefined;
  }

  #lowestTip(atLeast: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const { mayVote, tips } of this.#options.nodes.nodes) {
      if (mayVote && tips && tips.tip.height >= atLeast) lowest = Math.min(lowest, tips.tip.height);
    }
    return lowest;
  }
}
