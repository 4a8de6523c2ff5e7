import { ByteReader, ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import { type LedgerTransaction, MOVEMENT_KINDS, type Movement, type MovementKind } from "../model.ts";

const kindCodes = new Map<MovementKind, number>(MOVEMENT_KINDS.map((kind, code) => [kind, code]));

/**
 * Writes a transaction in the canonical form: the form that the digest covers, that stores keep and that replicas
 * exchange. Accounts and assets are listed once, movements refer to them; their order is the plugin's and is kept.
 * The block's height and hash are not part of it.
 */
export function encodeTransaction(transaction: LedgerTransaction, writer: ByteWriter): void {
  const accounts = new Map<string, number>();
  const assets = new Map<string, number>();
  for (const { account, asset } of transaction.movements) {
    if (!accounts.has(account)) accounts.set(account, accounts.size);
    if (!assets.has(asset)) assets.set(asset, assets.size);
  }
  const { fee } = transaction;
  if (fee) {
    if (!accounts.has(fee.payer)) accounts.set(fee.payer, accounts.size);
    if (!assets.has(fee.asset)) assets.set(fee.asset, assets.size);
  }
  writer.text(transaction.id);
  writer.varint(transaction.index);
  writer.byte((transaction.status === "success" ? 1 : 0) | (fee ? 2 : 0));
  writer.varint(accounts.size);
  for (const account of accounts.keys()) writer.text(account);
  writer.varint(assets.size);
  for (const asset of assets.keys()) writer.text(asset);
  if (fee) {
    writer.varint(accounts.get(fee.payer) as number);
    writer.varint(assets.get(fee.asset) as number);
    writer.bigint(fee.amount);
  }
  writer.varint(transaction.movements.length);
  for (const { account, asset, delta, kind } of transaction.movements) {
    writer.varint(accounts.get(account) as number);
    writer.varint(assets.get(asset) as number);
    writer.byte(kindCodes.get(kind) as number);
    writer.bigint(delta);
  }
}

/** @throws HeadwaterError `store-corrupt` when the bytes are not of the canonical form */
export function decodeTransaction(bytes: Uint8Array): LedgerTransaction {
  const reader = new ByteReader(bytes);
  const id = reader.text();
  const index = reader.varint();
  const flags = reader.byte();
  const accounts = readTexts(reader);
  const assets = readTexts(reader);
  const fee =
    flags & 2
      ? { payer: pick(accounts, reader.varint()), asset: pick(assets, reader.varint()), amount: reader.bigint() }
      : null;
  const count = reader.varint();
  const movements: Movement[] = [];
  for (let i = 0; i < count; i++) {
    const account = pick(accounts, reader.varint());
    const asset = pick(assets, reader.varint());
    const kind = pick(MOVEMENT_KINDS, reader.byte());
    movements.push({ account, asset, delta: reader.bigint(), kind });
  }
  return { id, index, status: flags & 1 ? "success" : "failed", fee, movements };
}

function readTexts(reader: ByteReader): string[] {
  const count = reader.varint();
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(reader.text());
  return texts;
}

function pick<T>(table: readonly T[], index: number): T {
  const item = table[index];
  if (item === undefined) {
    throw new HeadwaterError("store-corrupt", `a stored transaction refers to entry ${index} of a table of ${table.length}`);
  }
  return item;
}
