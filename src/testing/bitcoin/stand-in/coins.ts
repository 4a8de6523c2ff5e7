import type { Outpoint, ParsedBlock, ParsedTransaction } from "./parsed.ts";
import { isUnspendable, MATURITY_BLOCKS, MAX_AMOUNT, RPC_CODES, refuse, subsidyAt } from "./rules.ts";

export type Coin = {
  readonly amount: bigint;
  readonly script: Uint8Array;
  readonly height: number;
  readonly coinbase: boolean;
};

/** What a block spent, to give it back. */
export type Undo = ReadonlyMap<Outpoint, Coin>;

/** The unspent outputs of a chain. The output of block 0 is not among them: no node knows it as one. */
export class Coins {
  readonly #coins = new Map<Outpoint, Coin>();

  get size(): number {
    return this.#coins.size;
  }

  get(outpoint: Outpoint): Coin | undefined {
    return this.#coins.get(outpoint);
  }

  entries(): MapIterator<[Outpoint, Coin]> {
    return this.#coins.entries();
  }

  /**
   * Spends and makes what the block does.
   * @throws HeadwaterError when it spends what is not there or waits, or takes more than there is; nothing is changed then
   */
  connect(block: ParsedBlock, height: number): Undo {
    const undo = new Map<Outpoint, Coin>();
    const made = new Set<Outpoint>();
    let fees = 0n;
    try {
      for (const transaction of block.transactions) {
        if (!transaction.isCoinbase) fees += feeOf(transaction, (outpoint) => this.#coins.get(outpoint), height);
        for (const outpoint of transaction.spends) {
          const coin = this.#coins.get(outpoint);
          // One that the same block made is forgotten again with it.
          if (coin && !made.has(outpoint)) undo.set(outpoint, coin);
          if (!this.#coins.delete(outpoint)) throw refuse(RPC_CODES.verify, "bad-txns-inputs-missingorspent");
        }
        for (const outpoint of this.#make(transaction, height)) made.add(outpoint);
      }
      const reward = sumOutputs(block.transactions[0] as ParsedTransaction);
      if (reward > subsidyAt(height) + fees) throw refuse(RPC_CODES.verify, "bad-cb-amount");
    } catch (error) {
      this.#takeBack(made, undo);
      throw error;
    }
    return undo;
  }

  disconnect(block: ParsedBlock, undo: Undo): void {
    const made = block.transactions.flatMap(({ id, transaction }) => transaction.outs.map((_, i) => `${id}:${i}`));
    this.#takeBack(made, undo);
  }

  #make({ id, transaction, isCoinbase }: ParsedTransaction, height: number): Outpoint[] {
    return transaction.outs.flatMap(({ value, script }, i) => {
      if (isUnspendable(script)) return [];
      this.#coins.set(`${id}:${i}`, { amount: value, script, height, coinbase: isCoinbase });
      return [`${id}:${i}`];
    });
  }

  #takeBack(made: Iterable<Outpoint>, undo: Undo): void {
    for (const outpoint of made) this.#coins.delete(outpoint);
    for (const [outpoint, coin] of undo) this.#coins.set(outpoint, coin);
  }
}

/**
 * What a transaction leaves to the miner of a block at `height`.
 * @param find the unspent output of a name
 * @throws HeadwaterError when an output is not there, is spent twice or has to wait, or when more goes out than comes in
 */
export function feeOf(
  transaction: ParsedTransaction,
  find: (outpoint: Outpoint) => Coin | undefined,
  height: number,
): bigint {
  if (new Set(transaction.spends).size < transaction.spends.length) {
    throw refuse(RPC_CODES.verifyRejected, "bad-txns-inputs-duplicate");
  }
  let sum = 0n;
  for (const outpoint of transaction.spends) {
    const coin = find(outpoint);
    if (!coin) throw refuse(RPC_CODES.verify, "bad-txns-inputs-missingorspent");
    if (coin.coinbase && height - coin.height < MATURITY_BLOCKS) {
      throw refuse(RPC_CODES.verifyRejected, "bad-txns-premature-spend-of-coinbase");
    }
    sum += coin.amount;
  }
  const fee = sum - sumOutputs(transaction);
  if (fee < 0n) throw refuse(RPC_CODES.verifyRejected, "bad-txns-in-belowout");
  return fee;
}

function sumOutputs({ transaction }: ParsedTransaction): bigint {
  let sum = 0n;
  for (const { value } of transaction.outs) {
    if (value < 0n || value > MAX_AMOUNT) throw refuse(RPC_CODES.verifyRejected, "bad-txns-vout-toolarge");
    sum += value;
  }
  return sum;
}
