import type { Clock } from "../../core/clock.ts";
import type { PendingOutputs, PendingTransaction, RawPending } from "../../core/contracts/plugin.ts";
import type { PendingEnd } from "../../core/contracts/service.ts";
import { LIMITS } from "../../core/limits.ts";
import type { OutputId } from "../../core/model.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { ConfirmedBlock } from "./confirmed-block.ts";
import type { Hearings, Mark } from "./hearings.ts";
import { accountsOf, type HeldTransaction, PendingBook } from "./pending-book.ts";
import { RetractedTransactions } from "./retracted.ts";

/** A transaction that was fetched and is not in the book: what it spends is to be found. */
export type ArrivedTransaction = {
  readonly id: string;
  readonly raw: RawPending;
  readonly node: PoolNode;
  readonly outputs: PendingOutputs;
  readonly mark: Mark;
  /** Milliseconds since the Unix epoch. */
  readonly firstSeen: number;
};

/**
 * What becomes of pending transactions: which are kept, which wait, and how the others ended. All of it is told at once,
 * nothing here waits.
 */
export class PendingState {
  readonly book = new PendingBook();
  readonly retracted = new RetractedTransactions();
  readonly #clock: Clock;
  readonly #hearings: Hearings;
  readonly #onEnd: (end: PendingEnd) => void;
  readonly #waiting = new Map<string, { readonly arrived: ArrivedTransaction; readonly contested: boolean }>();
  /** Those that found no place to wait. They are not asked for again before the ledger has changed. */
  readonly #setAside = new Set<string>();
  #waitingBytes = 0;

  constructor(clock: Clock, hearings: Hearings, onEnd: (end: PendingEnd) => void) {
    this.#clock = clock;
    this.#hearings = hearings;
    this.#onEnd = onEnd;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get setAside(): number {
    return this.#setAside.size;
  }

  /** How many more may be kept beside so many on their way here. What is kept last may be larger than the room that is left. */
  room(onTheWay: number): number {
    const { size, sizeBytes } = this.book;
    if (sizeBytes + this.#waitingBytes >= LIMITS.pendingBytes) return 0;
    return Math.max(0, LIMITS.pendingTransactions - size - this.#waiting.size - onTheWay);
  }

  /** Of a transaction that is here. */
  markOf(id: string): Mark | undefined {
    return (this.book.get(id) ?? this.#waiting.get(id)?.arrived)?.mark;
  }

  /** Whether it is not to be fetched, though a node lists it. */
  isOver(id: string): boolean {
    if (this.#setAside.has(id) || this.retracted.isInBlock(id)) return true;
    const told = this.retracted.find(id);
    if (told?.end !== "replaced" || told.by === null) return false;
    const [own, other] = [this.retracted.markOf(id), this.book.get(told.by)?.mark];
    if (!own || !other) return this.markOf(told.by) !== undefined;
    return this.#hearings.operators(own) <= this.#hearings.operators(other);
  }

  /**
   * Keeps the transaction in the place of those that spend an output which it spends, too. Those that more operators list
   * stay: then it waits.
   * @returns whether it is kept
   */
  keep(arrived: ArrivedTransaction, decoded: PendingTransaction): boolean {
    const { id, outputs, mark, firstSeen, raw } = arrived;
    if (this.book.get(id)) return true;
    const rivals = new Set<string>();
    for (const output of outputs.spends) {
      const spender = this.book.spenderOf(output);
      if (spender !== undefined && spender !== id) rivals.add(spender);
    }
    const operators = this.#hearings.operators(mark);
    const held = [...rivals].map((rival) => this.book.get(rival) as HeldTransaction);
    if (held.some((rival) => this.#hearings.operators(rival.mark) > operators)) {
      this.#wait(arrived, true);
      return false;
    }
    const replaced = held.sort((a, b) => b.firstSeen - a.firstSeen);
    for (const rival of replaced) this.#end(rival, "replaced", id);
    this.retracted.delete(id);
    this.book.add({
      ...decoded,
      makes: outputs.makes,
      firstSeen,
      replaces: replaced.flatMap((rival) => [rival.transaction.id, ...rival.replaces]),
      mark,
      sizeBytes: raw.bytes.length,
    });
    return true;
  }

  /** What it spends is not known. */
  wait(arrived: ArrivedTransaction): void {
    this.#wait(arrived, false);
  }

  /** Takes out those that wait, all or those that spend one of these outputs. */
  takeWaiting(made?: ReadonlySet<OutputId>): ArrivedTransaction[] {
    return this.#take(({ outputs }) => made === undefined || outputs.spends.some((id) => made.has(id)));
  }

  /** Takes out those that wait since more operators list what they would replace. */
  takeContested(): ArrivedTransaction[] {
    return this.#take((_, contested) => contested);
  }

  #wait(arrived: ArrivedTransaction, contested: boolean): void {
    this.#endWait(arrived.id);
    if (this.#waiting.size < LIMITS.pendingWaitingTransactions) {
      this.#waiting.set(arrived.id, { arrived, contested });
      this.#waitingBytes += arrived.raw.bytes.length;
    } else if (this.#setAside.size < LIMITS.pendingTransactions) this.#setAside.add(arrived.id);
  }

  #take(which: (arrived: ArrivedTransaction, contested: boolean) => boolean): ArrivedTransaction[] {
    const taken = [...this.#waiting.values()].filter(({ arrived, contested }) => which(arrived, contested));
    for (const { arrived } of taken) this.#endWait(arrived.id);
    return taken.map(({ arrived }) => arrived);
  }

  #endWait(id: string): void {
    const waited = this.#waiting.get(id);
    if (waited && this.#waiting.delete(id)) this.#waitingBytes -= waited.arrived.raw.bytes.length;
  }

  /** The block is in the ledger. */
  confirm({ height, transactions }: ConfirmedBlock): void {
    this.#setAside.clear();
    const at = this.#clock.now();
    for (const { id } of transactions) {
      this.#endWait(id);
      const held = this.book.remove(id);
      if (!held) {
        this.retracted.confirm(id, at, height);
        continue;
      }
      this.#tell(held, "confirmed", null, height);
    }
    for (const { id, spends } of transactions) {
      for (const output of spends) {
        const rival = this.book.get(this.book.spenderOf(output) ?? "");
        if (rival) this.#end(rival, "replaced", id, height);
      }
    }
  }

  /** Blocks above the height were taken back: nodes list again what is in none any more. */
  rollBack(height: number): void {
    this.#setAside.clear();
    this.retracted.forgetAbove(height);
  }

  /** Ends what nobody lists any more. */
  sweep(): void {
    for (const [id, { arrived }] of this.#waiting) {
      if (this.#hearings.isDropped(arrived.mark)) this.#endWait(id);
    }
    for (const [, held] of this.book) if (this.#hearings.isDropped(held.mark)) this.#end(held, "evicted", null);
  }

  /** Ends a transaction, and with it all that spend what it made. */
  #end(held: HeldTransaction, end: PendingEnd, by: string | null, height?: number): void {
    const { id } = held.transaction;
    const descendants = this.book.descendantsOf(held);
    if (!this.book.remove(id)) return;
    this.#tell(held, end, by, height);
    for (const descendant of descendants) {
      const gone = this.book.remove(descendant);
      if (gone) this.#tell(gone, "evicted", null);
    }
  }

  #tell(held: HeldTransaction, end: PendingEnd, by: string | null, height?: number): void {
    const { id, movements } = held.transaction;
    this.retracted.put({ id, at: this.#clock.now(), end, by, movements }, [...accountsOf(held)], held.mark, height);
    this.#onEnd(end);
  }
}
