import { ByteReader, type ByteWriter } from "../../core/bytes.ts";
import type { Account, Output } from "../../core/model.ts";
import { expectEnd } from "./account-row.ts";
import type { AssetNumbers } from "./assets.ts";
import { corruptRow } from "./database.ts";
import { keyIndex, keyNumber } from "./keys.ts";

/** An unspent output as the store has it: its place in the chain and what it holds. Its id is in the row's key. */
export type StoredOutput = {
  readonly account: Account;
  readonly asset: number;
  readonly amount: bigint;
  readonly height: number;
  /** The index of the transaction that made it. */
  readonly index: number;
  readonly coinbase: boolean;
};

const COINBASE = 1;

/** The row by the output's id. The caller writes the account, as a packed text, after it. */
export function writeOutput(output: Omit<StoredOutput, "account">, writer: ByteWriter): void {
  writer.byte(output.coinbase ? COINBASE : 0);
  writer.varint(output.height);
  writer.varint(output.index);
  writer.varint(output.asset);
  writer.bigint(output.amount);
}

export function decodeOutput(bytes: Uint8Array): StoredOutput {
  const reader = new ByteReader(bytes);
  const coinbase = readCoinbase(reader);
  const height = reader.varint();
  const index = reader.varint();
  const asset = reader.varint();
  const amount = reader.bigint();
  const account = reader.text();
  expectEnd(reader);
  return { account, asset, amount, height, index, coinbase };
}

/** The row in the account's list. The caller writes the transaction's id, as a packed text, after it. */
export function writeAccountOutput(
  output: Pick<StoredOutput, "coinbase" | "asset" | "amount">,
  writer: ByteWriter,
): void {
  writer.byte(output.coinbase ? COINBASE : 0);
  writer.varint(output.asset);
  writer.bigint(output.amount);
}

export type AccountOutput = Omit<StoredOutput, "account"> & { readonly transaction: string; readonly position: number };

export function decodeAccountOutput(key: Uint8Array, value: Uint8Array): AccountOutput {
  const height = keyNumber(key, 5);
  const index = keyIndex(key, 10);
  const position = keyIndex(key, 13);
  const reader = new ByteReader(value);
  const coinbase = readCoinbase(reader);
  const asset = reader.varint();
  const amount = reader.bigint();
  const transaction = reader.text();
  expectEnd(reader);
  return { asset, amount, height, index, coinbase, transaction, position };
}

function readCoinbase(reader: ByteReader): boolean {
  const flags = reader.byte();
  if (flags > COINBASE) throw corruptRow(`an output with the flags ${flags}`);
  return flags === COINBASE;
}

/** In the form of the contract. */
export function nameOutput(id: string, output: StoredOutput, assets: AssetNumbers): Output {
  const { account, asset, amount, height, coinbase } = output;
  return { id, account, asset: assets.name(asset), amount, height, coinbase };
}
