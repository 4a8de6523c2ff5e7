import type { Clock } from "../../core/clock.ts";
import type { BlockLocator, CallOptions, RawBlock, WorkClass } from "../../core/contracts/plugin.ts";
import type { ContentEvidence } from "../../core/contracts/records.ts";
import { asHeadwaterError, HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { type Quorum, voiceOf } from "../agreement/quorum.ts";
import type { ObtainedBlock } from "../block-pipeline.ts";
import type { BlockDecoder } from "../decode-pool.ts";
import type { CheckCounter } from "../meters/check-counter.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { SkippedHeight } from "../skip-words.ts";
import { BlockCopies, type BlockCopy } from "./block-copies.ts";
import { ContentVote } from "./content-vote.ts";

/** The check's name where checks are counted. */
export const CONTENT_CHECK = "content";

export type AgreedContentOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly quorum: Quorum;
  readonly decoder: BlockDecoder;
  readonly checks: CheckCounter;
  readonly fetch: (node: PoolNode, at: BlockLocator, call: CallOptions) => Promise<RawBlock>;
  readonly mayGive: (node: PoolNode, height: number) => boolean;
  /** What a node's failure to give the block comes to where that is its word that the chain has none there. */
  readonly skipWord: (node: PoolNode, at: BlockLocator, error: unknown) => SkippedHeight | undefined;
  /** The node gave the block that it was asked for by its hash. */
  readonly onTold: (node: PoolNode, ref: BlockRef) => void;
  /** As many operators as it takes gave the block alike. */
  readonly onAgreed: (ref: BlockRef) => void;
  readonly onViolation: (node: PoolNode, height: number, message: string) => void;
  readonly onConflict: (evidence: Omit<ContentEvidence, "at">) => void;
  /** Ends when the engine stops. */
  readonly stopped: AbortSignal;
};

/**
 * Blocks whose hash says nothing of their content: what a block did to balances is believed when as many operators as
 * agreement takes gave content of which the very same comes. Whoever gave something else is found out.
 */
export class AgreedContent {
  readonly #options: AgreedContentOptions;

  constructor(options: AgreedContentOptions) {
    this.#options = options;
  }

  /** The copies of one block, none of which is asked for yet. The locator has the height in any case. */
  gather(at: BlockLocator): BlockCopies {
    const { chainId, nodes, quorum, decoder, fetch, stopped, onTold, onViolation } = this.#options;
    const height = at.height as number;
    return new BlockCopies({
      chainId,
      decoder,
      wanted: quorum.operators,
      fetch: (node, call) => fetch(node, at, call),
      askOne: (node, call) =>
        nodes.requestFrom(node, (_, options) => call(options), { what: this.#name(at), work: "tip", signal: stopped }),
      onCopy: ({ node, ref }) => {
        if ("hash" in at) onTold(node, ref);
      },
      onFailure: (node, error) => {
        const failure = asHeadwaterError(error);
        if (failure.code === "integrity-violation") onViolation(node, height, failure.message);
      },
    });
  }

  /**
   * The block as enough operators gave it.
   * @param copies those that are there, or under way
   * @throws HeadwaterError `agreement-insufficient`; SkippedHeight, or why nobody gave any copy
   */
  async obtain(copies: BlockCopies, at: BlockLocator, work: WorkClass, signal: AbortSignal): Promise<ObtainedBlock> {
    if (copies.agreed) return copies.agreed;
    const { nodes, clock, quorum, mayGive, skipWord, onAgreed, checks, chainId } = this.#options;
    const vote = { nodes, clock, quorum, what: this.#name(at), work, signal };
    const alike = await new ContentVote(copies, {
      ...vote,
      mayGive: (node) => mayGive(node, at.height as number),
      skipWord: (node, error) => skipWord(node, at, error),
    }).run();
    this.#judge(copies.given, alike, work);
    const { node, decoded, ref } = alike[0]?.decoded ? (alike[0] as BlockCopy) : await this.#again(copies, alike, vote);
    if (!decoded) throw new HeadwaterError("internal", `${vote.what}: no copy was decoded in full`);
    const passed = { check: CONTENT_CHECK, result: "passed", reason: `${alike.length} operators gave it` } as const;
    checks.count(chainId, [passed]);
    onAgreed(ref);
    copies.agreed = {
      sealed: decoded.sealed,
      checks: [...decoded.checks, passed],
      ref,
      node,
      alike: alike.map((copy) => copy.node).filter((other) => other !== node),
      byHeight: !("hash" in at),
      sizeBytes: copies.given.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
    return copies.agreed;
  }

  /** The one that was decoded in full is none of them: it is asked for again, where it is known to be. */
  async #again(
    copies: BlockCopies,
    alike: readonly BlockCopy[],
    { what, work, signal }: { readonly what: string; readonly work: WorkClass; readonly signal: AbortSignal },
  ): Promise<BlockCopy> {
    const content = alike[0]?.mark.content as string;
    return await this.#options.nodes.request(
      async (node, call) => {
        const copy = await copies.fetchWhole(node, call);
        if (copy.mark.content === content) return copy;
        throw new IntegrityViolation(CONTENT_CHECK, content, copy.mark.content, `node ${node.config.name}, ${what}`);
      },
      { what, work, signal, suits: (node) => alike.some((copy) => copy.node === node) },
    );
  }

  /** Another content under the same hash is a lie; another hash is another branch, which is judged elsewhere. */
  #judge(given: readonly BlockCopy[], alike: readonly BlockCopy[], work: WorkClass): void {
    const { ref, mark } = alike[0] as BlockCopy;
    const others = given.filter((copy) => copy.ref.hash === ref.hash && copy.mark.content !== mark.content);
    for (const [theirs, told] of Map.groupBy(others, (copy) => copy.mark.content)) {
      const said = told.map(({ node }) => voiceOf(node));
      const against = alike.map(({ node }) => voiceOf(node));
      this.#options.onConflict({ kind: "content-conflict", said, against, block: ref, theirs, ours: mark.content });
      for (const { node } of told) {
        const where = `node ${node.config.name}, block ${ref.height} ${ref.hash}`;
        const violation = new IntegrityViolation(CONTENT_CHECK, mark.content, theirs, where);
        this.#options.checks.countFailure(this.#options.chainId, violation);
        node.noteFault(violation, work);
      }
    }
  }

  #name({ height }: BlockLocator): string {
    return `${this.#options.chainId}: block ${height}`;
  }
}
