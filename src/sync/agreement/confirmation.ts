import type { WorkClass } from "../../core/contracts/plugin.ts";
import type { Voice } from "../../core/contracts/records.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { SkipWords } from "../skip-words.ts";
import { fetchPassing } from "./passing-header.ts";
import { countVoices, isQuorate, voiceOf } from "./quorum.ts";
import type { Standing } from "./standing.ts";

/** What the operators say of a block at its height. */
export type Verdict =
  | { readonly kind: "agreed" }
  /** Enough operators have another block there, or this one above, whose parent lies below. */
  | { readonly kind: "contradicted"; readonly instead: BlockRef; readonly against: readonly Voice[] }
  /** Too few answered, or they do not agree with each other. */
  | { readonly kind: "undecided"; readonly operators: number; readonly regions: number; readonly why: string };

export type ConfirmationOptions = {
  readonly chainId: string;
  readonly nodes: NodePool;
  readonly standing: Standing;
  readonly skips: SkipWords;
  readonly work: WorkClass;
  readonly signal: AbortSignal;
};

/**
 * Whether enough operators stand behind a block. What is known is counted first; of the others as many are asked for
 * their header at that height as it takes, and no more.
 */
export async function confirmBlock(options: ConfirmationOptions, ref: BlockRef): Promise<Verdict> {
  return await new Confirmation(options, ref).run();
}

class Confirmation {
  readonly #options: ConfirmationOptions;
  readonly #ref: BlockRef;
  readonly #asked = new Set<string>();
  readonly #others = new Map<string, { readonly instead: BlockRef; readonly against: Voice[] }>();
  #failure = "no other operator can be asked";

  constructor(options: ConfirmationOptions, ref: BlockRef) {
    this.#options = options;
    this.#ref = ref;
  }

  async run(): Promise<Verdict> {
    const { standing } = this.#options;
    for (;;) {
      const behind = standing.voicesBehind(this.#ref);
      if (isQuorate(countVoices(behind), standing.quorum)) return { kind: "agreed" };
      for (const other of this.#others.values()) {
        if (isQuorate(countVoices(other.against), standing.quorum)) return { kind: "contradicted", ...other };
      }
      const groups = this.#whomToAsk(behind);
      if (groups.length === 0) return { kind: "undecided", ...countVoices(behind), why: this.#failure };
      await Promise.all(groups.map((group) => this.#ask(group)));
    }
  }

  /** Disjoint groups of nodes, one a missing voice: one node of each answers for its operator. */
  #whomToAsk(behind: readonly Voice[]): PoolNode[][] {
    const { nodes, standing } = this.#options;
    const voices = countVoices(behind);
    const heard = new Set(behind.map(({ operator }) => operator));
    let open = nodes.nodes.filter(
      ({ config, mayVote, tips }) =>
        mayVote &&
        !heard.has(config.operator) &&
        !this.#asked.has(config.operator) &&
        (tips?.tip.height ?? -1) >= this.#ref.height,
    );
    const missing = standing.quorum.operators - voices.operators;
    if (missing <= 0) {
      const regions = new Set(behind.map(({ region }) => region));
      open = open.filter(({ config }) => !regions.has(config.region));
    }
    const byOperator = [...Map.groupBy(open, ({ config }) => config.operator).values()];
    const groups = Array.from({ length: Math.min(Math.max(1, missing), byOperator.length) }, (): PoolNode[] => []);
    for (const [i, own] of byOperator.entries()) groups[i % groups.length]?.push(...own);
    return groups;
  }

  async #ask(group: readonly PoolNode[]): Promise<void> {
    const { chainId, nodes, standing, skips, work, signal } = this.#options;
    const { height, hash } = this.#ref;
    try {
      const { node, header } = await nodes.request(
        async (asked, call) => ({ node: asked, header: await fetchPassing(asked, height, skips, call) }),
        {
          what: `${chainId}: the header at height ${height}`,
          work,
          signal,
          attempts: group.length,
          suits: (candidate) => group.includes(candidate),
        },
      );
      this.#asked.add(node.config.operator);
      // What stands on the block says the same as the block itself.
      const isUpon = header.parentHash === hash && header.parentHeight === height;
      standing.noteShown(node, isUpon ? this.#ref : header);
      if (header.hash === hash || isUpon) return;
      const other = this.#others.get(header.hash) ?? { instead: header, against: [] };
      other.against.push(voiceOf(node));
      this.#others.set(header.hash, other);
    } catch (error) {
      signal.throwIfAborted();
      // Whoever did not answer is not asked again for this block: the next step will.
      for (const { config } of group) this.#asked.add(config.operator);
      this.#failure = asHeadwaterError(error).message;
    }
  }
}
