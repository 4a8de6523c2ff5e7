import type { LedgerView } from "../../src/core/contracts/store.ts";
import type { Account, Asset, LedgerTransaction, Movement, OutputId, TransactionOutput } from "../../src/core/model.ts";

/** A transaction as a test writes it: which outputs it spends, and what it makes for whom. What is left is its fee. */
export type Spend = {
  readonly spends?: readonly OutputId[];
  readonly makes?: readonly (readonly [account: Account, amount: bigint, asset?: Asset])[];
  readonly coinbase?: boolean;
};

/** Outputs as transactions are written one after the other: those made before, and those that the store holds. */
export class OutputBook {
  readonly #made = new Map<OutputId, TransactionOutput>();
  readonly #native: Asset;

  constructor(native: Asset, known: readonly TransactionOutput[]) {
    this.#native = native;
    for (const output of known) this.#made.set(output.id, output);
  }

  /** Learns what the store knows of outputs that these transactions spend. */
  async read(view: LedgerView, transactions: readonly Spend[]): Promise<void> {
    const ids = transactions.flatMap(({ spends = [] }) => spends).filter((id) => !this.#made.has(id));
    for (const output of await view.outputs(ids)) if (output) this.#made.set(output.id, output);
  }

  /** The transaction in the ledger's form. Its outputs may be spent by the next. */
  write(id: string, index: number, { spends = [], makes = [], coinbase = false }: Spend): LedgerTransaction {
    const spent = spends.map((spend) => this.#take(spend));
    const made = makes.map(([account, amount, asset = this.#native], position) => {
      return { id: `${id}:${position}`, account, asset, amount };
    });
    for (const output of made) this.#made.set(output.id, output);
    const movements: Movement[] = [
      ...spent.map(({ account, asset, amount }) => ({ account, asset, delta: -amount, kind: "transfer" as const })),
      ...made.map(({ account, asset, amount }) => {
        return { account, asset, delta: amount, kind: coinbase ? ("reward" as const) : ("transfer" as const) };
      }),
    ];
    const [payer] = spent;
    const left = sum(spent, this.#native) - sum(made, this.#native);
    const fee = payer && !coinbase ? { payer: payer.account, asset: this.#native, amount: left } : null;
    return { id, index, status: "success", fee, movements, outputs: { spends: spent, makes: made, coinbase } };
  }

  #take(id: OutputId): TransactionOutput {
    const output = this.#made.get(id);
    if (!output) throw new Error(`no output ${id} to spend`);
    this.#made.delete(id);
    const { account, asset, amount } = output;
    return { id, account, asset, amount };
  }
}

function sum(outputs: readonly TransactionOutput[], native: Asset): bigint {
  return outputs.reduce((total, { asset, amount }) => (asset === native ? total + amount : total), 0n);
}
