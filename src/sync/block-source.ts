import type { Clock } from "../core/clock.ts";
import type { BlockLocator, WorkClass } from "../core/contracts/plugin.ts";
import { asHeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { ObtainedBlock } from "./block-pipeline.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import { hedge } from "./pool/hedge.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/** How long a block that is on its way from one node is waited for before the pool is asked beside it, milliseconds. */
const PREFETCH_PATIENCE_MS = 200;

export type BlockSourceOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly clock: Clock;
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
    const waiting = "hash" in at ? this.#options.find(at.hash) : undefined;
    if (!waiting) return await this.#request(at, work, signal);
    // Whoever told it first may have failed to give it, or may never answer.
    let asked: Promise<ObtainedBlock> | undefined;
    const ask = (inner: AbortSignal) => {
      asked ??= this.#request(at, work, inner);
      return asked;
    };
    const first = (inner: AbortSignal) => waiting.catch(() => ask(inner));
    return await hedge(this.#options.clock, PREFETCH_PATIENCE_MS, signal, first, () => ask);
  }

  async #request(at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<ObtainedBlock> {
    const { chainId, nodes } = this.#options;
    const height = at.height as number;
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
