import { IntegrityViolation } from "../../../core/errors.ts";
import type {
  Account,
  Asset,
  LedgerBlock,
  LedgerTransaction,
  Movement,
  TransactionOutput,
} from "../../../core/model.ts";
import { type BlockFacts, factsOf } from "../block-facts.ts";
import { readAmount } from "../codec/outputs.ts";
import { type BitcoinNetwork, nativeAsset } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { SpentOutput } from "../spent-outputs.ts";
import { buildSpending } from "./spending.ts";

type Context = {
  readonly block: BitcoinBlock;
  readonly facts: BlockFacts;
  readonly spent: readonly SpentOutput[];
  readonly asset: Asset;
};

/**
 * The ledger of one block: each transaction's inputs and then its outputs, one movement each, in their order, and the outputs
 * that it spends and makes themselves. Fees stand with the inputs that pay them and are credited by the coinbase's outputs
 * (kind `reward`); what is sent to scripts that nobody can run is burnt by the inputs, and no account gets it. So a
 * transaction's movements add up to minus its fee and what it burns, and a block's to the new coin that its coinbase takes,
 * less what is burnt. Pure.
 *
 * A transaction's id is its hash as people write it. A coinbase that repeats an earlier one (BIP30) has the same id: it spends
 * the earlier one's outputs, which are burnt, and makes them again. The genesis block's coinbase was never spendable and moves
 * nothing.
 * @param spent what each input spends, as `resolveSpent` gives it
 * @throws IntegrityViolation when a transaction pays out more than it spends, or spends what nobody can
 */
export function decodeBlock(block: BitcoinBlock, spent: readonly SpentOutput[], network: BitcoinNetwork): LedgerBlock {
  const context: Context = { block, facts: factsOf(block, network), spent, asset: nativeAsset(network) };
  const transactions = [decodeCoinbase(context)];
  for (let i = 1; i < block.transactions.count; i++) transactions.push(decodeTransaction(i, context));
  return { ref: block.ref, transactions, observations: [], trail: new Uint8Array(block.header.bytes) };
}

function decodeCoinbase(context: Context): LedgerTransaction {
  const { facts, asset } = context;
  const { makes } = readMakes(0, context);
  // They are the very outputs that the earlier coinbase made: nobody had spent them.
  const spends = facts.repeatsCoinbase ? makes : [];
  const movements = [
    ...spends.map(({ account, amount }): Movement => ({ account, asset, delta: -amount, kind: "burn" })),
    ...makes.map(({ account, amount }): Movement => ({ account, asset, delta: amount, kind: "reward" })),
  ];
  return {
    id: facts.transactionIds[0] as string,
    index: 0,
    status: "success",
    fee: null,
    movements,
    ...(makes.length > 0 && { outputs: { spends, makes, coinbase: true } }),
  };
}

function decodeTransaction(index: number, context: Context): LedgerTransaction {
  const { block, facts, asset } = context;
  const spends = readSpends(index, context);
  const { makes, burnt } = readMakes(index, context);
  const { fee, movements } = buildSpending(spends, makes, burnt, asset);
  if (fee < 0n) {
    const where = `${block.where}, transaction ${index}`;
    throw new IntegrityViolation("outputs", "at most what is spent", `${-fee} more`, where);
  }
  const payer = spends[0]?.account;
  return {
    id: facts.transactionIds[index] as string,
    index,
    status: "success",
    fee: payer === undefined ? null : { payer, asset, amount: fee },
    movements,
    ...(spends.length + makes.length > 0 && { outputs: { spends, makes, coinbase: false } }),
  };
}

function readSpends(index: number, { block, facts, spent, asset }: Context): TransactionOutput[] {
  const { firstInput } = block.transactions;
  const { ids } = facts.inputs;
  const spends: TransactionOutput[] = [];
  for (let input = firstInput[index] as number; input < (firstInput[index + 1] as number); input++) {
    const { amount, account } = spent[input - 1] as SpentOutput;
    const id = ids[input] as string;
    if (account === null) {
      const where = `${block.where}, transaction ${index}`;
      throw new IntegrityViolation("spent script", "one that can be run", `that of ${id}`, where);
    }
    spends.push({ id, account, asset, amount });
  }
  return spends;
}

function readMakes(index: number, { block, facts, asset }: Context): { makes: TransactionOutput[]; burnt: bigint } {
  const { firstOutput } = block.transactions;
  const [first, end] = [firstOutput[index] as number, firstOutput[index + 1] as number];
  const makes: TransactionOutput[] = facts.spendable(index).map((output) => ({
    id: facts.outputId(index, output),
    account: facts.accounts[output] as Account,
    asset,
    amount: readAmount(block, output),
  }));
  let burnt = 0n;
  for (let output = first; output < end; output++) {
    if (facts.accounts[output] === null) burnt += readAmount(block, output);
  }
  return { makes, burnt };
}
