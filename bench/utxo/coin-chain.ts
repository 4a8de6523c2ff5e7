import { createHash } from "node:crypto";
import { type SealedBlock, sealBlock } from "../../src/core/ledger/seal.ts";
import type { LedgerTransaction, Movement, TransactionOutput } from "../../src/core/model.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

export const ASSET = "slip44:0";

export type CoinShape = {
  readonly transactionsPerBlock: number;
  /** One output in so many is the whale's. */
  readonly whaleShare: number;
  /** How many outputs the whale is left with: above that it spends the oldest. */
  readonly whaleOutputs: number;
};

/**
 * An endless chain of payments, the same at each run: two outputs a transaction, of which most are spent within some blocks
 * and some stay, like on real chains. Three outputs in ten go to accounts that are used again and again.
 */
export class CoinChain {
  /** Spends its oldest outputs; the keeper takes in as many as are left to the whale, and spends none. */
  readonly whale = addressOf("whale");
  readonly keeper = addressOf("keeper");
  readonly #shape: CoinShape;
  readonly #random = new SeededRandom(7);
  /** Unspent outputs, youngest last, without the whale's. */
  readonly #unspent: TransactionOutput[] = [];
  readonly #whales: TransactionOutput[] = [];
  #whaleAt = 0;
  #kept = 0;
  #height = -1;
  #made = 0;
  #hash = digest("before");

  constructor(shape: CoinShape) {
    this.#shape = shape;
  }

  get unspent(): number {
    return this.#unspent.length + this.whaleOutputs + this.#kept;
  }

  get keeperOutputs(): number {
    return this.#kept;
  }

  get whaleOutputs(): number {
    return this.#whales.length - this.#whaleAt;
  }

  /** A sealed block, and how many outputs it spends and makes before what it spends itself is taken off. */
  next(): SealedBlock {
    const height = ++this.#height;
    const hash = digest(`block ${height}`);
    const transactions = [this.#transaction(0, height, true)];
    for (let index = 1; index < this.#shape.transactionsPerBlock; index++) {
      transactions.push(this.#transaction(index, height, false));
    }
    const ref = {
      height,
      hash,
      parentHash: this.#hash,
      parentHeight: height - 1,
      time: 1_231_006_505_000 + height * 600_000,
    };
    this.#hash = hash;
    return sealBlock({ ref, transactions, observations: [] });
  }

  #transaction(index: number, height: number, coinbase: boolean): LedgerTransaction {
    const id = digest(`transaction ${index} of ${height}`);
    const spends = coinbase ? [] : this.#spends();
    const makes = [0, 1].map((position): TransactionOutput => {
      const account = this.#receiver();
      return { id: `${id}:${position}`, account, asset: ASSET, amount: BigInt(this.#random.integer(600, 2 ** 40)) };
    });
    for (const output of makes) {
      if (output.account === this.keeper) this.#kept++;
      else (output.account === this.whale ? this.#whales : this.#unspent).push(output);
    }
    const movements: Movement[] = [
      ...spends.map(({ account, amount }) => ({ account, asset: ASSET, delta: -amount, kind: "transfer" as const })),
      ...makes.map(({ account, amount }) => ({ account, asset: ASSET, delta: amount, kind: "transfer" as const })),
    ];
    return { id, index, status: "success", fee: null, movements, outputs: { spends, makes, coinbase } };
  }

  #spends(): TransactionOutput[] {
    const spends: TransactionOutput[] = [];
    if (this.whaleOutputs > this.#shape.whaleOutputs) spends.push(this.#whales[this.#whaleAt++] as TransactionOutput);
    // About one and a half outputs a transaction: the set grows by half an output.
    const count = this.#random.integer(0, 9) < 6 ? 2 : 1;
    for (let i = 0; i < count && this.#unspent.length > 0; i++) {
      const { length } = this.#unspent;
      const recent = this.#random.integer(0, 9) < 7;
      const reach = recent ? Math.min(length, 3 * this.#shape.transactionsPerBlock) : length;
      const at = length - 1 - this.#random.integer(0, reach - 1);
      const last = this.#unspent.pop() as TransactionOutput;
      const spent = at < this.#unspent.length ? (this.#unspent[at] as TransactionOutput) : last;
      if (spent !== last) this.#unspent[at] = last;
      spends.push(spent);
    }
    return spends;
  }

  #receiver(): string {
    this.#made++;
    if (this.#made % this.#shape.whaleShare === 0) return this.whale;
    if (this.#made % this.#shape.whaleShare === 1 && this.#kept < this.#shape.whaleOutputs) return this.keeper;
    if (this.#random.integer(0, 9) < 7) return addressOf(`account ${this.#made}`);
    // Zipf's law with exponent 1: the logarithm of the rank is uniform.
    return addressOf(
      `known ${Math.floor(Math.exp((this.#random.integer(0, 1_000_000) / 1_000_000) * Math.log(50_000)))}`,
    );
  }
}

const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** A text of the length and the letters of a SegWit address (BIP 173), without its checksum. */
function addressOf(name: string): string {
  const bytes = createHash("sha256").update(name).digest();
  let text = "bc1q";
  for (let i = 0; i < 38; i++) text += LETTERS[(bytes[i % 32] as number) % 32];
  return text;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
