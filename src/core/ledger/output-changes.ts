import type { LedgerTransaction, Output, OutputId } from "../model.ts";

/** An output that a block leaves, and where in the block it was made. */
export type MadeOutput = Output & {
  /** The index of the transaction that made it. */
  readonly index: number;
};

/**
 * What a block's transactions come to for the set of unspent outputs. Worked out where the block is decoded; what is made
 * and spent within the block is in neither list.
 */
export type OutputChanges = {
  /** Outputs of earlier blocks that it spends, each once, in the block's order. */
  readonly spends: readonly OutputId[];
  /** Outputs that are left of those that it makes, in the block's order. */
  readonly makes: readonly MadeOutput[];
};

/**
 * Nets out the outputs of a block's transactions, or undefined where there are none. What one transaction makes and another
 * spends is in neither list, whichever stands first: some chains sort a block's transactions by their ids. An id that one
 * transaction both spends and makes is in both: the one of earlier blocks is spent, the new one stays. Pure.
 */
export function sumOutputs(transactions: readonly LedgerTransaction[], height: number): OutputChanges | undefined {
  if (!transactions.some(({ outputs }) => outputs)) return undefined;
  const makes = new Map<OutputId, MadeOutput>();
  for (const { index, outputs } of transactions) {
    if (!outputs) continue;
    const { coinbase } = outputs;
    for (const { id, account, asset, amount } of outputs.makes) {
      makes.set(id, { id, account, asset, amount, height, coinbase, index });
    }
  }
  const spends: OutputId[] = [];
  for (const { index, outputs } of transactions) {
    for (const { id } of outputs?.spends ?? []) {
      const made = makes.get(id);
      if (made === undefined || made.index === index) spends.push(id);
      else makes.delete(id);
    }
  }
  return { spends, makes: [...makes.values()] };
}
