import type { SpentOutputs } from "../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../core/errors.ts";
import type { Account } from "../../core/model.ts";
import { factsOf } from "./block-facts.ts";
import { readAmount } from "./codec/outputs.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import type { BitcoinBlock } from "./read-block.ts";

/** An output that an input of the block spends. */
export type SpentOutput = {
  /** Null for a script that nobody can run, so that nobody can have spent it. */
  readonly account: Account | null;
  readonly amount: bigint;
  /** The height of the block that made it, where known. */
  readonly height?: number;
  /** Whether a coinbase made it, where known. */
  readonly coinbase?: boolean;
};

/**
 * Where outputs of earlier blocks come from: the UTXO set, or what a node told with the block. Undefined where it has no
 * such output. `input` is numbered through the block; what it spends, `BlockFacts.inputs` or `readOutpoint` tell.
 */
export type FindSpent = (block: BitcoinBlock, input: number) => SpentOutput | undefined;

/**
 * The output that each input spends, inputs numbered through the block without the coinbase's: those that a
 * transaction of this block made, else those of earlier blocks from `find`.
 * @throws IntegrityViolation where there is no such output
 */
export function resolveSpent(block: BitcoinBlock, network: BitcoinNetwork, find: FindSpent): SpentOutput[] {
  const facts = factsOf(block, network);
  const { own, ids } = facts.inputs;
  const { firstOutput } = block.transactions;
  const afterCoinbase = firstOutput[1] as number;
  const spent: SpentOutput[] = [];
  for (let input = 1; input < own.length; input++) {
    const output = own[input] as number;
    if (output < 0) {
      const found = find(block, input);
      if (found === undefined) {
        throw new IntegrityViolation("spent output", "an output that exists", ids[input] as string, block.where);
      }
      spent.push(found);
      continue;
    }
    const account = facts.accounts[output] as Account | null;
    spent.push({
      account,
      amount: readAmount(block, output),
      height: block.ref.height,
      coinbase: output < afterCoinbase,
    });
  }
  return spent;
}

/**
 * As `resolveSpent`, with the outputs of earlier blocks as the ledger gave them: in the order in which `listOutputs` named them.
 * @throws IntegrityViolation where one of them is another
 */
export function resolveFromLedger(block: BitcoinBlock, network: BitcoinNetwork, given: SpentOutputs): SpentOutput[] {
  const facts = factsOf(block, network);
  const { ids } = facts.inputs;
  // What a repeated coinbase takes away comes first, and is what it makes itself.
  let next = facts.repeatsCoinbase ? facts.spendable(0).length : 0;
  return resolveSpent(block, network, (_block, input) => {
    const output = given[next++];
    if (output === undefined || output.id === ids[input]) return output;
    throw new IntegrityViolation("spent output", ids[input] as string, output.id, block.where);
  });
}
