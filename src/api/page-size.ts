import { LIMITS } from "../core/limits.ts";
import type { LedgerTransaction } from "../core/model.ts";

/**
 * How many of these transactions one page holds: as many as stay within `LIMITS.apiPageMovements` movements, inputs and
 * outputs together, but never fewer than the first.
 */
export function countShown(transactions: readonly Pick<LedgerTransaction, "movements" | "outputs">[]): number {
  let rows = 0;
  for (const [i, { movements, outputs }] of transactions.entries()) {
    rows += movements.length;
    if (outputs) rows += outputs.spends.length + outputs.makes.length;
    if (i > 0 && rows > LIMITS.apiPageMovements) return i;
  }
  return transactions.length;
}
