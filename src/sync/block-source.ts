import type { BlockLocator, WorkClass } from "../core/contracts/plugin.ts";
import { asHeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { ObtainedBlock } from "./block-pipeline.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type BlockSourceOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly decoder: BlockDecoder;
  /** The decoding profile. Not asked for before the ledger is open. */
  readonly profile: () => string;
  /** A block that is fetched already, or on its way. */
  readonly find: (hash: string) => Promise<ObtainedBlock> | undefined;
  readonly onDecoded: (block: ObtainedBlock) => void;
  /** The node served a block that contradicts itself. */
  readonly onViolation: (node: PoolNode, height: number, message: string) => void;
};

/** Fetches blocks, and has them verified and decoded. */
export class BlockSource {
  readonly #options: BlockSourceOptions;

  constructor(options: BlockSourceOptions) {
    this.#options = options;
  }

  /** One block, over as many nodes as it takes. The locator has the height in any case. @throws HeadwaterError `nodes-exhausted` */
  async obtain(at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<ObtainedBlock> {
    const { chainId, nodes, find } = this.#options;
    const height = at.height as number;
    const waiting = "hash" in at ? find(at.hash) : undefined;
    // Whoever told it first may have failed to give it.
    const early = await waiting?.catch(() => undefined);
    signal.throwIfAborted();
    if (early) return early;
    return await nodes.request(
      async (node, call) => {
        const raw = await node.client.fetchBlock(at, this.#options.profile(), call);
        return await this.#decode(node, raw, height, !("hash" in at));
      },
      {
        work,
        attempts: LIMITS.blockAttempts,
        signal,
        suits: (node) => node.servesBlocks && (node.tips?.tip.height ?? -1) >= height,
        what: `${chainId}: block ${height}`,
      },
    );
  }

  /** One block by its hash, from one node alone. @throws what the node's failure is */
  async fetchFrom(node: PoolNode, at: { height: number; hash: string }, signal: AbortSignal): Promise<ObtainedBlock> {
    const { chainId, nodes } = this.#options;
    return await nodes.requestFrom(
      node,
      async (asked, call) => {
        const raw = await asked.client.fetchBlock(at, this.#options.profile(), call);
        return await this.#decode(asked, raw, at.height, false);
      },
      { what: `${chainId}: block ${at.height}`, work: "tip", signal },
    );
  }

  async #decode(
    node: PoolNode,
    raw: Parameters<BlockDecoder["run"]>[1],
    height: number,
    byHeight: boolean,
  ): Promise<ObtainedBlock> {
    const { chainId, decoder, onDecoded, onViolation } = this.#options;
    let sizeBytes = 0;
    for (const part of Object.values(raw.parts)) sizeBytes += part.length;
    try {
      const block = { ...(await decoder.run(chainId, raw)), node, byHeight, sizeBytes };
      onDecoded(block);
      return block;
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (failure.code === "integrity-violation") onViolation(node, height, failure.message);
      throw failure;
    }
  }
}
