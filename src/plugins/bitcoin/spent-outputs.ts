import { IntegrityViolation } from "../../core/errors.ts";
import { outpointKey, readAmount, readOutpoint } from "./codec/outputs.ts";
import type { BitcoinBlock } from "./read-block.ts";

/** An output that an input of the block spends. */
export type SpentOutput = {
  readonly amount: bigint;
  readonly script: Buffer;
  /** The height of the block that made it, where known. */
  readonly height?: number;
  /** Whether a coinbase made it, where known. */
  readonly coinbase?: boolean;
};

/**
 * Where outputs of earlier blocks come from: the UTXO set, or what a node told with the block. Undefined where it has no
 * such output. `input` is numbered through the block; what it spends, `outpointKey` or `readOutpoint` tell.
 */
export type FindSpent = (block: BitcoinBlock, input: number) => SpentOutput | undefined;

/**
 * The output that each input spends, inputs numbered through the block without the coinbase's: those of earlier blocks from
 * `find`, else those that an earlier transaction of this block made.
 * @throws IntegrityViolation where there is no such output
 */
export function resolveSpent(block: BitcoinBlock, find: FindSpent): SpentOutput[] {
  const { firstInput, count } = block.transactions;
  const own = new OwnOutputs(block);
  const spent: SpentOutput[] = [];
  for (let i = 1; i < count; i++) {
    for (let input = firstInput[i] as number; input < (firstInput[i + 1] as number); input++) {
      const output = find(block, input) ?? own.find(input, i);
      if (output === undefined) throw missing(block, input, i);
      spent.push(output);
    }
  }
  return spent;
}

function missing(block: BitcoinBlock, input: number, transaction: number): IntegrityViolation {
  const { id, index } = readOutpoint(block, input);
  const where = `${block.where}, transaction ${transaction}`;
  return new IntegrityViolation("spent output", "an output that exists", `output ${index} of ${id}`, where);
}

/** The outputs that the block itself makes. They are indexed when one is first asked for. */
class OwnOutputs {
  readonly #block: BitcoinBlock;
  #places: Map<string, number> | undefined;

  constructor(block: BitcoinBlock) {
    this.#block = block;
  }

  /** What the input of a transaction spends, where a transaction before it made it. */
  find(input: number, spender: number): SpentOutput | undefined {
    const block = this.#block;
    const { bytes, transactions, ref } = block;
    const key = outpointKey(block, input);
    this.#places ??= indexIds(block);
    const maker = this.#places.get(key.slice(0, 32));
    if (maker === undefined || maker >= spender) return undefined;
    const position = bytes.readUInt32LE((transactions.outpoint[input] as number) + 32);
    const output = (transactions.firstOutput[maker] as number) + position;
    if (output >= (transactions.firstOutput[maker + 1] as number)) return undefined;
    const script = bytes.subarray(transactions.scriptStart[output], transactions.scriptEnd[output]);
    return { amount: readAmount(block, output), script, height: ref.height, coinbase: maker === 0 };
  }
}

function indexIds({ ids, transactions }: BitcoinBlock): Map<string, number> {
  const places = new Map<string, number>();
  for (let i = 0; i < transactions.count; i++) places.set(ids.toString("latin1", i * 32, i * 32 + 32), i);
  return places;
}
