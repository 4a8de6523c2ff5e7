import { createHash } from "node:crypto";
import { type SealedBlock, sealBlock } from "../../src/core/ledger/seal.ts";
import type { LedgerTransaction, Movement } from "../../src/core/model.ts";

export type ChainShape = {
  readonly accounts: number;
  readonly assets: number;
  readonly transactionsPerBlock: number;
  /** Token transfers of each transaction, besides its fee. */
  readonly transfersPerTransaction: number;
};

/** Movements in each block: two for a transfer, one for a fee. */
export function movementsPerBlock(shape: ChainShape): number {
  return shape.transactionsPerBlock * (2 * shape.transfersPerTransaction + 1);
}

/**
 * An endless chain of token transfers, the same at each run. Accounts and assets are drawn as they are on real chains:
 * the k-th most used one in proportion to 1/k (Zipf), so that some take part in every block and most only seldom.
 */
export class SyntheticChain {
  readonly #shape: ChainShape;
  readonly #assets: readonly string[];
  #state = 0x9e37_79b9;
  #height = -1;
  #hash = `0x${"00".repeat(32)}`;

  constructor(shape: ChainShape) {
    this.#shape = shape;
    this.#assets = Array.from({ length: shape.assets }, (_, i) => `erc20:0x${digest(`asset ${i}`).slice(0, 40)}`);
  }

  next(): SealedBlock {
    const height = ++this.#height;
    const hash = `0x${digest(`block ${height}`)}`;
    const transactions: LedgerTransaction[] = [];
    for (let index = 0; index < this.#shape.transactionsPerBlock; index++) transactions.push(this.#transaction(index));
    const ref = {
      height,
      hash,
      parentHash: this.#hash,
      parentHeight: height - 1,
      time: 1_700_000_000_000 + height * 12_000,
    };
    this.#hash = hash;
    return sealBlock({ ref, transactions, observations: [] });
  }

  /** An account as the blocks use it, by its rank from 0. */
  account(rank: number): string {
    // A multiplication by an odd number scatters the ranks over the key space and never maps two to one.
    const high = Math.imul(rank + 1, 0x9e37_79b1) >>> 0;
    const low = Math.imul(rank + 1, 0x85eb_ca6b) >>> 0;
    return `0x${hex(high)}${hex(low)}${hex(high ^ 0x5bd1_e995)}${hex(low ^ 0x1b87_3593)}${hex(rank)}`;
  }

  #transaction(index: number): LedgerTransaction {
    const movements: Movement[] = [];
    const payer = this.#someAccount();
    const amount = BigInt(21_000 + (this.#random() % 200_000)) * 1_000_000_000n;
    const asset = "slip44:60";
    movements.push({ account: payer, asset, delta: -amount, kind: "fee" });
    for (let i = 0; i < this.#shape.transfersPerTransaction; i++) {
      const token = this.#assets[this.#rank(this.#assets.length)] as string;
      const delta = BigInt(this.#random()) * 1_000_000_007n;
      movements.push({ account: i === 0 ? payer : this.#someAccount(), asset: token, delta: -delta, kind: "transfer" });
      movements.push({ account: this.#someAccount(), asset: token, delta, kind: "transfer" });
    }
    const id = `0x${hex(this.#random())}${hex(this.#random())}${"5a".repeat(16)}${hex(this.#random())}${hex(this.#random())}`;
    return { id, index, status: "success", fee: { payer, asset, amount }, movements };
  }

  #someAccount(): string {
    return this.account(this.#rank(this.#shape.accounts));
  }

  /** Zipf's law with exponent 1: the logarithm of the rank is uniform. */
  #rank(count: number): number {
    return Math.min(count - 1, Math.floor(Math.exp((this.#random() / 2 ** 32) * Math.log(count + 1))) - 1);
  }

  /** xorshift32. */
  #random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
