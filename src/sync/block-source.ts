import type { Clock } from "../core/clock.ts";
import type { BlockLocator, CallOptions, RawBlock, WorkClass } from "../core/contracts/plugin.ts";
import type { ContentEvidence } from "../core/contracts/records.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { Quorum } from "./agreement/quorum.ts";
import type { FetchedBlock } from "./block-pipeline.ts";
import { AgreedContent, CONTENT_CHECK } from "./content/agreed-content.ts";
import type { BlockCopies } from "./content/block-copies.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import type { CheckCounter } from "./meters/check-counter.ts";
import { hedge } from "./pool/hedge.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { sizeOf } from "./raw-size.ts";
import { SkippedHeight, type SkipWords } from "./skip-words.ts";

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
  /** Whether an agreed hash says nothing of the content. Not asked for before the ledger is open. */
  readonly isUnproven: () => boolean;
  /** The copies that there are of a block, and those under way. */
  readonly copiesOf: (hash: string) => BlockCopies | undefined;
  readonly quorum: Quorum;
  readonly checks: CheckCounter;
  readonly skips: SkipWords;
  readonly onDecoded: (block: FetchedBlock) => void;
  /** The node gave the block, which proves nothing. */
  readonly onTold: (node: PoolNode, ref: BlockRef) => void;
  readonly onAgreed: (ref: BlockRef) => void;
  readonly onConflict: (evidence: Omit<ContentEvidence, "at">) => void;
  /** The node served a block that contradicts itself. */
  readonly onViolation: (node: PoolNode, height: number, message: string) => void;
  /** Ends when the engine stops. */
  readonly stopped: AbortSignal;
};

/** Fetches blocks, and has them verified and decoded as far as that can be done before their turn. */
export class BlockSource {
  readonly #options: BlockSourceOptions;
  /** By height, the nodes whose block there turned out to be wrong in its turn. */
  readonly #refused = new Map<number, Set<PoolNode>>();
  readonly #content: AgreedContent;

  constructor(options: BlockSourceOptions) {
    this.#options = options;
    this.#content = new AgreedContent({
      ...options,
      fetch: (node, at, call) => this.#fetch(node, at, call),
      mayGive: (node, height) => this.#mayGive(node, height),
      skipWord: (node, at, error) => this.#skipWord(node, at, error),
    });
  }

  /** What is to hold the copies of a block; undefined where one node's is enough. */
  gather(at: BlockLocator): BlockCopies | undefined {
    const { quorum, isUnproven } = this.#options;
    return isUnproven() && Math.max(quorum.operators, quorum.regions) > 1 ? this.#content.gather(at) : undefined;
  }

  /**
   * One block, over as many nodes as it takes. The locator has the height in any case.
   * @throws SkippedHeight, HeadwaterError `nodes-exhausted`; `agreement-insufficient` where copies are compared and too few are alike
   */
  async obtain(at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<FetchedBlock> {
    const copies = ("hash" in at ? this.#options.copiesOf(at.hash) : undefined) ?? this.gather(at);
    if (copies) return await this.#agree(copies, at, work, signal);
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
    const found = await nodes.request<FetchedBlock | SkippedHeight>(
      async (node, call) => {
        try {
          return await this.#decode(node, await this.#fetch(node, at, call), height, !("hash" in at));
        } catch (error) {
          const word = this.#skipWord(node, at, error);
          if (word) return word;
          throw error;
        }
      },
      {
        work,
        attempts: LIMITS.blockAttempts,
        signal,
        suits: (node) => this.#mayGive(node, height),
        what: `${chainId}: block ${height}`,
      },
    );
    if (found instanceof SkippedHeight) throw found;
    return found;
  }

  async #fetch(node: PoolNode, at: BlockLocator, call: CallOptions): Promise<RawBlock> {
    const { skips, profile } = this.#options;
    try {
      return await node.client.fetchBlock(at, profile(), call);
    } catch (error) {
      const isSkipped = error instanceof HeadwaterError && error.code === "node-block-skipped";
      if (isSkipped) skips.note(at.height as number, node);
      throw error;
    }
  }

  /** One node's word is an answer where nothing says otherwise: then nobody else has to be asked. */
  #skipWord(node: PoolNode, at: BlockLocator, error: unknown): SkippedHeight | undefined {
    const { chainId, skips } = this.#options;
    const isSkipped = error instanceof HeadwaterError && error.code === "node-block-skipped" && !("hash" in at);
    return isSkipped && skips.believes(node) ? new SkippedHeight(chainId, at.height as number, node) : undefined;
  }

  async #agree(copies: BlockCopies, at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<FetchedBlock> {
    try {
      return await this.#content.obtain(copies, at, work, signal);
    } catch (error) {
      // The next time everybody may be asked again.
      if ("hash" in at && !signal.aborted) this.#options.drop(at.hash);
      throw error;
    }
  }

  #mayGive(node: PoolNode, height: number): boolean {
    return (
      node.servesBlocks && (node.tips?.tip.height ?? -1) >= height && this.#refused.get(height)?.has(node) !== true
    );
  }

  /** One block by its hash, from one node alone. @throws what the node's failure is */
  async fetchFrom(node: PoolNode, at: { height: number; hash: string }, signal: AbortSignal): Promise<FetchedBlock> {
    const { chainId, nodes } = this.#options;
    return await nodes.requestFrom(
      node,
      async (asked, call) => {
        return await this.#decode(asked, await this.#fetch(asked, at, call), at.height, false);
      },
      { what: `${chainId}: block ${at.height}`, work: "tip", signal },
    );
  }

  /**
   * The block did not hold when its turn came: it is the fault of whoever gave it, and others are asked for that height until
   * `forgive`.
   */
  refuse({ node, alike = [], ref }: FetchedBlock, failure: HeadwaterError): void {
    this.#options.drop(ref.hash);
    const nodes = this.#refused.get(ref.height) ?? new Set();
    this.#refused.set(ref.height, nodes);
    for (const giver of [node, ...alike]) {
      giver.noteFault(failure, "backfill");
      if (failure.code === "integrity-violation") this.#options.onViolation(giver, ref.height, failure.message);
      nodes.add(giver);
    }
  }

  /** Every node may be asked for every height again, and is believed. */
  forgive(): void {
    this.#refused.clear();
    this.#options.skips.forgive();
  }

  #assertNotRefused(block: FetchedBlock): FetchedBlock {
    const { node, ref } = block;
    if (this.#refused.get(ref.height)?.has(node) !== true) return block;
    throw new HeadwaterError("node-bad-response", `node ${node.config.name}: its block ${ref.hash} was refused`);
  }

  async #decode(node: PoolNode, raw: RawBlock, height: number, byHeight: boolean): Promise<FetchedBlock> {
    const { chainId, decoder, onDecoded, onTold, onViolation, isUnproven, checks } = this.#options;
    const sizeBytes = sizeOf(raw);
    try {
      const decoded = await decoder.run(chainId, raw);
      const block: FetchedBlock =
        "sealed" in decoded
          ? { ...decoded, ref: decoded.sealed.ref, node, byHeight, sizeBytes }
          : // Its bytes are kept here and in the thread.
            { open: decoded, ref: decoded.outputs.ref, node, byHeight, sizeBytes: 2 * sizeBytes };
      if (isUnproven()) {
        checks.count(chainId, [{ check: CONTENT_CHECK, result: "skipped", reason: "one operator is enough" }]);
        onTold(node, block.ref);
      } else onDecoded(block);
      return block;
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (failure.code === "integrity-violation") onViolation(node, height, failure.message);
      throw failure;
    }
  }
}
