import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import { HeadwaterError } from "../../core/errors.ts";

/**
 * The layout of the store. A key is `[chain: 2 bytes][table: 1 byte][…]`; chain 0 holds what belongs to the whole store.
 * All numbers are big-endian, so that LevelDB's order is theirs. A height, an account number and an asset number take
 * 5 bytes (up to 2^40 - 1), a position in a block 3. `~height` is 2^40 - 1 - height: it puts the newest first. Texts
 * (accounts, assets, hashes) are in the ledger codec's packed form, whose length comes first: none is a prefix of another.
 *
 * | table | key after chain and table       | value                                                              |
 * | ----- | ------------------------------- | ------------------------------------------------------------------ |
 * | `v`   | nothing (chain 0)               | the layout's version                                               |
 * | `N`   | chain id, text (chain 0)        | the chain's number and terms                                       |
 * | `J`   | sequence, 8 bytes (chain 0)     | journal entry: previous hash, hash, body                           |
 * | `E`   | chain id, sequence 8 (chain 0)  | evidence against nodes                                             |
 * | `K`   | chain id, node, texts (chain 0) | a node's cordon: since when, why                                   |
 * | `Q`   | chain id, text (chain 0)        | the conflict that an operator has to resolve                       |
 * | `P`   | nothing                         | position: tip, digest, finality marks, counters                    |
 * | `C`   | nothing                         | the next free account number and asset number                      |
 * | `B`   | height                          | block: ref, counts, digest, ledger hash                            |
 * | `H`   | block hash, text                | height                                                             |
 * | `O`   | height                          | what this block's observations taught or contradicted              |
 * | `M`   | ~height, place 3 bytes          | a mismatch, as evidence                                            |
 * | `T`   | height, group 3 bytes           | up to 16 transactions, canonical bytes; group = index / 16         |
 * | `X`   | end of the id 8, height, index  | empty: the place of a transaction                                  |
 * | `A`   | account, text                   | account number and every asset's current entry (or a spill marker) |
 * | `W`   | account, asset                  | current entry of an account with more assets than fit inline       |
 * | `V`   | account, asset, ~height         | flags and sum after that height                                    |
 * | `Y`   | account, ~height                | indexes of the account's transactions in that block                |
 * | `U`   | output's id, packed             | an unspent output: place, asset, amount, account                   |
 * | `L`   | account, height, index, pos. 3  | an account's unspent output: asset, amount, transaction's id       |
 * | `S`   | asset, text                     | asset number                                                       |
 * | `s`   | asset number                    | asset, text                                                        |
 * | `I`   | asset number                    | symbol and decimals                                                |
 * | `p`   | asset number                    | empty: the asset's movements do not tell every change              |
 * | `w`   | account, text                   | a watched account: since which height, and when it was registered  |
 * | `z`   | ~(since + 1), account, text     | empty: watched accounts by the height since which they are         |
 * | `d`   | account number                  | empty: no longer watched, its rows are being erased                |
 */
export const TABLES = {
  version: 0x76,
  chain: 0x4e,
  journal: 0x4a,
  evidence: 0x45,
  cordon: 0x4b,
  conflict: 0x51,
  position: 0x50,
  counters: 0x43,
  block: 0x42,
  blockHash: 0x48,
  observed: 0x4f,
  mismatch: 0x4d,
  transactions: 0x54,
  transactionId: 0x58,
  account: 0x41,
  spilled: 0x57,
  balance: 0x56,
  history: 0x59,
  output: 0x55,
  accountOutput: 0x4c,
  asset: 0x53,
  assetName: 0x73,
  assetInfo: 0x49,
  partial: 0x70,
  watched: 0x77,
  watchedSince: 0x7a,
  unwatched: 0x64,
} as const;
export type Table = keyof typeof TABLES;

/** The largest height, account number and asset number that a key can hold. */
export const MAX_NUMBER = 2 ** 40 - 1;
/** The largest position in a block that a key can hold. */
export const MAX_INDEX = 2 ** 24 - 1;
/** Transactions in one `T` row: few rows to write, and about a page to read for one transaction. */
export const TRANSACTIONS_PER_ROW = 16;
/** Chain 0: rows of the whole store. */
export const STORE = 0;

const PREFIX = 3;
const scratch = new ByteWriter(512);

function start(size: number, chain: number, table: Table): Buffer {
  const key = Buffer.allocUnsafe(PREFIX + size);
  key[0] = chain >>> 8;
  key[1] = chain & 0xff;
  key[2] = TABLES[table];
  return key;
}

function putNumber(key: Buffer, at: number, value: number): void {
  const low = value % 0x1_0000_0000;
  key[at] = (value - low) / 0x1_0000_0000;
  key[at + 1] = low >>> 24;
  key[at + 2] = low >>> 16;
  key[at + 3] = low >>> 8;
  key[at + 4] = low;
}

/** The key of a row that a chain has once, and the start of every key of the table. */
export function tableKey(chain: number, table: Table): Buffer {
  return start(0, chain, table);
}

/** Every key of a table: `gte` inclusive, `lt` exclusive. */
export function tableRange(chain: number, table: Table): { gte: Buffer; lt: Buffer } {
  const lt = start(0, chain, table);
  lt[2] = TABLES[table] + 1;
  return { gte: start(0, chain, table), lt };
}

export function textKey(
  chain: number,
  table: "chain" | "conflict" | "blockHash" | "account" | "asset" | "watched",
  text: string,
): Buffer {
  scratch.reset();
  scratch.byte(chain >>> 8);
  scratch.byte(chain & 0xff);
  scratch.byte(TABLES[table]);
  scratch.text(text);
  return scratch.finish();
}

/** A row of a height or a number, and the start of the rows of a height (`transactions`) or an account. */
export function numberKey(
  chain: number,
  table:
    | "block"
    | "observed"
    | "assetName"
    | "assetInfo"
    | "partial"
    | "spilled"
    | "history"
    | "transactions"
    | "accountOutput"
    | "balance"
    | "unwatched",
  value: number,
): Buffer {
  const key = start(5, chain, table);
  putNumber(key, PREFIX, value);
  return key;
}

export function journalKey(sequence: number): Buffer {
  const key = start(8, STORE, "journal");
  key.writeBigUInt64BE(BigInt(sequence), PREFIX);
  return key;
}

export function evidenceKey(chain: string, sequence: number): Buffer {
  const place = Buffer.allocUnsafe(8);
  place.writeBigUInt64BE(BigInt(sequence));
  return recordKey("evidence", chain, place);
}

export function cordonKey(chain: string, node: string): Buffer {
  scratch.reset();
  scratch.text(node);
  return recordKey("cordon", chain, scratch.finish());
}

/** The cordons of a chain. No packed text begins with 0xff. */
export function cordonRange(chain: string): { gte: Buffer; lt: Buffer } {
  return { gte: recordKey("cordon", chain, Buffer.alloc(0)), lt: recordKey("cordon", chain, Buffer.of(0xff)) };
}

function recordKey(table: "evidence" | "cordon", chain: string, rest: Uint8Array): Buffer {
  scratch.reset();
  scratch.byte(0);
  scratch.byte(STORE);
  scratch.byte(TABLES[table]);
  scratch.text(chain);
  scratch.raw(rest);
  return scratch.finish();
}

/** Reads the chain's text and what comes after it. */
export function splitRecordKey(key: Uint8Array): { readonly chain: string; readonly rest: ByteReader } {
  const rest = new ByteReader(key.subarray(PREFIX));
  return { chain: rest.text(), rest };
}

export function transactionsKey(chain: number, height: number, group: number): Buffer {
  const key = start(8, chain, "transactions");
  putNumber(key, PREFIX, height);
  key.writeUIntBE(group, PREFIX + 5, 3);
  return key;
}

export function mismatchKey(chain: number, height: number, place: number): Buffer {
  const key = start(8, chain, "mismatch");
  putNumber(key, PREFIX, MAX_NUMBER - height);
  key.writeUIntBE(place, PREFIX + 5, 3);
  return key;
}

/** @param account without one: the start of all accounts that are watched since this height */
export function watchedSinceKey(chain: number, since: number, account?: string): Buffer {
  const head = start(5, chain, "watchedSince");
  putNumber(head, PREFIX, MAX_NUMBER - (since + 1));
  if (account === undefined) return head;
  scratch.reset();
  scratch.raw(head);
  scratch.text(account);
  return scratch.finish();
}

/** The account of a row by height of registration. */
export function watchedSinceText(key: Uint8Array): string {
  return new ByteReader(key.subarray(PREFIX + 5)).text();
}

export function spilledKey(chain: number, account: number, asset: number): Buffer {
  const key = start(10, chain, "spilled");
  putNumber(key, PREFIX, account);
  putNumber(key, PREFIX + 5, asset);
  return key;
}

export function balanceKey(chain: number, account: number, asset: number, height: number): Buffer {
  const key = start(15, chain, "balance");
  putNumber(key, PREFIX, account);
  putNumber(key, PREFIX + 5, asset);
  putNumber(key, PREFIX + 10, MAX_NUMBER - height);
  return key;
}

export function historyKey(chain: number, account: number, height: number): Buffer {
  const key = start(10, chain, "history");
  putNumber(key, PREFIX, account);
  putNumber(key, PREFIX + 5, MAX_NUMBER - height);
  return key;
}

/** @param id as `packOutputId` writes it: all of it, for whoever makes a transaction may choose how its hash begins */
export function outputKey(chain: number, id: Uint8Array): Buffer {
  const key = start(id.length, chain, "output");
  key.set(id, PREFIX);
  return key;
}

export function accountOutputKey(
  chain: number,
  account: number,
  height: number,
  index: number,
  position: number,
): Buffer {
  const key = start(16, chain, "accountOutput");
  putNumber(key, PREFIX, account);
  putNumber(key, PREFIX + 5, height);
  key.writeUIntBE(index, PREFIX + 10, 3);
  key.writeUIntBE(position, PREFIX + 13, 3);
  return key;
}

/** How many bytes of a transaction's canonical bytes are its id, as a packed text. */
export function idLength(encoded: Uint8Array): number {
  let at = 0;
  let head = 0;
  let scale = 1;
  for (;;) {
    const byte = encoded[at++];
    if (byte === undefined) throw new HeadwaterError("internal", "a transaction's canonical bytes end before its id");
    head += (byte & 0x7f) * scale;
    if (byte < 0x80) return at + Math.floor(head / 4);
    scale *= 0x80;
  }
}

/** A transaction's index in its block, from its canonical bytes. */
export function readIndex(encoded: Uint8Array): number {
  let at = idLength(encoded);
  let index = 0;
  let scale = 1;
  for (;;) {
    const byte = encoded[at++];
    if (byte === undefined) throw new HeadwaterError("store-corrupt", "a transaction's bytes end before its index");
    index += (byte & 0x7f) * scale;
    if (byte < 0x80) return index;
    scale *= 0x80;
  }
}

/** @param encoded the transaction's canonical bytes, which begin with its id */
export function transactionIdKey(chain: number, encoded: Uint8Array, height: number, index: number): Buffer {
  const key = start(16, chain, "transactionId");
  copyIdEnd(encoded, key);
  putNumber(key, PREFIX + 8, height);
  key.writeUIntBE(index, PREFIX + 13, 3);
  return key;
}

/** The range that holds every place of a transaction with this id, and of others whose ids end alike. */
export function transactionIdRange(chain: number, id: string): { gte: Buffer; lte: Buffer } {
  scratch.reset();
  scratch.text(id);
  const packed = scratch.finish();
  const gte = start(16, chain, "transactionId").fill(0, PREFIX);
  copyIdEnd(packed, gte);
  const lte = Buffer.from(gte).fill(0xff, PREFIX + 8);
  return { gte, lte };
}

/** The last 8 bytes of a packed id at the start of `bytes`, zeros before a shorter one, whose length takes one byte. */
function copyIdEnd(bytes: Uint8Array, key: Buffer): void {
  const end = idLength(bytes);
  for (let i = 0, from = end - 8; i < 8; i++, from++) key[PREFIX + i] = from < 1 ? 0 : (bytes[from] as number);
}

/** Reads the 5-byte number at `at`, counted after chain and table. */
export function keyNumber(key: Uint8Array, at: number): number {
  const from = PREFIX + at;
  if (key.length < from + 5) throw new HeadwaterError("store-corrupt", `a key of ${key.length} bytes is too short`);
  return bufferOf(key).readUIntBE(from, 5);
}

/** Reads the 5-byte `~height` at `at`, counted after chain and table. */
export function keyHeight(key: Uint8Array, at: number): number {
  return MAX_NUMBER - keyNumber(key, at);
}

/** Reads the 3-byte place at `at`, counted after chain and table. */
export function keyIndex(key: Uint8Array, at: number): number {
  const from = PREFIX + at;
  if (key.length < from + 3) throw new HeadwaterError("store-corrupt", `a key of ${key.length} bytes is too short`);
  return bufferOf(key).readUIntBE(from, 3);
}

/** The text of a key, packed as it stands there. */
export function packedText(key: Uint8Array): Uint8Array {
  return key.subarray(PREFIX);
}

export function keyText(key: Uint8Array): string {
  return new ByteReader(key.subarray(PREFIX)).text();
}

export function keySequence(key: Uint8Array): number {
  return Number(bufferOf(key).readBigUInt64BE(PREFIX));
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
