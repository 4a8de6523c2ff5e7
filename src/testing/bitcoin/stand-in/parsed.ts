import { Block } from "bitcoinjs-lib/src/block";
import { Transaction } from "bitcoinjs-lib/src/transaction";
import { RPC_CODES, refuse } from "./rules.ts";

/** The name of an output: the id of the transaction that made it, a colon, and its position there. */
export type Outpoint = string;

/** A transaction with what is asked of it again and again. */
export type ParsedTransaction = {
  readonly id: string;
  readonly hex: string;
  readonly transaction: Transaction;
  /** Virtual bytes (BIP141). */
  readonly size: number;
  readonly isCoinbase: boolean;
  /** What its inputs spend, in their order. Empty for a coinbase. */
  readonly spends: readonly Outpoint[];
  /** It says that another may take its place (BIP125). */
  readonly signalsReplacement: boolean;
};

export type ParsedBlock = {
  readonly hash: string;
  readonly parentHash: string;
  readonly hex: string;
  readonly block: Block;
  readonly transactions: readonly ParsedTransaction[];
};

const LARGEST_REPLACEABLE_SEQUENCE = 0xfffffffd;

/** @throws HeadwaterError with the RPC code of what is no transaction */
export function parseTransaction(hex: unknown): ParsedTransaction {
  if (typeof hex !== "string") throw refuse(RPC_CODES.typeError, "JSON value is not a string as expected");
  try {
    return describeTransaction(Transaction.fromHex(hex));
  } catch {
    throw refuse(RPC_CODES.deserialization, "TX decode failed");
  }
}

/** @throws HeadwaterError with the RPC code of what is no block */
export function parseBlock(hex: unknown): ParsedBlock {
  if (typeof hex !== "string") throw refuse(RPC_CODES.typeError, "JSON value is not a string as expected");
  try {
    const block = Block.fromHex(hex);
    return {
      hash: block.getId(),
      parentHash: displayHash(block.prevHash as Uint8Array),
      hex,
      block,
      transactions: (block.transactions ?? []).map(describeTransaction),
    };
  } catch {
    throw refuse(RPC_CODES.deserialization, "Block decode failed");
  }
}

export function describeTransaction(transaction: Transaction): ParsedTransaction {
  const isCoinbase = transaction.isCoinbase();
  return {
    id: transaction.getId(),
    hex: transaction.toHex(),
    transaction,
    size: transaction.virtualSize(),
    isCoinbase,
    spends: isCoinbase ? [] : transaction.ins.map(({ hash, index }) => `${displayHash(hash)}:${index}`),
    signalsReplacement: transaction.ins.some(({ sequence }) => sequence <= LARGEST_REPLACEABLE_SEQUENCE),
  };
}

/** A hash as it is shown: the bytes in reverse, as hex. */
export function displayHash(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString("hex");
}

/** The bytes of a hash that is shown so. */
export function innerHash(text: string): Uint8Array {
  return Buffer.from(text, "hex").reverse();
}
