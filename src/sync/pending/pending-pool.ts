import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { MetricRegistry } from "../../core/contracts/metrics.ts";
import type { Chain } from "../../core/contracts/plugin.ts";
import type { PendingEntry, PendingPool, RetractedPending } from "../../core/contracts/service.ts";
import type { ChainLedger } from "../../core/contracts/store.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account, OutputId } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import { PollPace } from "../pool/poll-pace.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import { type ConfirmedBlock, readConfirmed } from "./confirmed-block.ts";
import { Hearings } from "./hearings.ts";
import { PENDING_METRICS } from "./metrics.ts";
import type { HeldTransaction } from "./pending-book.ts";
import { PendingIntake } from "./pending-intake.ts";
import { PendingState } from "./pending-state.ts";

export type LivePendingPoolOptions = {
  readonly chain: Chain;
  readonly nodes: NodePool;
  /** How many operators it takes for the pool to be called whole. */
  readonly requiredOperators: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  /** Numbers from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** The usual pause between two polls of a node, milliseconds. */
  readonly pollMs: number;
  /** How many blocks the agreed tip is above the ledger's; undefined while no tip is agreed. */
  readonly lagBlocks: () => number | undefined;
};

/** Farther behind the tip pending transactions are not followed: the ledger could not tell what they spend. */
const NEAR_BLOCKS = LIMITS.tipDistanceBlocks;

/**
 * Follows the transactions that nodes tell and no block has. Every node's list is asked for at the pace of the tips, each
 * transaction fetched once, from one of those that list it. All is kept in memory.
 *
 * A block confirms in the very turn in which the ledger shows it: it is announced before its commit, and whoever reads first
 * after that takes it in.
 */
export class LivePendingPool implements PendingPool {
  readonly #options: LivePendingPoolOptions;
  readonly #hearings: Hearings;
  readonly #state: PendingState;
  #ledger: ChainLedger | undefined;
  #intake: PendingIntake | undefined;
  /** Being committed. */
  #announced: readonly ConfirmedBlock[] = [];
  #heardAt: number | null = null;

  constructor(options: LivePendingPoolOptions) {
    const { nodes, clock, metrics, chain } = options;
    this.#options = options;
    this.#hearings = new Hearings(nodes.nodes);
    const labels = { chain: chain.info.id };
    const ended = metrics.counter(PENDING_METRICS.ended);
    this.#state = new PendingState(clock, this.#hearings, (end) => ended.add({ ...labels, result: end }));
    const transactions = metrics.gauge(PENDING_METRICS.transactions);
    const waiting = metrics.gauge(PENDING_METRICS.waiting);
    const leftOut = metrics.gauge(PENDING_METRICS.leftOut);
    metrics.onScrape(() => {
      if (this.#heardAt === null) return;
      transactions.set(labels, this.#state.book.size);
      waiting.set(labels, this.#state.waiting);
      leftOut.set(labels, this.#leftOut);
    });
  }

  get heardAt(): number | null {
    return this.#heardAt;
  }

  get incomplete(): string | null {
    this.settle();
    const { answering, silences } = this.#hearings;
    const { requiredOperators } = this.#options;
    const reasons: string[] = [];
    if (!this.#isNear) reasons.push("the index is behind the chain, or no tip is agreed");
    if (answering < requiredOperators) {
      reasons.push(`${answering} of ${requiredOperators} operators tell their transactions (${silences.join("; ")})`);
    }
    if (this.#leftOut > 0) {
      const { pendingTransactions: most, pendingBytes } = LIMITS;
      reasons.push(
        `the ${this.#leftOut} newest are left out, at most ${most} transactions of ${pendingBytes} bytes are kept`,
      );
    }
    const onTheWay = this.#intake?.onTheWay ?? 0;
    if (onTheWay > 0) reasons.push(`${onTheWay} are on their way`);
    const { waiting } = this.#state;
    if (waiting > 0) reasons.push(`${waiting} wait, since what they spend is not known or is contested`);
    return reasons.length === 0 ? null : reasons.join("; ");
  }

  find(id: string): PendingEntry | RetractedPending | undefined {
    this.settle();
    const held = this.#state.book.get(id);
    return held ? this.#entry(held) : this.#state.retracted.find(id);
  }

  ofAccount(account: Account): readonly PendingEntry[] {
    this.settle();
    return this.#state.book
      .ofAccount(account)
      .reverse()
      .map((held) => this.#entry(held));
  }

  spenderOf(output: OutputId): string | undefined {
    this.settle();
    return this.#state.book.spenderOf(output);
  }

  retractedOf(account: Account): readonly RetractedPending[] {
    this.settle();
    return this.#state.retracted.ofAccount(account);
  }

  /** Begins to follow the nodes. Resolves when the signal aborts. */
  async run(ledger: ChainLedger, signal: AbortSignal): Promise<void> {
    const { nodes, metrics, chain } = this.#options;
    const fetched = metrics.counter(PENDING_METRICS.fetched);
    this.#ledger = ledger;
    this.#intake = new PendingIntake({
      ...this.#options,
      ledger,
      state: this.#state,
      hearings: this.#hearings,
      settle: () => this.settle(),
      onFetched: (count) => fetched.add({ chain: chain.info.id }, count),
    });
    const intake = this.#intake;
    await Promise.all(nodes.nodes.map((node) => this.#follow(node, intake, signal)));
  }

  /** These blocks are about to be committed. `near`: to be called for all that are near the tip, others may concern nobody. */
  async announce(blocks: readonly SealedBlock[], near: boolean): Promise<void> {
    if (!near && this.#state.book.size === 0 && this.#state.waiting === 0) return;
    const announced: ConfirmedBlock[] = [];
    for (const block of blocks) announced.push(await readConfirmed(block));
    this.#announced = announced;
  }

  /** The commit has ended: what of the announced is not in the ledger does not come. */
  withdraw(): void {
    this.settle();
    this.#announced = [];
  }

  /** Takes in what was announced and is committed. */
  settle(): void {
    const height = this.#ledger?.position?.tip.height;
    const last = this.#announced.at(-1);
    if (!last || height === undefined || height < last.height) return;
    const blocks = this.#announced;
    this.#announced = [];
    for (const block of blocks) this.#state.confirm(block);
  }

  /** Every block above the height was taken back. */
  noteRollback(height: number): void {
    this.#state.rollBack(height);
    this.#intake?.noteRollback();
  }

  async #follow(node: PoolNode, intake: PendingIntake, signal: AbortSignal): Promise<void> {
    const { clock, random, pollMs, logger, chain } = this.#options;
    const pace = new PollPace(pollMs, random);
    let waitMs = pace.phaseMs();
    let said = "";
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal).catch(() => {});
      if (signal.aborted) return;
      const why = await this.#poll(node, intake, signal);
      if (why !== "" && why !== said) {
        logger.debug({ chain: chain.info.id, node: node.config.name }, `pending transactions: ${why}`);
      }
      said = why;
      waitMs = pace.nextMs(node, true, false);
    }
  }

  /** @returns why the node told nothing; empty when it told its list */
  async #poll(node: PoolNode, intake: PendingIntake, signal: AbortSignal): Promise<string> {
    const { nodes, chain, clock } = this.#options;
    let why = "";
    if (!node.client.listPending || !node.client.fetchPending) why = "it does not tell them";
    else if (!node.usable) why = `it is ${node.state}`;
    if (why === "" && this.#isNear) {
      try {
        const list = await nodes.requestFrom(
          node,
          async ({ client }, call) => (await client.listPending?.(call)) ?? [],
          { what: `${chain.info.id}: pending transactions`, work: "pending", signal },
        );
        this.#heardAt = clock.now();
        await intake.take(node, list, signal);
        await intake.retry();
        // The index may yet have to take in the block that confirms what nodes list no more.
        if ((this.#options.lagBlocks() ?? 1) <= 0) this.#state.sweep();
      } catch (error) {
        why = asHeadwaterError(error).message;
      }
    }
    if (why !== "") this.#hearings.noteSilence(node, why);
    return why;
  }

  get #isNear(): boolean {
    const lag = this.#options.lagBlocks();
    return this.#ledger?.position !== undefined && lag !== undefined && lag <= NEAR_BLOCKS;
  }

  get #leftOut(): number {
    return (this.#intake?.leftOut ?? 0) + this.#state.setAside;
  }

  #entry(held: HeldTransaction): PendingEntry {
    const { transaction, size, replaceable, firstSeen, replaces, mark } = held;
    const operators = this.#hearings.operators(mark);
    const ancestors = this.#state.book.ancestorsOf(held);
    return { transaction, size, replaceable, firstSeen, operators, replaces, ancestors };
  }
}
