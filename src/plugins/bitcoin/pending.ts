import type { PendingOutputs, PendingTransaction, RawPending, SpentOutputs } from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { Account, TransactionOutput } from "../../core/model.ts";
import { ByteCursor } from "./codec/byte-cursor.ts";
import { hashText } from "./codec/hashing.ts";
import { readAmount, readOutpoint } from "./codec/outputs.ts";
import { hashTransactions } from "./codec/transaction-ids.ts";
import { readPendingTransaction, type TransactionTable } from "./codec/transactions.ts";
import { buildSpending } from "./decode/spending.ts";
import { type BitcoinNetwork, nativeAsset } from "./networks/network.ts";
import { accountOfScript } from "./scripts/account.ts";

/** An input whose sequence number is below this says that the transaction may be replaced (BIP125). */
const FIRST_FINAL_SEQUENCE = 0xffff_fffe;
/** Bytes of witnesses count a quarter (BIP141). */
const WITNESS_SCALE = 4;

type Opened = { readonly bytes: Buffer; readonly transactions: TransactionTable; readonly where: string };

/**
 * What an unconfirmed transaction spends, and what of its outputs anybody can spend. What moves within an extension block
 * alone spends and makes nothing here.
 * @throws HeadwaterError `node-bad-response` when the bytes are no transaction, or another than the one asked for
 */
export function listPendingOutputs(raw: RawPending, network: BitcoinNetwork): PendingOutputs {
  const opened = open(raw, network);
  const spends = opened.transactions.outpoint.map((_, input) => idOfInput(opened, input));
  const { makes } = readMakes(opened, raw.id, network);
  return { spends, makes: makes.map((output) => ({ ...output, height: -1, coinbase: false })) };
}

/**
 * The ledger form of an unconfirmed transaction, its size in virtual bytes (BIP141), and whether it signals that it may be
 * replaced (BIP125).
 * @param spent what it spends, in the order of `listPendingOutputs`
 * @throws IntegrityViolation when it pays out more than it spends, or spends another output than given
 */
export function decodePending(raw: RawPending, spent: SpentOutputs, network: BitcoinNetwork): PendingTransaction {
  const opened = open(raw, network);
  const asset = nativeAsset(network);
  const spends = opened.transactions.outpoint.map((_, input): TransactionOutput => {
    const id = idOfInput(opened, input);
    const output = spent[input];
    if (output?.id !== id) throw new IntegrityViolation("spent output", id, output?.id ?? "none", opened.where);
    return { id, account: output.account, asset, amount: output.amount };
  });
  const { makes, burnt } = readMakes(opened, raw.id, network);
  const { fee, movements } = buildSpending(spends, makes, burnt, asset);
  if (fee < 0n) throw new IntegrityViolation("outputs", "at most what is spent", `${-fee} more`, opened.where);
  const payer = spends[0]?.account;
  return {
    transaction: {
      id: raw.id,
      index: 0,
      status: "success",
      fee: payer === undefined ? null : { payer, asset, amount: fee },
      movements,
      ...(spends.length + makes.length > 0 && { outputs: { spends, makes, coinbase: false } }),
    },
    size: virtualSize(opened),
    replaceable: opened.transactions.outpoint.some((at) => sequenceAt(opened.bytes, at) < FIRST_FINAL_SEQUENCE),
  };
}

function open({ id, node, bytes }: RawPending, network: BitcoinNetwork): Opened {
  const where = `node ${node}, transaction ${id}`;
  const cursor = new ByteCursor(bytes, where);
  const rules = { witnesses: network.segwitFrom !== undefined, extensionBlocks: network.extensionBlocks };
  const transactions = readPendingTransaction(cursor, rules);
  const opened = { bytes: cursor.bytes, transactions, where };
  // What moves within an extension block alone has an id by other rules.
  if (transactions.outpoint.length === 0) return opened;
  const actual = hashText(hashTransactions(cursor.bytes, transactions));
  if (actual === id) return opened;
  throw new HeadwaterError("node-bad-response", `${where}: the bytes are transaction ${actual}`, {
    details: { node, asked: id, actual },
  });
}

function idOfInput(opened: Opened, input: number): string {
  const { id, index } = readOutpoint(opened, input);
  return `${id}:${index}`;
}

function readMakes(
  opened: Opened,
  id: string,
  network: BitcoinNetwork,
): { readonly makes: readonly TransactionOutput[]; readonly burnt: bigint } {
  const { bytes, transactions } = opened;
  const asset = nativeAsset(network);
  const makes: TransactionOutput[] = [];
  let burnt = 0n;
  for (const [output, start] of transactions.scriptStart.entries()) {
    const amount = readAmount(opened, output);
    const account: Account | null = accountOfScript(bytes, start, transactions.scriptEnd[output] as number, network);
    if (account === null) burnt += amount;
    else makes.push({ id: `${id}:${output}`, account, asset, amount });
  }
  return { makes, burnt };
}

function virtualSize({ transactions }: Opened): number {
  const [start, bodyStart, bodyEnd, witnessEnd] = [
    transactions.start[0],
    transactions.bodyStart[0],
    transactions.bodyEnd[0],
    transactions.witnessEnd[0],
  ] as [number, number, number, number];
  const stripped = 4 + (bodyEnd - bodyStart) + 4;
  const witnesses = witnessEnd - bodyEnd;
  const marker = witnesses > 0 ? bodyStart - start - 4 : 0;
  return Math.ceil((stripped * WITNESS_SCALE + marker + witnesses) / WITNESS_SCALE);
}

/** The sequence number of the input whose outpoint stands at a place, after a script of any length. */
function sequenceAt(bytes: Buffer, outpoint: number): number {
  const cursor = new ByteCursor(bytes, "");
  cursor.at = outpoint + 36;
  cursor.skipBlob("an input's script");
  return cursor.uint32("a sequence number");
}
