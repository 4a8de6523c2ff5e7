import { ByteReader, type ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import { type LedgerTransaction, MOVEMENT_KINDS, type Movement, type MovementKind } from "../model.ts";

const kindCodes = new Map<MovementKind, number>(MOVEMENT_KINDS.map((kind, code) => [kind, code]));

/**
 * Writes a transaction in the canonical form: the form that the digest covers, that stores keep and that replicas
 * exchange. Accounts and assets are listed once, movements refer to them; their order is the plugin's and is kept.
 * The block's height and hash are not part of it. Different transactions have different bytes.
 * @throws HeadwaterError `plugin-invalid` for what the form cannot hold: an unknown kind of movement, a text that is not
 *   well-formed, an index that is no whole number
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
    writer.byte(codeOf(kind));
    writer.bigint(delta);
  }
}

function codeOf(kind: MovementKind): number {
  const code = kindCodes.get(kind);
  if (code === undefined)
    throw new HeadwaterError("plugin-invalid", `there is no kind of movement named ${String(kind)}`);
  return code;
}

/**
 * Reads one transaction that fills the bytes to their end. What is read has these very bytes as its canonical form.
 * @throws HeadwaterError `store-corrupt` when the bytes are not of the canonical form
 */
export function decodeTransaction(bytes: Uint8Array): LedgerTransaction {
  const reader = new ByteReader(bytes);
  const id = reader.text();
  const index = reader.varint();
  const flags = reader.byte();
  if (flags > 3) throw corrupt(`flags of 0 … 3, found ${flags}`);
  const accounts = new TextTable(reader);
  const assets = new TextTable(reader);
  const [payer, paidIn] = flags & 2 ? [reader.varint(), reader.varint()] : [-1, -1];
  const amount = flags & 2 ? reader.bigint() : 0n;
  const count = reader.varint();
  const movements: Movement[] = [];
  for (let i = 0; i < count; i++) {
    const account = accounts.use(reader.varint());
    const asset = assets.use(reader.varint());
    const kind = MOVEMENT_KINDS[reader.byte()];
    if (kind === undefined) throw corrupt("a known kind of movement");
    movements.push({ account, asset, delta: reader.bigint(), kind });
  }
  const fee = flags & 2 ? { payer: accounts.use(payer), asset: assets.use(paidIn), amount } : null;
  if (!accounts.used || !assets.used) throw corrupt("no entry that nothing refers to");
  if (!reader.done) throw corrupt("an end after the last movement");
  return { id, index, status: flags & 1 ? "success" : "failed", fee, movements };
}

/**
 * The accounts or the assets of one stored transaction: each once, in the order of their first use (by the movements,
 * then by the fee). Any other table would be a second form of the same transaction.
 */
class TextTable {
  readonly #texts: readonly string[];
  #used = 0;

  constructor(reader: ByteReader) {
    const count = reader.varint();
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(reader.text());
    if (count > 1 && new Set(texts).size !== count) throw corrupt("each entry once");
    this.#texts = texts;
  }

  get used(): boolean {
    return this.#used === this.#texts.length;
  }

  use(index: number): string {
    const text = this.#texts[index];
    if (text === undefined || index > this.#used) {
      throw corrupt(`entries in the order of their use, found ${index} of ${this.#texts.length}`);
    }
    if (index === this.#used) this.#used++;
    return text;
  }
}

function corrupt(expected: string): HeadwaterError {
  return new HeadwaterError("store-corrupt", `a stored transaction is not of the canonical form: expected ${expected}`);
}
