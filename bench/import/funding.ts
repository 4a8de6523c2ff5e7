// The blocks that make what the repetitions spend from outside, a window of repetitions ahead of them.
import { type BlockBuilder, plainMerkleRoot, pushHeight, subsidyAt } from "./block-builder.ts";
import { compactSizeBytes } from "./compact-size.ts";
import { coinbase, idOf, type Outpoint, type PlainOutput, payment, payToKey } from "./plain-transactions.ts";
import type { OutsideOutput, Template } from "./recorded.ts";
import { varyScript } from "./repeated-block.ts";

/** Below what a block without witnesses may have, with room for the coinbase. */
const BLOCK_BYTES = 980_000;
/** What each transaction pays, satoshi. */
const FEE = 200;
/** So many blocks a coinbase waits. */
const MATURITY = 100;

/** What a repetition's inputs spend, in their order. */
export type Funds = readonly (Outpoint & { readonly amount: number })[];

/** Holds all the coin of the opening's coinbases, and pays for repetitions out of it. */
export class Treasury {
  readonly #builder: BlockBuilder;
  #outpoint: Outpoint = { id: Buffer.alloc(32), position: 0 };
  #amount = 0;
  #paid = 0;

  constructor(builder: BlockBuilder) {
    this.#builder = builder;
  }

  get amount(): number {
    return this.#amount;
  }

  /** Mines empty blocks until their coin is enough, and gathers it in one output. */
  open(wanted: number): void {
    const coinbases: Outpoint[] = [];
    let gathered = 0;
    while (gathered < wanted) {
      const height = this.#builder.height;
      const subsidy = subsidyAt(height);
      if (subsidy < 1_000_000) throw new Error("regtest does not make so much coin");
      coinbases.push({ id: this.#mine([], 0), position: 0 });
      gathered += subsidy;
    }
    for (let i = 0; i < MATURITY; i++) this.#mine([], 0);
    const [id] = this.#pay(coinbases, [{ amount: gathered - FEE, script: payToKey(0) }]);
    this.#outpoint = { id, position: 0 };
    this.#amount = gathered - FEE;
  }

  /**
   * Makes every output that a repetition spends from outside: those that one transaction made on the real chain, one
   * transaction makes here, paid for by an output of its own.
   */
  fund(template: Template, number: number, divisor: number): Funds {
    const groups = new Map<string, { outputs: PlainOutput[]; places: number[] }>();
    const outside = template.sources.filter((source): source is OutsideOutput => typeof source !== "number");
    for (const [place, { amount, script, maker }] of outside.entries()) {
      const group = groups.get(maker) ?? { outputs: [], places: [] };
      groups.set(maker, group);
      const own = Buffer.from(script);
      varyScript(own, 0, own.length, number);
      group.outputs.push({ amount: Math.ceil(amount / divisor), script: own });
      group.places.push(place);
    }
    const makers = [...groups.values()];
    const parts = makers.map(({ outputs }, i) => ({
      amount: sum(outputs) + FEE,
      script: payToKey(number, this.#paid, i),
    }));
    const splitter = this.#split(parts);
    const funds: (Outpoint & { amount: number })[] = new Array(outside.length);
    const transactions: Buffer[] = [];
    for (const [i, { outputs, places }] of makers.entries()) {
      const transaction = payment([{ id: splitter, position: i }], outputs);
      const id = idOf(transaction);
      transactions.push(transaction);
      for (const [position, place] of places.entries()) {
        funds[place] = { id, position, amount: (outputs[position] as PlainOutput).amount };
      }
    }
    this.#mineAll(transactions);
    this.#paid++;
    return funds;
  }

  #split(parts: readonly PlainOutput[]): Buffer {
    const left = this.#amount - sum(parts) - FEE;
    if (left < 0) throw new Error("the treasury is empty");
    const [id] = this.#pay([this.#outpoint], [...parts, { amount: left, script: payToKey(0) }]);
    this.#outpoint = { id, position: parts.length };
    this.#amount = left;
    return id;
  }

  #pay(inputs: readonly Outpoint[], outputs: readonly PlainOutput[]): [id: Buffer] {
    const transaction = payment(inputs, outputs);
    this.#mine([transaction], FEE);
    return [idOf(transaction)];
  }

  #mineAll(transactions: readonly Buffer[]): void {
    let waiting: Buffer[] = [];
    let size = 0;
    for (const transaction of transactions) {
      if (size + transaction.length > BLOCK_BYTES) {
        this.#mine(waiting, FEE * waiting.length);
        [waiting, size] = [[], 0];
      }
      waiting.push(transaction);
      size += transaction.length;
    }
    if (waiting.length > 0) this.#mine(waiting, FEE * waiting.length);
  }

  /** @returns the id of the coinbase */
  #mine(transactions: readonly Buffer[], fees: number): Buffer {
    const { height } = this.#builder;
    const amount = subsidyAt(height) + fees;
    const reward = coinbase(Buffer.concat([pushHeight(height), Buffer.from("/bench/")]), [
      { amount, script: payToKey(-1, height) },
    ]);
    const all = [reward, ...transactions];
    const block = Buffer.concat([Buffer.alloc(80), compactSizeBytes(all.length), ...all]);
    const ids = all.map(idOf);
    this.#builder.append(block, plainMerkleRoot(ids));
    return ids[0] as Buffer;
  }
}

function sum(outputs: readonly PlainOutput[]): number {
  return outputs.reduce((total, { amount }) => total + amount, 0);
}
