import { HeadwaterError } from "../../core/errors.ts";
import { factsOf } from "./block-facts.ts";
import { ByteCursor } from "./codec/byte-cursor.ts";
import { hashText } from "./codec/hashing.ts";
import { isNullOutpoint, readAmount } from "./codec/outputs.ts";
import { hashTransactions } from "./codec/transaction-ids.ts";
import { readPendingTransaction, type TransactionTable } from "./codec/transactions.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import type { BitcoinBlock } from "./read-block.ts";
import { accountOfScript } from "./scripts/account.ts";
import type { FindSpent } from "./spent-outputs.ts";

type Maker = { readonly bytes: Buffer; readonly transactions: TransactionTable };

/** The ids of the transactions of earlier blocks whose outputs the block spends, each once, in its order. */
export function listMakers(block: BitcoinBlock, network: BitcoinNetwork): string[] {
  const { own, ids } = factsOf(block, network).inputs;
  const makers = new Set<string>();
  for (let input = 1; input < own.length; input++) {
    if ((own[input] as number) < 0) makers.add((ids[input] as string).slice(0, 64));
  }
  return [...makers];
}

/** Serialized transactions as one part of a raw block: each with its length before it, 4 bytes. */
export function packTransactions(transactions: readonly Buffer[]): Uint8Array {
  const size = transactions.reduce((sum, { length }) => sum + 4 + length, 0);
  const packed = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (const bytes of transactions) {
    at = packed.writeUInt32LE(bytes.length, at);
    at += bytes.copy(packed, at);
  }
  return packed;
}

/**
 * Finds what the block's inputs spend in the transactions that made it, in the order of `listMakers`. Their ids are hashes over
 * all but witnesses, so that owners and amounts are no node's word; when they were mined is not known.
 * @throws HeadwaterError `node-bad-response` when a transaction is missing, or another
 */
export function findInMakers(packed: Buffer, node: string, block: BitcoinBlock, network: BitcoinNetwork): FindSpent {
  const makers = new Map<string, Maker>();
  let at = 0;
  for (const id of listMakers(block, network)) {
    const size = at + 4 <= packed.length ? packed.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + size > packed.length) throw wrongMaker(node, id, "nothing");
    const maker = readMaker(packed.subarray(at + 4, at + 4 + size), `node ${node}, transaction ${id}`, network);
    const actual = hashText(hashTransactions(maker.bytes, maker.transactions));
    if (actual !== id) throw wrongMaker(node, id, actual);
    makers.set(id, maker);
    at += 4 + size;
  }
  const { ids } = factsOf(block, network).inputs;
  return (_block, input) => {
    const [id = "", position] = (ids[input] as string).split(":");
    const maker = makers.get(id);
    const output = Number(position);
    if (maker === undefined || output >= maker.transactions.amount.length) return undefined;
    const { bytes, transactions } = maker;
    const [start, end] = [transactions.scriptStart[output] as number, transactions.scriptEnd[output] as number];
    return {
      account: accountOfScript(bytes, start, end, network),
      amount: readAmount(maker, output),
      ...(!isCoinbase(maker) && { coinbase: false }),
    };
  };
}

function readMaker(bytes: Buffer, where: string, network: BitcoinNetwork): Maker {
  const cursor = new ByteCursor(bytes, where);
  const rules = { witnesses: network.segwitFrom !== undefined, extensionBlocks: network.extensionBlocks };
  return { bytes: cursor.bytes, transactions: readPendingTransaction(cursor, rules) };
}

function isCoinbase(maker: Maker): boolean {
  return maker.transactions.outpoint.length === 1 && isNullOutpoint(maker, 0);
}

function wrongMaker(node: string, id: string, actual: string): HeadwaterError {
  return new HeadwaterError(
    "node-bad-response",
    `node ${node}, getrawtransaction: expected transaction ${id}, got ${actual}`,
    { details: { node, asked: id, actual } },
  );
}
