import type { Bank, Lineage } from "./ledger/bank.ts";
import type { Unprocessed } from "./ledger/execute.ts";
import type { Ledger } from "./ledger/ledger.ts";

/** One line of blocks and its next slot. Several may grow beside each other, as validators' do while they do not agree. */
export class Branch {
  readonly lineage: Lineage;
  readonly #ledger: Ledger;
  #tip: Bank;
  #nextSlot: number;

  constructor(ledger: Ledger, lineage: Lineage, tip: Bank) {
    this.#ledger = ledger;
    this.lineage = lineage;
    this.#tip = tip;
    this.#nextSlot = tip.slot + 1;
  }

  /** The newest block. */
  get tip(): Bank {
    return this.#tip;
  }

  /** The slot that comes next; those since the tip's were skipped. */
  get nextSlot(): number {
    return this.#nextSlot;
  }

  /** @returns what could not be processed: no block has it */
  makeBlock(wires: readonly Uint8Array[]): readonly (Unprocessed & { readonly at: number })[] {
    const { bank, dropped } = this.#ledger.makeBlock(this.lineage, this.#tip, this.#nextSlot, wires);
    this.#tip = bank;
    this.#nextSlot++;
    return dropped;
  }

  skip(slots: number): void {
    this.#nextSlot += slots;
  }
}
