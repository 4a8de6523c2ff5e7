import type { Clock } from "../core/clock.ts";
import type { BlockLocator, WorkClass } from "../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { FetchedBlock } from "./block-pipeline.ts";
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
  readonly find: (hash: string) => Promise<FetchedBlock> | undefined;
  /** What `find` gives turned out to be wrong. */
  readonly drop: (hash: string) => void;
  readonly onDecoded: (block: FetchedBlock) => void;
  /** The node served a block that contradicts itself. */
  readonly onViolation: (node: PoolNode, height: number, message: string) => void;
};

/** Fetches blocks, and has them verified and decoded as far as that can be done before their turn. */
export class BlockSource {
  readonly #options: BlockSourceOptions;
  /** By height, the nodes whose block there turned out to be wrong in its turn. */
  readonly #refused = new Map<number, Set<PoolNode>>();

  constructor(options: BlockSourceOptions) {
    this.#options = options;
  }

  /** One block, over as many nodes as it takes. The locator has the height in any case. @throws HeadwaterError `nodes-exhausted` */
  async obtain(at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<FetchedBlock> {
    const found = "hash" in at ? this.#options.find(at.hash) : undefined;
    const waiting = this.#refused.size === 0 ? found : found?.then((block) => this.#assertNotRefused(block));
    if (!waiting) return await this.#request(at, work, signal);
    // Whoever told it first may have failed to give it, or may never answer.
    let asked: Promise<FetchedBlock> | undefined;
    const ask = (inner: AbortSignal) => {
      asked ??= this.#request(at, work, inner);
      return asked;
    };
    const first = (inner: AbortSignal) => waiting.catch(() => ask(inner));
    return await hedge(this.#options.clock, PREFETCH_PATIENCE_MS, signal, first, () => ask);
  }

  async #request(at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<FetchedBlock> {
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
        suits: (node) =>
          node.servesBlocks && (node.tips?.tip.height ?? -1) >= height && this.#refused.get(height)?.has(node) !== true,
        what: `${chainId}: block ${height}`,
      },
    );
  }

  /** One block by its hash, from one node alone. @throws what the node's failure is */
  async fetchFrom(node: PoolNode, at: { height: number; hash: string }, signal: AbortSignal): Promise<FetchedBlock> {
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

  /**
   * The block did not hold when its turn came: it is its node's fault, and others are asked for that height until `forgive`.
   */
  refuse({ node, ref }: FetchedBlock, failure: HeadwaterError): void {
    node.noteFault(failure, "backfill");
    this.#options.drop(ref.hash);
    if (failure.code === "integrity-violation") this.#options.onViolation(node, ref.height, failure.message);
    const nodes = this.#refused.get(ref.height) ?? new Set();
    this.#refused.set(ref.height, nodes.add(node));
  }

  /** Every node may be asked for every height again. */
  forgive(): void {
    this.#refused.clear();
  }

  #assertNotRefused(block: FetchedBlock): FetchedBlock {
    const { node, ref } = block;
    if (this.#refused.get(ref.height)?.has(node) !== true) return block;
    throw new HeadwaterError("node-bad-response", `node ${node.config.name}: its block ${ref.hash} was refused`);
  }

  async #decode(
    node: PoolNode,
    raw: Parameters<BlockDecoder["run"]>[1],
    height: number,
    byHeight: boolean,
  ): Promise<FetchedBlock> {
    const { chainId, decoder, onDecoded, onViolation } = this.#options;
    let sizeBytes = 0;
    for (const part of Object.values(raw.parts)) sizeBytes += part.length;
    try {
      const decoded = await decoder.run(chainId, raw);
      const block: FetchedBlock =
        "sealed" in decoded
          ? { ...decoded, ref: decoded.sealed.ref, node, byHeight, sizeBytes }
          : // Its bytes are kept here and in the thread.
            { open: decoded, ref: decoded.outputs.ref, node, byHeight, sizeBytes: 2 * sizeBytes };
      onDecoded(block);
      return block;
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (failure.code === "integrity-violation") onViolation(node, height, failure.message);
      throw failure;
    }
  }
}
