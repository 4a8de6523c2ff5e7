import { ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import type { LedgerTransaction, OutputId, TransactionOutput } from "../model.ts";
import type { BlockNames } from "./changes.ts";
import { packOutputId, positionIn } from "./output-id.ts";

/**
 * What a block's transactions come to for the set of unspent outputs. Worked out where the block is decoded; what is made
 * and spent within the block is in neither list. Of plain data and few objects, since it crosses threads.
 */
export type OutputChanges = {
  /** Ids of outputs of earlier blocks that it spends, in the block's order, each as `packOutputId` writes it. */
  readonly spends: Uint8Array<ArrayBuffer>;
  /** Where in `spends` each of them ends. */
  readonly spendEnds: Uint32Array<ArrayBuffer>;
  /**
   * Outputs that are left of those that it makes, in the block's order, `MADE_FIELDS` numbers each: the index of the
   * transaction, the output's position in it, the places of account and asset in the block's `BlockChanges`, and 1 where
   * it is the block's reward, else 0. Its id is that of the transaction with the position.
   */
  readonly makes: Uint32Array<ArrayBuffer>;
  /** Of each of these outputs. */
  readonly amounts: readonly bigint[];
};

export const MADE_FIELDS = 5;

/** An output that a block leaves, and the index of the transaction that made it. */
type Made = TransactionOutput & { readonly index: number; readonly coinbase: boolean };

/**
 * Nets out the outputs of a block's transactions. What one transaction makes and another spends is in neither list,
 * whichever stands first: some chains sort a block's transactions by their ids. An id that one transaction both spends and
 * makes is in both: the one of earlier blocks is spent, the new one stays. Pure.
 * @throws HeadwaterError `plugin-invalid` for an output that is made twice
 */
export function netOutputs(transactions: readonly LedgerTransaction[]): {
  readonly spends: readonly TransactionOutput[];
  readonly makes: Iterable<Made>;
} {
  const makes = new Map<OutputId, Made>();
  for (const { id: own, index, outputs } of transactions) {
    if (!outputs) continue;
    const { coinbase } = outputs;
    for (const { id, account, asset, amount } of outputs.makes) {
      if (makes.has(id)) throw unmakeable(own, id);
      makes.set(id, { id, account, asset, amount, index, coinbase });
    }
  }
  const spends: TransactionOutput[] = [];
  for (const { index, outputs } of transactions) {
    for (const spent of outputs?.spends ?? []) {
      const made = makes.get(spent.id);
      if (made === undefined || made.index === index) spends.push(spent);
      else makes.delete(spent.id);
    }
  }
  return { spends, makes: makes.values() };
}

/**
 * The net of a block's outputs in columns, or undefined where its transactions have none. Pure.
 * @param names every account and asset of the transactions' outputs
 * @throws HeadwaterError `plugin-invalid` for a text that is no id, an output whose id is not that of its transaction with a
 *   position, and one that is made twice
 */
export function sumOutputs(transactions: readonly LedgerTransaction[], names: BlockNames): OutputChanges | undefined {
  if (!transactions.some(({ outputs }) => outputs)) return undefined;
  const net = netOutputs(transactions);
  const spends = new ByteWriter(40 * net.spends.length);
  const spendEnds = new Uint32Array(net.spends.length);
  for (const [i, { id }] of net.spends.entries()) {
    packOutputId(id, spends);
    spendEnds[i] = spends.length;
  }
  const makes: number[] = [];
  const amounts: bigint[] = [];
  for (const { id, account, asset, amount, index, coinbase } of net.makes) {
    const { id: own } = transactions[index] as LedgerTransaction;
    const position = positionIn(own, id);
    if (position < 0) throw unmakeable(own, id);
    const [who, what] = [names.accounts.get(account) as number, names.assets.get(asset) as number];
    makes.push(index, position, who, what, coinbase ? 1 : 0);
    amounts.push(amount);
  }
  return { spends: spends.take(), spendEnds, makes: Uint32Array.from(makes), amounts };
}

function unmakeable(transaction: string, id: OutputId): HeadwaterError {
  return new HeadwaterError(
    "plugin-invalid",
    `transaction ${transaction} makes the output ${JSON.stringify(id)}: expected an id of its own, and each once in a block`,
  );
}
