import type { Clock } from "../../core/clock.ts";
import type { WorkClass } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { countVoices, isQuorate, type Quorum } from "../agreement/quorum.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import { settledWithin } from "../settled-within.ts";
import type { SkippedHeight } from "../skip-words.ts";
import type { BlockCopies, BlockCopy } from "./block-copies.ts";

/** How long a copy that is on its way from one node is waited for before another is asked for in its place, milliseconds. */
const UNDER_WAY_PATIENCE_MS = 200;
/** Operators that an error's text names. */
const NAMED_OPERATORS = 8;

export type ContentVoteOptions = {
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly quorum: Quorum;
  /** Whether the node may be asked for the block. */
  readonly mayGive: (node: PoolNode) => boolean;
  /** What a node's failure comes to where that is its word that the chain has no block there. */
  readonly skipWord: (node: PoolNode, error: unknown) => SkippedHeight | undefined;
  /** The block, for error texts: `test:one: block 17`. */
  readonly what: string;
  readonly work: WorkClass;
  readonly signal: AbortSignal;
};

/** A copy being waited for. `isElsewhere`: it must come from a region that none of the others has. */
type Ask = { readonly isElsewhere: boolean; done: Promise<void> };

/**
 * Fetches copies of one block until as many operators as it takes gave the same. At once only as many are asked as may suffice;
 * another is asked in place of each that fails or gives something else.
 */
export class ContentVote {
  readonly #copies: BlockCopies;
  readonly #options: ContentVoteOptions;
  readonly #scope = new AbortController();
  readonly #asks = new Set<Ask>();
  /** The nodes from which copies are on their way. */
  readonly #busy = new Map<PoolNode, Ask>();
  /** Whoever could be asked has failed, or somebody says that there is no block: nobody else is asked until a copy comes. */
  #isStuck = false;
  #failure: HeadwaterError | undefined;
  #skipped: SkippedHeight | undefined;
  /** Operators that say that there is no block. */
  readonly #without = new Set<string>();

  constructor(copies: BlockCopies, options: ContentVoteOptions) {
    this.#copies = copies;
    this.#options = options;
  }

  /**
   * @returns the copies that are alike, the one decoded in full first where there is one
   * @throws HeadwaterError `agreement-insufficient`; SkippedHeight, or why nobody gave any copy; the signal's reason when it
   *   aborts
   */
  async run(): Promise<readonly BlockCopy[]> {
    const { signal, quorum } = this.#options;
    signal.throwIfAborted();
    const end = () => this.#scope.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    try {
      for (const [node, copy] of this.#copies.underWay) this.#awaitUnderWay(node, copy);
      for (;;) {
        const best = this.#best();
        if (isQuorate(countVoices(voicesOf(best)), quorum)) return best;
        this.#askMore(best);
        if (this.#asks.size === 0) throw this.#insufficient(best);
        await Promise.race([...this.#asks].map(({ done }) => done));
        signal.throwIfAborted();
      }
    } finally {
      signal.removeEventListener("abort", end);
      this.#scope.abort(new Error("the content is agreed"));
    }
  }

  /** The copies of the content that most operators gave. */
  #best(): readonly BlockCopy[] {
    let best: readonly BlockCopy[] = [];
    for (const alike of Map.groupBy(this.#copies.given, ({ mark }) => mark.content).values()) {
      const [voices, most] = [countVoices(voicesOf(alike)), countVoices(voicesOf(best))];
      const isMore = voices.operators > most.operators;
      if (isMore || (voices.operators === most.operators && voices.regions > most.regions)) best = alike;
    }
    return [...best].sort((a, b) => Number(b.decoded !== undefined) - Number(a.decoded !== undefined));
  }

  #askMore(best: readonly BlockCopy[]): void {
    if (this.#isStuck) return;
    const { quorum } = this.#options;
    const voices = countVoices(voicesOf(best));
    const regions = quorum.regions - voices.regions;
    const wanted = Math.max(quorum.operators - voices.operators, regions);
    while (this.#asks.size < wanted) {
      const elsewhere = [...this.#asks].filter(({ isElsewhere }) => isElsewhere).length;
      this.#ask(elsewhere < regions && quorum.regions > 1, best);
    }
  }

  #ask(isElsewhere: boolean, best: readonly BlockCopy[]): void {
    const { nodes, work, what } = this.#options;
    const ask: Ask = { isElsewhere, done: Promise.resolve() };
    this.#asks.add(ask);
    ask.done = nodes
      .request(
        async (node, call) => {
          this.#busy.set(node, ask);
          try {
            return await this.#copies.fetch(node, call);
          } catch (error) {
            const word = this.#options.skipWord(node, error);
            if (!word) throw error;
            this.#skipped = word;
            this.#without.add(node.config.operator);
            return undefined;
          } finally {
            if (this.#busy.get(node) === ask) this.#busy.delete(node);
          }
        },
        {
          work,
          what,
          signal: this.#scope.signal,
          attempts: LIMITS.blockAttempts,
          suits: (node) => this.#suits(node, ask, best),
        },
      )
      .then(
        (copy) => {
          this.#isStuck = copy === undefined;
        },
        (error: unknown) => {
          this.#isStuck = true;
          this.#failure = asHeadwaterError(error);
        },
      )
      .finally(() => this.#asks.delete(ask));
  }

  /** A copy that was begun before. Whoever told the block first may have failed to give it, or may never answer. */
  #awaitUnderWay(node: PoolNode, copy: Promise<BlockCopy>): void {
    const ask: Ask = { isElsewhere: false, done: Promise.resolve() };
    this.#asks.add(ask);
    this.#busy.set(node, ask);
    const given = copy.catch(() => undefined);
    ask.done = settledWithin(this.#options.clock, UNDER_WAY_PATIENCE_MS, given).then(() => {
      this.#asks.delete(ask);
      this.#busy.delete(node);
    });
  }

  #suits(node: PoolNode, ask: Ask, best: readonly BlockCopy[]): boolean {
    const { operator, region } = node.config;
    if (this.#copies.has(operator) || this.#without.has(operator) || !this.#options.mayGive(node)) return false;
    const others = [...this.#busy].filter(([, each]) => each !== ask).map(([{ config }]) => config);
    if (others.some((other) => other.operator === operator)) return false;
    return !ask.isElsewhere || ![...others, ...voicesOf(best)].some((other) => other.region === region);
  }

  #insufficient(best: readonly BlockCopy[]): HeadwaterError {
    const { quorum, what } = this.#options;
    const { given } = this.#copies;
    const none = this.#skipped ?? this.#failure;
    if (given.length === 0 && none) return none;
    const { operators, regions } = countVoices(voicesOf(best));
    const gave = given.map(({ node, ref, mark }) => `${node.config.operator} gave ${ref.hash} with ${mark.content}`);
    const failed = none ? ` (${none.message})` : "";
    return new HeadwaterError(
      "agreement-insufficient",
      `${what}: ${operators} operators from ${regions} regions gave the same content, it needs ${quorum.operators} from ${quorum.regions}: ${gave.slice(0, NAMED_OPERATORS).join(", ")}${failed}`,
      { details: { operators, regions, required: quorum.operators, requiredRegions: quorum.regions, answers: gave } },
    );
  }
}

function voicesOf(copies: readonly BlockCopy[]) {
  return copies.map(({ node }) => node.config);
}
