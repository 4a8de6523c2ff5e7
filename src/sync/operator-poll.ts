import type { Clock } from "../core/clock.ts";
import type { CallOptions, WorkClass } from "../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { countVoices, isQuorate, type Quorum } from "./agreement/quorum.ts";
import type { HistoryNeed } from "./pool/history-bounds.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/**
 * What is left to be done with what a node told when the call is over: it is neither hedged nor held against the node. An item
 * may come to an error. Where it throws one that names the same node for another try, the operator is asked again.
 */
export type Finish<A> = (signal: AbortSignal) => Promise<readonly (A | HeadwaterError)[]>;

/** What is asked of nodes, and how their answers are told apart. */
export type Question<Q, A> = {
  /** An answer for each of the items, in their order. Called with some of them where others are settled. */
  readonly read: (node: PoolNode, items: readonly Q[], call: CallOptions) => Promise<readonly A[] | Finish<A>>;
  /** Equal for answers that say the same, and only for these. */
  readonly keyOf: (answer: A) => string | bigint | null;
  /** What is asked, for error texts: `test:one: balances after block 17`. */
  readonly what: string;
  readonly work: WorkClass;
  readonly need?: HistoryNeed;
  readonly signal?: AbortSignal | undefined;
};

/**
 * All that was said of one item: `settled` is the answer with enough operators behind it, `failures` are of operators that answered
 * others of the items.
 */
export type PolledItem<A> = {
  readonly answers: readonly { readonly node: PoolNode; readonly said: A }[];
  readonly failures: ReadonlyMap<string, HeadwaterError>;
  readonly settled: { readonly said: A } | undefined;
};

/** What became of a poll. `failures`: operators that gave no answer, and why; they vote for nothing. */
export type Poll<A> = {
  readonly items: readonly PolledItem<A>[];
  readonly failures: ReadonlyMap<string, HeadwaterError>;
};

export type OperatorPollOptions<Q, A> = {
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly items: readonly Q[];
  readonly question: Question<Q, A>;
  readonly quorum: Quorum;
  /** Operators in the order in which they are asked. */
  readonly operators: readonly string[];
};

/** After so long without a new answer one operator more is asked, milliseconds. */
const PATIENCE_MS = 500;

/** Before an operator is asked again for what could not be used, milliseconds: nodes change branches within so long. */
const AGAIN_MS = 250;

/**
 * Asks as many operators as it takes for each of some items, until each has an answer that enough of them give, or none is
 * left to ask. At once only as many are asked as may suffice; another is asked for each one that fails, contradicts, or
 * keeps waiting. An operator has one vote, and is asked only for what is still open.
 */
export class OperatorPoll<Q, A> {
  readonly #options: OperatorPollOptions<Q, A>;
  readonly #answers: { readonly node: PoolNode; readonly said: A }[][];
  readonly #refused: Map<string, HeadwaterError>[];
  readonly #settled: PolledItem<A>["settled"][];
  readonly #failures = new Map<string, HeadwaterError>();
  readonly #scope = new AbortController();
  readonly #asked = new Set<Promise<void>>();
  /** Operators asked beyond what may suffice, since the others keep waiting. */
  #extra = 0;
  #next = 0;

  constructor(options: OperatorPollOptions<Q, A>) {
    this.#options = options;
    this.#answers = options.items.map(() => []);
    this.#refused = options.items.map(() => new Map());
    this.#settled = options.items.map(() => undefined);
  }

  /** Never rejects for a node's fault. @throws the signal's reason when it aborts */
  async run(): Promise<Poll<A>> {
    const { signal } = this.#options.question;
    signal?.throwIfAborted();
    const end = () => this.#scope.abort(signal?.reason);
    signal?.addEventListener("abort", end, { once: true });
    try {
      while (this.#askMore()) await this.#untilAnswer();
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", end);
      this.#scope.abort();
    }
    const items = this.#answers.map((answers, i) => ({
      answers,
      failures: this.#refused[i] as Map<string, HeadwaterError>,
      settled: this.#settled[i],
    }));
    return { items, failures: this.#failures };
  }

  /** Asks those who may be needed now. @returns whether there is anything to wait for */
  #askMore(): boolean {
    const open = this.#settled.flatMap((settled, i) => (settled ? [] : [i]));
    if (open.length === 0 || this.#scope.signal.aborted) return false;
    const wanted = Math.max(...open.map((i) => this.#missing(i))) + this.#extra;
    while (this.#asked.size < wanted && this.#next < this.#options.operators.length) {
      const asked = this.#ask(this.#options.operators[this.#next++] as string, open).finally(() => {
        this.#asked.delete(asked);
      });
      this.#asked.add(asked);
    }
    return this.#asked.size > 0;
  }

  async #untilAnswer(): Promise<void> {
    const patience = new AbortController();
    const late = this.#options.clock.sleep(PATIENCE_MS, AbortSignal.any([patience.signal, this.#scope.signal])).then(
      () => {
        this.#extra++;
      },
      () => undefined,
    );
    await Promise.race([late, ...this.#asked]);
    patience.abort();
  }

  async #ask(operator: string, open: readonly number[]): Promise<void> {
    const asked = open.map((i) => this.#options.items[i] as Q);
    try {
      const { node, answers } = await this.#answersOf(operator, asked);
      for (const [k, i] of open.entries()) {
        const said = answers[k] as A | HeadwaterError;
        if (said instanceof HeadwaterError) this.#refused[i]?.set(operator, said);
        else this.#note(i, { node, said });
      }
    } catch (error) {
      if (!this.#scope.signal.aborted) this.#failures.set(operator, asHeadwaterError(error));
    }
  }

  async #answersOf(operator: string, asked: readonly Q[]) {
    const { signal } = this.#scope;
    for (let asks = 1; ; asks++) {
      const { node, told } = await this.#request(operator, asked);
      if (typeof told !== "function") return { node, answers: told };
      try {
        return { node, answers: await told(signal) };
      } catch (error) {
        signal.throwIfAborted();
        if (!asHeadwaterError(error).retry.sameNode || asks === LIMITS.recentBalanceAsks) throw error;
      }
      await this.#options.clock.sleep(AGAIN_MS, signal);
    }
  }

  async #request(operator: string, asked: readonly Q[]) {
    const { nodes, question } = this.#options;
    const { read, work, what, need } = question;
    return await nodes.request(async (node, call) => ({ node, told: await read(node, asked, call) }), {
      work,
      what: `${what} from ${operator}`,
      signal: this.#scope.signal,
      attempts: 2 * nodes.nodes.filter(({ config }) => config.operator === operator).length,
      suits: ({ config }) => config.operator === operator,
      ...(need && { need }),
    });
  }

  #note(i: number, answer: { readonly node: PoolNode; readonly said: A }): void {
    const { question, quorum } = this.#options;
    const answers = this.#answers[i] as { readonly node: PoolNode; readonly said: A }[];
    answers.push(answer);
    const key = question.keyOf(answer.said);
    const same = answers.filter(({ said }) => question.keyOf(said) === key).map(({ node }) => node.config);
    if (isQuorate(countVoices(same), quorum)) this.#settled[i] ??= { said: answer.said };
  }

  /** How many more operators it takes at least until the item is settled. */
  #missing(i: number): number {
    const { question, quorum } = this.#options;
    const counts = new Map<string | bigint | null, number>();
    for (const { said } of this.#answers[i] ?? []) {
      const key = question.keyOf(said);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return Math.max(1, quorum.operators - Math.max(0, ...counts.values()));
  }
}
