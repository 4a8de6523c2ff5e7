import { hashText } from "./hashing.ts";
import type { TransactionTable } from "./transactions.ts";

/** An output's place: the id of its transaction as people write it, and its position there. */
export type Outpoint = { readonly id: string; readonly index: number };

type Inputs = { readonly bytes: Buffer; readonly transactions: TransactionTable };

/** The outpoint that an input spends. Inputs are numbered through the block. */
export function readOutpoint({ bytes, transactions }: Inputs, input: number): Outpoint {
  const at = transactions.outpoint[input] as number;
  return { id: hashText(bytes, at), index: bytes.readUInt32LE(at + 32) };
}

/** The amount of an output, outputs being numbered through the block. Up to 2^64 - 1: nothing has judged it yet. */
export function readAmount({ bytes, transactions }: Inputs, output: number): bigint {
  const at = transactions.amount[output] as number;
  const high = bytes.readUInt32LE(at + 4);
  const low = bytes.readUInt32LE(at);
  // Almost every amount is exact as a number, and made a bigint twice as fast that way.
  return high < 0x20_0000 ? BigInt(high * 2 ** 32 + low) : (BigInt(high) << 32n) | BigInt(low);
}

/** Whether the input of a coinbase: the outpoint that names no transaction. */
export function isNullOutpoint({ bytes, transactions }: Inputs, input: number): boolean {
  const at = transactions.outpoint[input] as number;
  if (bytes.readUInt32LE(at + 32) !== 0xffff_ffff) return false;
  for (let i = at; i < at + 32; i++) if (bytes[i] !== 0) return false;
  return true;
}
