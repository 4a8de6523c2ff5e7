import { ByteReader, type ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import {
  type LedgerTransaction,
  MOVEMENT_KINDS,
  type Movement,
  type MovementKind,
  type TransactionOutput,
  type TransactionOutputs,
} from "../model.ts";
import { readOutputId, writeOutputId } from "./output-id.ts";

const FLAGS = { success: 1, fee: 2, outputs: 4, coinbase: 8 } as const;

const kindCodes = new Map<MovementKind, number>(MOVEMENT_KINDS.map((kind, code) => [kind, code]));

/**
 * Writes a transaction in the canonical form: the form that the digest covers, that stores keep and that replicas
 * exchange. Accounts and assets are listed once, movements and outputs refer to them; their order is the plugin's and is
 * kept. A transaction without outputs has no trace of them.
 * The block's height and hash are not part of it. Different transactions have different bytes.
 * @throws HeadwaterError `plugin-invalid` for what the form cannot hold: an unknown kind of movement, a text that is not
 *   well-formed, an index that is no whole number
 */
export function encodeTransaction(transaction: LedgerTransaction, writer: ByteWriter): void {
  const { accounts, assets, places } = listNames(transaction);
  const { fee, movements, outputs } = transaction;
  writer.text(transaction.id);
  writer.varint(transaction.index);
  writer.byte(
    (transaction.status === "success" ? FLAGS.success : 0) |
      (fee ? FLAGS.fee : 0) |
      (outputs ? FLAGS.outputs : 0) |
      (outputs?.coinbase ? FLAGS.coinbase : 0),
  );
  writer.varint(accounts.size);
  for (const account of accounts.keys()) writer.text(account);
  writer.varint(assets.size);
  for (const asset of assets.keys()) writer.text(asset);
  let at = 0;
  const writePlaces = () => {
    writer.varint(places[at++] as number);
    writer.varint(places[at++] as number);
  };
  if (fee) {
    // Listed after the movements, but written before them.
    at = 2 * movements.length;
    writePlaces();
    writer.bigint(fee.amount);
    at = 0;
  }
  writer.varint(movements.length);
  for (const { delta, kind } of movements) {
    writePlaces();
    writer.byte(codeOf(kind));
    writer.bigint(delta);
  }
  if (!outputs) return;
  if (fee) at += 2;
  for (const list of [outputs.spends, outputs.makes]) {
    writer.varint(list.length);
    for (const { id, amount } of list) {
      writeOutputId(id, transaction.id, writer);
      writePlaces();
      writer.bigint(amount);
    }
  }
}

type Names = {
  readonly accounts: ReadonlyMap<string, number>;
  readonly assets: ReadonlyMap<string, number>;
  /** The places of account and asset of each movement, of the fee, of what is spent and of what is made. */
  readonly places: readonly number[];
};

/** The places of accounts and assets in a transaction's tables: in the order in which they are first used. */
function listNames({ movements, fee, outputs }: LedgerTransaction): Names {
  const accounts = new Map<string, number>();
  const assets = new Map<string, number>();
  const places: number[] = [];
  const list = (account: string, asset: string) => {
    places.push(placeIn(accounts, account), placeIn(assets, asset));
  };
  for (const { account, asset } of movements) list(account, asset);
  if (fee) list(fee.payer, fee.asset);
  if (outputs) {
    for (const { account, asset } of outputs.spends) list(account, asset);
    for (const { account, asset } of outputs.makes) list(account, asset);
  }
  return { accounts, assets, places };
}

function placeIn(table: Map<string, number>, name: string): number {
  let place = table.get(name);
  if (place === undefined) {
    place = table.size;
    table.set(name, place);
  }
  return place;
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
  const paid = (flags & FLAGS.fee) !== 0;
  if (flags > 15 || (flags & (FLAGS.outputs | FLAGS.coinbase)) === FLAGS.coinbase) {
    throw corrupt(`known flags, found ${flags}`);
  }
  const accounts = new TextTable(reader);
  const assets = new TextTable(reader);
  const [payer, paidIn] = paid ? [reader.varint(), reader.varint()] : [-1, -1];
  const amount = paid ? reader.bigint() : 0n;
  const count = reader.varint();
  const movements: Movement[] = [];
  for (let i = 0; i < count; i++) {
    const account = accounts.use(reader.varint());
    const asset = assets.use(reader.varint());
    const kind = MOVEMENT_KINDS[reader.byte()];
    if (kind === undefined) throw corrupt("a known kind of movement");
    movements.push({ account, asset, delta: reader.bigint(), kind });
  }
  const fee = paid ? { payer: accounts.use(payer), asset: assets.use(paidIn), amount } : null;
  const coinbase = (flags & FLAGS.coinbase) !== 0;
  const outputs = flags & FLAGS.outputs ? readOutputs(id, coinbase, accounts, assets, reader) : undefined;
  if (!accounts.used || !assets.used) throw corrupt("no entry that nothing refers to");
  if (!reader.done) throw corrupt("an end after the last movement or output");
  const status = flags & FLAGS.success ? "success" : "failed";
  return { id, index, status, fee, movements, ...(outputs && { outputs }) };
}

function readOutputs(
  own: string,
  coinbase: boolean,
  accounts: TextTable,
  assets: TextTable,
  reader: ByteReader,
): TransactionOutputs {
  const read = () => {
    const count = reader.varint();
    const list: TransactionOutput[] = [];
    for (let i = 0; i < count; i++) {
      const id = readOutputId(own, reader);
      const account = accounts.use(reader.varint());
      const asset = assets.use(reader.varint());
      list.push({ id, account, asset, amount: reader.bigint() });
    }
    return list;
  };
  return { spends: read(), makes: read(), coinbase };
}

/**
 * The accounts or the assets of one stored transaction: each once, in the order of their first use (by the movements,
 * then by the fee, then by the outputs). Any other table would be a second form of the same transaction.
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
