import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { Chain, RawPending, SpentOutputs } from "../../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../../core/contracts/store.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Output, OutputId } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { Hearings, Mark } from "./hearings.ts";
import type { ArrivedTransaction, PendingState } from "./pending-state.ts";

export type PendingIntakeOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly state: PendingState;
  readonly hearings: Hearings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes in what was committed up to this moment. */
  readonly settle: () => void;
  readonly onFetched: (count: number) => void;
};

/**
 * Takes in what nodes list: fetches what was never fetched, from whoever lists it, and finds what it spends among the ledger's
 * unspent outputs and those of other pending transactions.
 */
export class PendingIntake {
  readonly #options: PendingIntakeOptions;
  /** Being fetched, or being looked up. */
  readonly #onTheWay = new Map<string, Mark>();
  /** By node, what it lists and did not give, or gave in a form that cannot be. */
  readonly #missed = new Map<PoolNode, Set<string>>();
  /** By node, how many of its list found no room. */
  readonly #leftOut = new Map<PoolNode, number>();
  /** Listed, although the ledger has them: by nodes that are behind. */
  readonly #confirmed = new Set<string>();
  /** The ledger as it was when those that wait were looked at last. */
  #triedAt = -1;

  constructor(options: PendingIntakeOptions) {
    this.#options = options;
  }

  get onTheWay(): number {
    return this.#onTheWay.size;
  }

  /** How many are listed, as far as is known, and found no room. */
  get leftOut(): number {
    return Math.max(0, ...this.#leftOut.values());
  }

  /** Blocks were taken back. */
  noteRollback(): void {
    this.#confirmed.clear();
    this.#triedAt = -1;
  }

  /** The node told its list. Resolves when what it brought is taken in. @throws what the node's failure is */
  async take(node: PoolNode, list: readonly string[], signal: AbortSignal): Promise<void> {
    const { state, hearings } = this.#options;
    const ids = list.slice(0, LIMITS.pendingListIds);
    const hear = hearings.begin(node);
    const fresh: string[] = [];
    const missed = new Set<string>();
    const missedBefore = this.#missed.get(node);
    for (const id of ids) {
      const mark = state.markOf(id) ?? this.#onTheWay.get(id);
      if (mark) {
        hear(mark);
        continue;
      }
      const gone = state.retracted.markOf(id);
      if (gone) hear(gone);
      if (missedBefore?.has(id)) missed.add(id);
      else if (!state.isOver(id) && !this.#confirmed.has(id)) fresh.push(id);
    }
    this.#missed.set(node, missed);
    let leftOut = list.length - ids.length;
    for (let at = 0; at < fresh.length; ) {
      const count = Math.min(LIMITS.pendingFetchIds, state.room(this.#onTheWay.size));
      if (count === 0) {
        leftOut += fresh.length - at;
        break;
      }
      const batch = fresh.slice(at, at + count);
      at += count;
      await this.#fetch(
        node,
        batch.filter((id) => state.markOf(id) === undefined && !this.#onTheWay.has(id)),
        hear,
        signal,
      );
    }
    this.#leftOut.set(node, leftOut);
  }

  /** Looks again at those that wait. */
  async retry(): Promise<void> {
    const { state, ledger } = this.#options;
    const sequence = ledger.position?.sequence ?? -1;
    // What is contested may be decided by every list; what is missing comes with a block or another transaction.
    const waiting = sequence === this.#triedAt ? state.takeContested() : state.takeWaiting();
    this.#triedAt = sequence;
    await this.#resolve(waiting);
  }

  async #fetch(node: PoolNode, ids: readonly string[], hear: (mark: Mark) => void, signal: AbortSignal): Promise<void> {
    if (ids.length === 0) return;
    const { nodes, hearings, onFetched, chain } = this.#options;
    const asked = ids.map((id) => ({ id, mark: hearings.mark() }));
    for (const { id, mark } of asked) {
      hear(mark);
      this.#onTheWay.set(id, mark);
    }
    try {
      const raws = await nodes.requestFrom(
        node,
        async ({ client }, call) => (await client.fetchPending?.(ids, call)) ?? [],
        { what: `${chain.info.id}: ${ids.length} pending transactions`, work: "pending", signal },
      );
      onFetched(raws.length);
      const given = new Map(raws.map((raw) => [raw.id, raw]));
      await this.#resolve(asked.flatMap(({ id, mark }) => this.#parse(node, id, given.get(id), mark)));
    } finally {
      for (const id of ids) this.#onTheWay.delete(id);
    }
  }

  #parse(node: PoolNode, id: string, raw: RawPending | undefined, mark: Mark): ArrivedTransaction[] {
    const { chain, clock } = this.#options;
    if (!raw) {
      this.#missed.get(node)?.add(id);
      return [];
    }
    try {
      const outputs = chain.listPendingOutputs?.(raw);
      return outputs ? [{ id, raw, node, outputs, mark, firstSeen: clock.now() }] : [];
    } catch (error) {
      this.#blame(node, id, error);
      return [];
    }
  }

  /** Meanwhile nobody else fetches them, and nodes may say that they have them. */
  async #resolve(arrived: readonly ArrivedTransaction[]): Promise<void> {
    const { ledger, settle } = this.#options;
    const taken: string[] = [];
    let open = arrived;
    try {
      while (open.length > 0) {
        for (const { id, mark } of open) this.#onTheWay.set(id, mark);
        taken.push(...open.map(({ id }) => id));
        settle();
        using view = ledger.view();
        const stored = await this.#lookUp(view, open);
        const missing = open.filter((each) => !this.#spentBy(each, stored));
        const confirmed = await this.#findConfirmed(view, missing);
        settle();
        // What a block did meanwhile has to be part of the judgement.
        if (ledger.position?.sequence === view.position?.sequence) open = this.#sort(open, stored, confirmed);
      }
    } finally {
      for (const id of taken) this.#onTheWay.delete(id);
    }
  }

  /** What they spend and no pending transaction makes, as the ledger has it. */
  async #lookUp(view: LedgerView, open: readonly ArrivedTransaction[]): Promise<ReadonlyMap<OutputId, Output>> {
    const { book } = this.#options.state;
    const wanted = open.flatMap(({ outputs }) => outputs.spends.filter((id) => !book.output(id)));
    const ids = [...new Set(wanted)];
    const found = ids.length === 0 ? [] : await view.outputs(ids);
    return new Map(found.flatMap((output) => (output ? [[output.id, output]] : [])));
  }

  /** Which of them are in a block: what these spend is not to be found any more. */
  async #findConfirmed(view: LedgerView, missing: readonly ArrivedTransaction[]): Promise<ReadonlySet<string>> {
    const found = await Promise.all(missing.map(({ id }) => view.transaction(id)));
    return new Set(missing.flatMap(({ id }, i) => (found[i] ? [id] : [])));
  }

  /** @returns those that waited for one that is kept now */
  #sort(
    open: readonly ArrivedTransaction[],
    stored: ReadonlyMap<OutputId, Output>,
    confirmed: ReadonlySet<string>,
  ): ArrivedTransaction[] {
    const { state } = this.#options;
    const made = new Set<OutputId>();
    let rest = open;
    for (let before = -1; rest.length !== before; ) {
      before = rest.length;
      rest = rest.filter((each) => {
        const spent = this.#spentBy(each, stored);
        if (spent && this.#keep(each, spent)) for (const output of each.outputs.makes) made.add(output.id);
        return spent === undefined;
      });
    }
    for (const each of rest) {
      if (!confirmed.has(each.id)) state.wait(each);
      else if (this.#confirmed.size < LIMITS.pendingTransactions) this.#confirmed.add(each.id);
    }
    return made.size === 0 ? [] : state.takeWaiting(made);
  }

  #spentBy(
    { outputs: { spends } }: ArrivedTransaction,
    stored: ReadonlyMap<OutputId, Output>,
  ): SpentOutputs | undefined {
    const { book } = this.#options.state;
    const spent: Output[] = [];
    for (const id of spends) {
      const output = book.output(id) ?? stored.get(id);
      if (!output) return undefined;
      spent.push(output);
    }
    return spent;
  }

  #keep(arrived: ArrivedTransaction, spent: SpentOutputs): boolean {
    const { chain, state } = this.#options;
    try {
      const decoded = chain.decodePending?.(arrived.raw, spent);
      return decoded !== undefined && state.keep(arrived, decoded);
    } catch (error) {
      this.#blame(arrived.node, arrived.id, error);
      return false;
    }
  }

  /** It is not asked for again while the node lists it; others may have the right one. */
  #blame(node: PoolNode, id: string, error: unknown): void {
    const { chain, logger } = this.#options;
    const failure = asHeadwaterError(error);
    this.#missed.get(node)?.add(id);
    node.noteFault(failure, "pending");
    logger.debug({ chain: chain.info.id, node: node.config.name, code: failure.code }, failure.message);
  }
}
