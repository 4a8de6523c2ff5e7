import type { Agreement } from "../../core/contracts/service.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { Quorum } from "./quorum.ts";
import type { RecentChain } from "./recent-chain.ts";

/**
 * Which nodes are known to stand on our chain, and how high. A node stands on a block when it told that block or a
 * descendant of it as its tip, or served it by height. What is not known is not counted.
 */
export class Standing {
  readonly #nodes: NodePool;
  readonly #recent: RecentChain;
  /** What a reorg and a finalized block take. */
  readonly quorum: Quorum;

  /** @param agreement as configured; without it a majority of the operators, from any region */
  constructor(
    nodes: NodePool,
    recent: RecentChain,
    agreement: { readonly operators?: number; readonly regions?: number },
  ) {
    this.#nodes = nodes;
    this.#recent = recent;
    this.quorum = {
      operators: agreement.operators ?? Math.floor(nodes.operators / 2) + 1,
      regions: agreement.regions ?? 1,
    };
  }

  /** Judges a node by the tip it told last. */
  noteTips(node: PoolNode): void {
    const tip = node.tips?.tip;
    if (!tip) return;
    const own = this.#recent.heightOf(tip.hash) ?? this.#recent.heightOf(tip.parentHash);
    if (own !== undefined) node.confirmedHeight = Math.max(node.confirmedHeight, own);
    else if (this.#recent.covers(tip.height)) node.confirmedHeight = -1;
  }

  /** A node served a block by its height, and the block is now committed. */
  noteServed(nodeName: string, height: number): void {
    const node = this.#nodes.nodes.find(({ config }) => config.name === nodeName);
    if (node) node.confirmedHeight = Math.max(node.confirmedHeight, height);
  }

  noteRollback(height: number): void {
    for (const node of this.#nodes.nodes) node.confirmedHeight = Math.min(node.confirmedHeight, height);
  }

  /** Whether every usable node's tip is known to be on another branch: then it is we who must move. */
  get alone(): boolean {
    const told = this.#nodes.nodes.filter((node) => node.usable && node.tips);
    return (
      told.length > 0 &&
      told.every(({ tips }) => {
        const { height, hash } = (tips as NonNullable<typeof tips>).tip;
        return this.#recent.covers(height) && this.#recent.heightOf(hash) === undefined;
      })
    );
  }

  /** Who stands behind an indexed block. */
  agreementOf(height: number): Agreement {
    return this.#agreement((node) => node.confirmedHeight >= height);
  }

  /** Who told this very block as its tip, or stands on it. */
  agreementOfTip(tip: BlockRef): Agreement {
    const indexed = this.#recent.heightOf(tip.hash) !== undefined;
    return this.#agreement(
      (node) => node.tips?.tip.hash === tip.hash || (indexed && node.confirmedHeight >= tip.height),
    );
  }

  #agreement(behind: (node: PoolNode) => boolean): Agreement {
    const nodes = this.#nodes.nodes.filter((node) => node.usable && behind(node));
    return {
      operators: new Set(nodes.map(({ config }) => config.operator)).size,
      required: this.quorum.operators,
      regions: [...new Set(nodes.map(({ config }) => config.region))].sort(),
    };
  }
}
