import { decodeTransaction } from "../../core/ledger/codec.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { OutputId } from "../../core/model.ts";

/** What a block means for pending transactions: which it has, and which outputs each of these spends. */
export type ConfirmedBlock = {
  readonly height: number;
  readonly transactions: readonly { readonly id: string; readonly spends: readonly OutputId[] }[];
};

/** Transactions read before other work has the thread: a few milliseconds' worth. */
const TRANSACTIONS_A_TURN = 256;

/** Reads a block that is about to be committed. Lets other work go on in between. */
export async function readConfirmed({ ref, encoded }: SealedBlock): Promise<ConfirmedBlock> {
  const transactions: { id: string; spends: OutputId[] }[] = [];
  for (const [i, bytes] of encoded.entries()) {
    if (i > 0 && i % TRANSACTIONS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const { id, outputs } = decodeTransaction(bytes);
    transactions.push({ id, spends: outputs?.spends.map((spent) => spent.id) ?? [] });
  }
  return { height: ref.height, transactions };
}
