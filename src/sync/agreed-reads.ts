import type { Clock } from "../core/clock.ts";
import { LIMITS } from "../core/limits.ts";
import { countVoices, isQuorate, type Quorum } from "./agreement/quorum.ts";
import { OperatorPoll, type Poll, type Question } from "./operator-poll.ts";
import type { HistoryNeed } from "./pool/history-bounds.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type AgreedReadsOptions = {
  readonly nodes: NodePool;
  readonly clock: Clock;
  /** What it takes for an answer to be believed: from the configuration alone, whatever becomes of the nodes. */
  readonly quorum: Quorum;
  /** Default: Math.random. */
  readonly random?: () => number;
};

/** Reads of which no node is believed alone, unless the configuration says that one is enough. */
export class AgreedReads {
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly quorum: Quorum;
  readonly #options: AgreedReadsOptions;

  constructor(options: AgreedReadsOptions) {
    this.#options = options;
    this.nodes = options.nodes;
    this.clock = options.clock;
    this.quorum = options.quorum;
  }

  /**
   * Asks as many operators as the quorum takes for each of the items. Undefined, and nobody was asked, where so few
   * operators can be asked that their word could not count.
   *
   * @param quorum default: as configured
   * @throws only the signal's reason
   */
  async poll<Q, A>(
    items: readonly Q[],
    question: Question<Q, A>,
    quorum: Quorum = this.quorum,
  ): Promise<Poll<A> | undefined> {
    const { nodes, clock } = this;
    question.signal?.throwIfAborted();
    const able = nodes.nodes.filter(({ usable }) => usable);
    if (!isQuorate(countVoices(able.map(({ config }) => config)), quorum)) return undefined;
    const operators = this.#rank(able, question.need);
    return await new OperatorPoll({ nodes, clock, items, question, quorum, operators }).run();
  }

  /** Operators by their best node: those that do well first, then by latency with some chance. */
  #rank(able: readonly PoolNode[], need: HistoryNeed | undefined): string[] {
    const { random = Math.random } = this.#options;
    const cost = (node: PoolNode) => {
      const cannot = need !== undefined && !(node.hasReached(need.height) && node.covers(need));
      const latencyMs = node.calls.latency("read", 0.5) ?? node.calls.latency("poll", 0.5) ?? 0;
      const penaltyMs = cannot || node.causes.size > 0 || node.lastResort ? LIMITS.nodeRequestTimeoutMs : 0;
      return penaltyMs + (latencyMs + 1) * (1 + random());
    };
    const costs = new Map<string, number>();
    for (const node of able) {
      const { operator } = node.config;
      costs.set(operator, Math.min(cost(node), costs.get(operator) ?? Number.POSITIVE_INFINITY));
    }
    return [...costs].sort(([, a], [, b]) => a - b).map(([operator]) => operator);
  }
}
