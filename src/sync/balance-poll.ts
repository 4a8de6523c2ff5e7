import type { Clock } from "../core/clock.ts";
import type { WorkClass } from "../core/contracts/plugin.ts";
import { asHeadwaterError, type HeadwaterError } from "../core/errors.ts";
import type { Account, Asset, BlockRef } from "../core/model.ts";
import { countVoices, isQuorate, type Quorum } from "./agreement/quorum.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type BalancePair = { readonly account: Account; readonly asset: Asset };

/** What one node answered for a pair. Null: the asset's contract tells no balance. */
export type Answer = { readonly node: PoolNode; readonly amount: bigint | null };

/** All that was said of one pair: `settled` is the amount with enough operators behind it. */
export type PolledPair = {
  readonly answers: readonly Answer[];
  readonly settled: { readonly amount: bigint | null } | undefined;
};

/** What became of a poll. `failures`: operators that gave no answer, and why; they vote for nothing. */
export type Poll = { readonly pairs: readonly PolledPair[]; readonly failures: ReadonlyMap<string, HeadwaterError> };

export type BalancePollOptions = {
  readonly nodes: NodePool;
  readonly clock: Clock;
  readonly pairs: readonly BalancePair[];
  readonly at: BlockRef;
  readonly quorum: Quorum;
  /** Operators in the order in which they are asked. */
  readonly operators: readonly string[];
  readonly what: string;
  readonly work: WorkClass;
  readonly signal?: AbortSignal;
};

/** After so long without a new answer one operator more is asked, milliseconds. */
const PATIENCE_MS = 500;

/**
 * Asks as many operators as it takes for the balances of pairs after one block, by its hash, until each has an amount that
 * enough of them tell, or none is left to ask. At once only as many are asked as may suffice; another is asked for each one
 * that fails, contradicts, or keeps waiting. An operator has one vote, and is asked only for what is still open.
 */
export class BalancePoll {
  readonly #options: BalancePollOptions;
  readonly #answers: Answer[][];
  readonly #settled: PolledPair["settled"][];
  readonly #failures = new Map<string, HeadwaterError>();
  readonly #scope = new AbortController();
  readonly #asked = new Set<Promise<void>>();
  /** Operators asked beyond what may suffice, since the others keep waiting. */
  #extra = 0;
  #next = 0;

  constructor(options: BalancePollOptions) {
    this.#options = options;
    this.#answers = options.pairs.map(() => []);
    this.#settled = options.pairs.map(() => undefined);
  }

  /** Never rejects for a node's fault. @throws the signal's reason when it aborts */
  async run(): Promise<Poll> {
    const { signal } = this.#options;
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
    const pairs = this.#answers.map((answers, i) => ({ answers, settled: this.#settled[i] }));
    return { pairs, failures: this.#failures };
  }

  /** Asks those who may be needed now. @returns whether there is anything to wait for */
  #askMore(): boolean {
    const open = this.#open();
    if (open.length === 0 || this.#options.signal?.aborted) return false;
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
    const { nodes, pairs, at, work, what } = this.#options;
    const asked = open.map((i) => pairs[i] as BalancePair);
    try {
      const { node, amounts } = await nodes.request(
        async (chosen, call) => ({ node: chosen, amounts: await chosen.client.readBalances(asked, at, call) }),
        {
          work,
          what: `${what} from ${operator}`,
          signal: this.#scope.signal,
          attempts: 2 * nodes.nodes.filter(({ config }) => config.operator === operator).length,
          suits: ({ config }) => config.operator === operator,
          need: { data: "state", height: at.height },
        },
      );
      for (const [k, i] of open.entries()) this.#note(i, { node, amount: amounts[k] ?? null });
    } catch (error) {
      if (!this.#scope.signal.aborted) this.#failures.set(operator, asHeadwaterError(error));
    }
  }

  #note(i: number, answer: Answer): void {
    const answers = this.#answers[i] as Answer[];
    answers.push(answer);
    const same = answers.filter(({ amount }) => amount === answer.amount).map(({ node }) => node.config);
    if (isQuorate(countVoices(same), this.#options.quorum)) this.#settled[i] ??= { amount: answer.amount };
  }

  #open(): number[] {
    return this.#settled.flatMap((settled, i) => (settled ? [] : [i]));
  }

  /** How many more operators it takes at least until the pair is settled. */
  #missing(i: number): number {
    const counts = new Map<bigint | null, number>();
    for (const { amount } of this.#answers[i] as Answer[]) counts.set(amount, (counts.get(amount) ?? 0) + 1);
    return Math.max(1, this.#options.quorum.operators - Math.max(0, ...counts.values()));
  }
}
