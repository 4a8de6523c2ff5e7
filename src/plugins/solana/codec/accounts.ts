import type { Answer, Json } from "./answer.ts";
import { encodeBase58 } from "./base58.ts";
import type { TransactionMeta } from "./transaction-meta.ts";
import { readWireTransaction, signatureAt, type WireTransaction, wireKey } from "./wire-transaction.ts";

/** Which accounts a transaction names, by whom it is signed, and its bytes where these came along. */
export interface TransactionAccounts {
  /** The text of its first signature. */
  readonly id: string;
  /** The texts of its signatures. */
  readonly signatures: readonly string[];
  /** How many accounts there are, with those out of address tables, which are the last. The first pays the fee. */
  readonly count: number;
  /** The account at a place below `count`. */
  keyAt(place: number): string;
  /** For each instruction the place of its program, or undefined where the answer does not tell. */
  readonly programs: readonly number[] | undefined;
  readonly wire: WireTransaction | undefined;
}

type Read = { readonly answer: Answer; readonly path: string };

/**
 * Reads a transaction in any form in which nodes give it: as its bytes (`base64`), taken apart (`json`, `jsonParsed`) or as its
 * accounts alone (`transactionDetails: "accounts"`).
 * @throws HeadwaterError `node-bad-response`
 */
export function readAccounts(value: unknown, meta: TransactionMeta, read: Read): TransactionAccounts {
  const { answer, path } = read;
  if (Array.isArray(value)) return readEncoded(value, meta, read);
  const transaction = answer.record(value, `${path}.transaction`);
  const signatures = readTexts(answer, transaction["signatures"], `${path}.transaction.signatures`);
  const { message } = transaction as { message?: unknown };
  if (message !== undefined) {
    const { keys, programs } = readMessage(answer.record(message, `${path}.transaction.message`), meta, read);
    return new ListedAccounts(signatures, keys, programs);
  }
  const keys = readKeys(answer, transaction["accountKeys"], `${path}.transaction.accountKeys`);
  return new ListedAccounts(signatures, keys, undefined);
}

/** Accounts as texts, as they came. */
class ListedAccounts implements TransactionAccounts {
  readonly signatures: readonly string[];
  readonly programs: readonly number[] | undefined;
  readonly wire = undefined;
  readonly #keys: readonly string[];

  constructor(signatures: readonly string[], keys: readonly string[], programs: readonly number[] | undefined) {
    this.signatures = signatures;
    this.programs = programs;
    this.#keys = keys;
  }

  get id(): string {
    return this.signatures[0] as string;
  }

  get count(): number {
    return this.#keys.length;
  }

  keyAt(place: number): string {
    return this.#keys[place] as string;
  }
}

/** Accounts in a transaction's bytes. Texts are made for those that are asked for: of most nobody wants to know. */
class EncodedAccounts implements TransactionAccounts {
  readonly wire: WireTransaction;
  readonly #loaded: readonly string[];

  constructor(wire: WireTransaction, loaded: readonly string[]) {
    this.wire = wire;
    this.#loaded = loaded;
  }

  get programs(): readonly number[] {
    return this.wire.programs;
  }

  get id(): string {
    return encodeBase58(signatureAt(this.wire, 0));
  }

  get signatures(): readonly string[] {
    return Array.from({ length: this.wire.signatures }, (_, i) => encodeBase58(signatureAt(this.wire, i)));
  }

  get count(): number {
    return this.wire.keys + this.#loaded.length;
  }

  keyAt(place: number): string {
    const { wire } = this;
    return place < wire.keys ? wireKey(wire, place) : (this.#loaded[place - wire.keys] as string);
  }
}

function readEncoded(value: readonly unknown[], meta: TransactionMeta, { answer, path }: Read): EncodedAccounts {
  const [text, encoding] = value;
  if (encoding !== "base64" || typeof text !== "string") {
    throw answer.refuse(`${path}.transaction`, 'a text and "base64"', encoding);
  }
  const wire = readWireTransaction(Buffer.from(text, "base64"), `${answer.where}, ${path}`);
  const { writable, readonly } = wire.looksUp;
  if (writable + readonly !== meta.loaded.length || writable !== meta.loadedWritable) {
    const expected = `${writable} writable and ${readonly} readonly addresses`;
    throw answer.refuse(`${path}.meta.loadedAddresses`, expected, `${meta.loaded.length} in all`);
  }
  return new EncodedAccounts(wire, meta.loaded);
}

function readMessage(message: Json, meta: TransactionMeta, { answer, path }: Read) {
  const at = `${path}.transaction.message`;
  const named = readKeys(answer, message["accountKeys"], `${at}.accountKeys`);
  // jsonParsed lists the accounts out of tables among the others and says where they are from.
  const keys = isParsed(message["accountKeys"]) ? named : [...named, ...meta.loaded];
  const programs = answer.list(message["instructions"], `${at}.instructions`).map((value, i) => {
    const instruction = answer.record(value, `${at}.instructions[${i}]`);
    const { programId, programIdIndex } = instruction as { programId?: unknown; programIdIndex?: unknown };
    return typeof programId === "string"
      ? keys.indexOf(programId)
      : answer.count(programIdIndex, `${at}.instructions[${i}].programIdIndex`);
  });
  return { keys, programs };
}

/** Accounts as texts, or as objects with more of each. */
function readKeys(answer: Answer, value: unknown, path: string): string[] {
  const list = answer.list(value, path);
  const keys = new Array<string>(list.length);
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    const key = typeof entry === "object" && entry !== null ? (entry as { readonly pubkey?: unknown }).pubkey : entry;
    // Tens of thousands a block: the path of an error is only written for an error.
    keys[i] = answer.isText(key) ? key : refuseKey(answer, entry, `${path}[${i}]`);
  }
  return keys;
}

function refuseKey(answer: Answer, entry: unknown, path: string): string {
  if (typeof entry === "string") return answer.text(entry, path);
  return answer.text(answer.record(entry, path)["pubkey"], `${path}.pubkey`);
}

function readTexts(answer: Answer, value: unknown, path: string): readonly string[] {
  const list = answer.list(value, path);
  for (let i = 0; i < list.length; i++) if (!answer.isText(list[i])) answer.text(list[i], `${path}[${i}]`);
  return list as readonly string[];
}

function isParsed(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "object";
}
