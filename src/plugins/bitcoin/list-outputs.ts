import type { BlockOutputs } from "../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../core/errors.ts";
import type { Account, Output, OutputId } from "../../core/model.ts";
import { factsOf } from "./block-facts.ts";
import { readAmount } from "./codec/outputs.ts";
import { type BitcoinNetwork, nativeAsset } from "./networks/network.ts";
import type { BitcoinBlock } from "./read-block.ts";

/**
 * What a block spends of earlier blocks, and what it leaves of what it makes. A coinbase that repeats an earlier one (BIP30)
 * spends that one's outputs, before it makes them again. Pure.
 * @throws IntegrityViolation when an output is spent twice
 */
export function listOutputs(block: BitcoinBlock, network: BitcoinNetwork): BlockOutputs {
  const facts = factsOf(block, network);
  const { own, ids, repeated } = facts.inputs;
  if (repeated >= 0) {
    throw new IntegrityViolation("inputs", "each output spent once", `input ${repeated} spends one again`, block.where);
  }
  const spends: OutputId[] = facts.repeatsCoinbase ? facts.spendable(0).map((output) => facts.outputId(0, output)) : [];
  const spentHere = new Set<number>();
  for (let input = 1; input < own.length; input++) {
    const output = own[input] as number;
    if (output < 0) spends.push(ids[input] as OutputId);
    else spentHere.add(output);
  }
  const asset = nativeAsset(network);
  const { height } = block.ref;
  const makes: Output[] = [];
  for (let i = 0; i < block.transactions.count; i++) {
    for (const output of facts.spendable(i)) {
      if (spentHere.has(output)) continue;
      const account = facts.accounts[output] as Account;
      const amount = readAmount(block, output);
      makes.push({ id: facts.outputId(i, output), account, asset, amount, height, coinbase: i === 0 });
    }
  }
  return { ref: block.ref, spends, makes };
}
