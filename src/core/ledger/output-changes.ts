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
 * Nets out the outputs of a block's transactions, or undefined where there are none. An id that is spent and made again is in
 * both lists: the one of earlier blocks is spent, the new one stays. Pure.
 */
export function sumOutputs(transactions: readonly LedgerTransaction[], height: number): OutputChanges | undefined {
  if (!transactions.some(({ outputs }) => outputs)) return undefined;
  const spends: OutputId[] = [];
  const makes = new Map<OutputId, MadeOutput>();
  for (const { index, outputs } of transactions) {
    if (!outputs) continue;
    for (const { id } of outputs.spends) if (!makes.delete(id)) spends.push(id);
    const { coinbase } = outputs;
    for (const { id, account, asset, amount } of outputs.makes) {
      makes.set(id, { id, account, asset, amount, height, coinbase, index });
    }
  }
  return { spends, makes: [...makes.values()] };
}
