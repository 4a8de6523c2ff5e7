import type { Account, OutputId } from "../../core/model.ts";
import { hashText } from "./codec/hashing.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import type { BitcoinBlock } from "./read-block.ts";
import { accountOfScript } from "./scripts/account.ts";
import { isSorted } from "./verify/transaction-order.ts";

/** What a block's inputs spend. Inputs are numbered through the block, the coinbase's first. */
export type BlockInputs = {
  /**
   * The output of a transaction of this block, numbered through the block; -1 where it is one of an earlier block. Unless the
   * network sorts transactions it is one of an earlier transaction.
   */
  readonly own: Int32Array;
  /** The outputs' ids. The coinbase's input, which spends none, has the empty text. */
  readonly ids: readonly OutputId[];
  /** The first input that spends what one before it spends; -1 where there is none. */
  readonly repeated: number;
};

/**
 * What several steps need of a block: worked out when it is first asked for, and kept with the block. Listing its outputs,
 * verifying and decoding it would each do it again, and texts and accounts are half of what decoding takes.
 */
export class BlockFacts {
  readonly #block: BitcoinBlock;
  readonly #network: BitcoinNetwork;
  #transactionIds: readonly string[] | undefined;
  #accounts: readonly (Account | null)[] | undefined;
  #inputs: BlockInputs | undefined;

  constructor(block: BitcoinBlock, network: BitcoinNetwork) {
    this.#block = block;
    this.#network = network;
  }

  /** The ids of all transactions as people write them. */
  get transactionIds(): readonly string[] {
    const { ids, transactions } = this.#block;
    this.#transactionIds ??= Array.from({ length: transactions.count }, (_, i) => hashText(ids, i * 32));
    return this.#transactionIds;
  }

  /** Who owns each output; null where nobody can ever spend it. Outputs are numbered through the block. */
  get accounts(): readonly (Account | null)[] {
    const { bytes, transactions } = this.#block;
    const { scriptStart, scriptEnd } = transactions;
    this.#accounts ??= scriptStart.map((start, i) =>
      accountOfScript(bytes, start, scriptEnd[i] as number, this.#network),
    );
    return this.#accounts;
  }

  get inputs(): BlockInputs {
    this.#inputs ??= readInputs(this.#block, this.transactionIds, isSorted(this.#block.ref.height, this.#network));
    return this.#inputs;
  }

  /** Whether the block's coinbase has the id of an earlier one, whose unspent outputs it takes the place of (BIP30). */
  get repeatsCoinbase(): boolean {
    const repeated = this.#network.repeatedCoinbases.get(this.#block.ref.height);
    return repeated !== undefined && repeated === this.transactionIds[0];
  }

  /** The outputs of a transaction that anybody can spend, numbered through the block. Those of a genesis block nobody can. */
  spendable(transaction: number): number[] {
    const { ref, transactions } = this.#block;
    if (ref.height === 0 && transaction === 0) return [];
    const outputs: number[] = [];
    const end = transactions.firstOutput[transaction + 1] as number;
    for (let output = transactions.firstOutput[transaction] as number; output < end; output++) {
      if (this.accounts[output] !== null) outputs.push(output);
    }
    return outputs;
  }

  outputId(transaction: number, output: number): OutputId {
    const first = this.#block.transactions.firstOutput[transaction] as number;
    return `${this.transactionIds[transaction]}:${output - first}`;
  }
}

const known = new WeakMap<BitcoinBlock, BlockFacts>();

/** The facts of a block of the network. */
export function factsOf(block: BitcoinBlock, network: BitcoinNetwork): BlockFacts {
  let facts = known.get(block);
  if (facts === undefined) {
    facts = new BlockFacts(block, network);
    known.set(block, facts);
  }
  return facts;
}

function readInputs(
  { bytes, transactions }: BitcoinBlock,
  transactionIds: readonly string[],
  sorted: boolean,
): BlockInputs {
  const { count, firstInput, firstOutput, outpoint } = transactions;
  const places = new Map(sorted ? transactionIds.map((id, i) => [id, i]) : []);
  const own = new Int32Array(outpoint.length).fill(-1);
  const ids: OutputId[] = [];
  const seen = new Set<OutputId>();
  let repeated = -1;
  for (let i = 0; i < count; i++) {
    const end = firstInput[i + 1] as number;
    for (let input = firstInput[i] as number; input < end; input++) {
      if (i === 0) {
        ids.push("");
        continue;
      }
      const at = outpoint[input] as number;
      const maker = hashText(bytes, at);
      const position = bytes.readUInt32LE(at + 32);
      const id = `${maker}:${position}`;
      ids.push(id);
      if (repeated < 0 && seen.size === seen.add(id).size) repeated = input;
      const place = places.get(maker);
      if (place === undefined) continue;
      const output = (firstOutput[place] as number) + position;
      if (output < (firstOutput[place + 1] as number)) own[input] = output;
    }
    // Only now: unless they are sorted, a transaction cannot spend what one after it makes.
    places.set(transactionIds[i] as string, i);
  }
  return { own, ids, repeated };
}
