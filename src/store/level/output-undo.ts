import { ByteWriter } from "../../core/bytes.ts";
import { netOutputs } from "../../core/ledger/output-changes.ts";
import { packOutputId } from "../../core/ledger/output-id.ts";
import type { LedgerTransaction, OutputId } from "../../core/model.ts";
import type { ChainContext } from "./chain-state.ts";
import { missingRow } from "./database.ts";
import { findMade } from "./history.ts";
import { delOutput, putOutput } from "./output-tally.ts";
import type { RowBatch } from "./row-batch.ts";
import type { WorkingAccount } from "./working-account.ts";
import type { WorkingSet } from "./working-set.ts";

/** Transactions looked for at once: enough to keep the database's threads busy. */
const LOOKS_AT_ONCE = 32;

type Taken = {
  readonly id: OutputId;
  readonly account: WorkingAccount;
  readonly height: number;
  readonly index: number;
};

/**
 * Sets the unspent outputs back to what they were before some blocks. What these blocks spent is not kept for that: the
 * transactions that made it are still there.
 */
export class OutputUndo {
  readonly #context: ChainContext;
  readonly #set: WorkingSet;
  /** Outputs that the blocks made and left. */
  readonly #taken: Taken[] = [];
  /** Outputs of earlier blocks that the blocks spent. */
  readonly #restored = new Set<OutputId>();

  constructor(context: ChainContext, set: WorkingSet) {
    this.#context = context;
    this.#set = set;
  }

  /** Takes a block's transactions back, and adds the accounts of their outputs to the working set. Newest block first. */
  block(transactions: readonly LedgerTransaction[], height: number): void {
    const { spends, makes } = netOutputs(transactions);
    for (const { id, account, index } of makes) {
      // What is spent by then has no rows.
      if (!this.#restored.delete(id)) this.#taken.push({ id, account: this.#set.add(account), height, index });
    }
    for (const spent of spends) {
      this.#set.add(spent.account);
      this.#restored.add(spent.id);
    }
  }

  /**
   * Adds the rows to the batch, once the accounts are loaded.
   * @param tip the height that is the tip when this is done
   * @throws HeadwaterError `store-corrupt`
   */
  async encode(rows: RowBatch, tip: number): Promise<void> {
    const { number: chain } = this.#context;
    for (const { id, account, ...place } of this.#taken) delOutput(chain, pack(id), account, place, rows);
    const makers = [...this.#makers()];
    for (let from = 0; from < makers.length; from += LOOKS_AT_ONCE) {
      const portion = makers.slice(from, from + LOOKS_AT_ONCE);
      await Promise.all(portion.map(([transaction, ids]) => this.#restore(transaction, ids, rows, tip)));
    }
  }

  /** The outputs to be restored, by the transactions that made them: one that made many is read once. */
  #makers(): ReadonlyMap<string, ReadonlySet<OutputId>> {
    const makers = new Map<string, Set<OutputId>>();
    for (const id of this.#restored.keys()) {
      const transaction = id.slice(0, id.lastIndexOf(":"));
      const ids = makers.get(transaction);
      if (ids) ids.add(id);
      else makers.set(transaction, new Set([id]));
    }
    return makers;
  }

  async #restore(transaction: string, ids: ReadonlySet<OutputId>, rows: RowBatch, tip: number): Promise<void> {
    const { number: chain, reader, assets, terms } = this.#context;
    const found = await findMade(reader, chain, transaction, ids, tip);
    for (const id of ids) {
      const made = found.get(id);
      if (made === undefined) {
        // It was made before the first indexed block: it never was in the set.
        if (terms.startHeight > 0) continue;
        throw missingRow(`the transaction that made the output ${id}`);
      }
      const asset = assets.find(made.asset);
      if (asset === undefined) throw missingRow(`the number of asset ${made.asset}`);
      putOutput(chain, pack(id), this.#set.add(made.account), { ...made, asset }, rows);
    }
  }
}

const scratch = new ByteWriter(128);

function pack(id: OutputId): Buffer {
  scratch.reset();
  packOutputId(id, scratch);
  return scratch.finish();
}
