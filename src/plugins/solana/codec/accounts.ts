import type { Answer, Json } from "./answer.ts";
import type { TransactionMeta } from "./transaction-meta.ts";
import { readWireTransaction, type WireTransaction } from "./wire-transaction.ts";

/** Which accounts a transaction names, by whom it is signed, and its bytes where these came along. */
export type TransactionAccounts = {
  /** The texts of its signatures; the first is its id. */
  readonly signatures: readonly string[];
  /** All accounts, those out of address tables last. The first pays the fee. */
  readonly keys: readonly string[];
  /** The programs that its instructions call, or undefined where the answer does not tell. */
  readonly programs: readonly string[] | undefined;
  readonly wire: WireTransaction | undefined;
};

type Read = { readonly answer: Answer; readonly path: string; readonly encode: (bytes: Uint8Array) => string };

/**
 * Reads a transaction in any form in which nodes give it: as its bytes (`base64`), taken apart (`json`, `jsonParsed`) or as its
 * accounts alone (`transactionDetails: "accounts"`).
 * @throws HeadwaterError `node-bad-response`
 */
export function readAccounts(value: unknown, meta: TransactionMeta, read: Read): TransactionAccounts {
  const { answer, path } = read;
  if (Array.isArray(value)) return readEncoded(value, meta, read);
  const transaction = answer.record(value, `${path}.transaction`);
  const signatures = answer
    .list(transaction["signatures"], `${path}.transaction.signatures`)
    .map((text, i) => answer.text(text, `${path}.transaction.signatures[${i}]`));
  const { message } = transaction as { message?: unknown };
  if (message === undefined) {
    const keys = readKeys(answer, transaction["accountKeys"], `${path}.transaction.accountKeys`);
    return { signatures, keys, programs: undefined, wire: undefined };
  }
  return {
    signatures,
    ...readMessage(answer.record(message, `${path}.transaction.message`), meta, read),
    wire: undefined,
  };
}

function readEncoded(value: readonly unknown[], meta: TransactionMeta, { answer, path, encode }: Read) {
  const [text, encoding] = value;
  if (encoding !== "base64" || typeof text !== "string") {
    throw answer.refuse(`${path}.transaction`, 'a text and "base64"', encoding);
  }
  const wire = readWireTransaction(Buffer.from(text, "base64"), `${answer.where}, ${path}`);
  const { bytes, signaturesAt } = wire;
  const signatures: string[] = [];
  for (let i = 0; i < wire.signatures; i++) {
    signatures.push(encode(bytes.subarray(signaturesAt + i * 64, signaturesAt + i * 64 + 64)));
  }
  const { writable, readonly } = wire.looksUp;
  if (writable + readonly !== meta.loaded.length || writable !== meta.loadedWritable) {
    const expected = `${writable} writable and ${readonly} readonly addresses`;
    throw answer.refuse(`${path}.meta.loadedAddresses`, expected, `${meta.loaded.length} in all`);
  }
  const keys = [...wire.keys, ...meta.loaded];
  return { signatures, keys, programs: namePrograms(wire.programs, keys), wire };
}

function readMessage(message: Json, meta: TransactionMeta, { answer, path }: Read) {
  const at = `${path}.transaction.message`;
  const named = readKeys(answer, message["accountKeys"], `${at}.accountKeys`);
  // jsonParsed lists the accounts out of tables among the others and says where they are from.
  const whole = isParsed(message["accountKeys"]) ? named : [...named, ...meta.loaded];
  const programs = answer.list(message["instructions"], `${at}.instructions`).map((value, i) => {
    const instruction = answer.record(value, `${at}.instructions[${i}]`);
    const { programId, programIdIndex } = instruction as { programId?: unknown; programIdIndex?: unknown };
    return typeof programId === "string"
      ? programId
      : (whole[answer.count(programIdIndex, `${at}.instructions[${i}].programIdIndex`)] ?? "");
  });
  return { keys: whole, programs };
}

function readKeys(answer: Answer, value: unknown, path: string): string[] {
  return answer.list(value, path).map((entry, i) => {
    if (typeof entry === "string") return answer.text(entry, `${path}[${i}]`);
    return answer.text(answer.record(entry, `${path}[${i}]`)["pubkey"], `${path}[${i}].pubkey`);
  });
}

function isParsed(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "object";
}

function namePrograms(places: readonly number[], keys: readonly string[]): string[] {
  return places.map((place) => keys[place] ?? "");
}
