import { IntegrityViolation } from "../../../core/errors.ts";
import {
  type Account,
  type Asset,
  blockEntryId,
  type LedgerBlock,
  type LedgerTransaction,
  type Movement,
} from "../../../core/model.ts";
import { hashText } from "../codec/hashing.ts";
import { readAmount } from "../codec/outputs.ts";
import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import { accountOfScript } from "../scripts/account.ts";
import type { SpentOutput } from "../spent-outputs.ts";
import { buildSpending, type Credit, type Debit } from "./spending.ts";

type Context = {
  readonly block: BitcoinBlock;
  readonly spent: readonly SpentOutput[];
  readonly network: BitcoinNetwork;
  readonly asset: Asset;
};

/**
 * The ledger of one block: each transaction's inputs and then its outputs, one movement each, in their order. Fees stand with
 * the inputs that pay them and are credited by the coinbase's outputs (kind `reward`); what is sent to scripts that nobody
 * can run is burnt by the inputs, and no account gets it. So a transaction's movements add up to minus its fee and what it
 * burns, and a block's to the new coin that its coinbase takes, less what is burnt. Pure.
 *
 * A transaction's id is its hash as people write it; a coinbase that repeats the id of an earlier one (BIP30) has `-<height>`
 * after it, and the outputs that it makes unspendable are burnt in the block's own entry. The genesis block's coinbase was
 * never spendable and moves nothing.
 * @param spent what each input spends, as `resolveSpent` gives it
 * @throws IntegrityViolation when a transaction pays out more than it spends, or spends what nobody can
 */
export function decodeBlock(block: BitcoinBlock, spent: readonly SpentOutput[], network: BitcoinNetwork): LedgerBlock {
  const context: Context = { block, spent, network, asset: `slip44:${network.slip44}` };
  const transactions = [decodeCoinbase(context)];
  for (let i = 1; i < block.transactions.count; i++) transactions.push(decodeTransaction(i, context));
  const lost = buildLost(transactions[0] as LedgerTransaction, context);
  if (lost.length > 0) {
    const id = blockEntryId(block.ref.hash);
    transactions.push({ id, index: transactions.length, status: "success", fee: null, movements: lost });
  }
  return { ref: block.ref, transactions, observations: [] };
}

function decodeCoinbase(context: Context): LedgerTransaction {
  const { block, asset } = context;
  const { height } = block.ref;
  const hash = hashText(block.ids);
  const id = repeats(context) ? `${hash}-${height}` : hash;
  const credits = height === 0 ? [] : readCredits(0, context).credits;
  const movements = credits.map(({ account, amount }): Movement => ({ account, asset, delta: amount, kind: "reward" }));
  return { id, index: 0, status: "success", fee: null, movements };
}

function repeats({ block, network }: Context): boolean {
  return network.repeatedCoinbases.get(block.ref.height) === hashText(block.ids);
}

/** A repeated coinbase makes the very outputs that the earlier one made: one of the two is lost. */
function buildLost(coinbase: LedgerTransaction, context: Context): Movement[] {
  if (!repeats(context)) return [];
  return coinbase.movements.map(({ account, asset, delta }) => ({ account, asset, delta: -delta, kind: "burn" }));
}

function decodeTransaction(index: number, context: Context): LedgerTransaction {
  const { block, asset } = context;
  const debits = readDebits(index, context);
  const { credits, burnt } = readCredits(index, context);
  const { fee, movements } = buildSpending(debits, credits, burnt, asset);
  if (fee < 0n) {
    const where = `${block.where}, transaction ${index}`;
    throw new IntegrityViolation("outputs", "at most what is spent", `${-fee} more`, where);
  }
  const payer = debits[0]?.account;
  return {
    id: hashText(block.ids, index * 32),
    index,
    status: "success",
    fee: payer === undefined ? null : { payer, asset, amount: fee },
    movements,
  };
}

function readDebits(index: number, context: Context): Debit[] {
  const { block, spent, network } = context;
  const { firstInput } = block.transactions;
  const debits: Debit[] = [];
  for (let input = firstInput[index] as number; input < (firstInput[index + 1] as number); input++) {
    const { amount, script } = spent[input - 1] as SpentOutput;
    const account = accountOfScript(script, 0, script.length, network);
    if (account === null) {
      const where = `${block.where}, transaction ${index}`;
      throw new IntegrityViolation("spent script", "one that can be run", script.toString("hex", 0, 80), where);
    }
    debits.push({ account, amount });
  }
  return debits;
}

function readCredits(index: number, context: Context): { credits: Credit[]; burnt: bigint } {
  const { block, network } = context;
  const { firstOutput, scriptStart, scriptEnd } = block.transactions;
  const credits: Credit[] = [];
  let burnt = 0n;
  for (let output = firstOutput[index] as number; output < (firstOutput[index + 1] as number); output++) {
    const amount = readAmount(block, output);
    const account: Account | null = accountOfScript(
      block.bytes,
      scriptStart[output] as number,
      scriptEnd[output] as number,
      network,
    );
    if (account === null) burnt += amount;
    else credits.push({ account, amount });
  }
  return { credits, burnt };
}
