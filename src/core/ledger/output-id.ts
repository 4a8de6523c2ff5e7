import { type ByteReader, type ByteWriter, isHex } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import type { OutputId } from "../model.ts";

/** The largest position of an output that a ledger can hold: far above what any block has room for. */
const MAX_OUTPUT_POSITION = 2 ** 24 - 1;

/** How an id stands in a transaction's canonical form. */
const FORM = { own: 0, hash: 1, text: 2 } as const;
const FORMS = 3;
const HASH_DIGITS = 64;

/**
 * Writes an id as part of the canonical form of the transaction `own`, in a number (three times the position, plus the
 * form) and what the form needs: nothing for `<own>:<position>`, 32 bytes for `<64 hex digits>:<position>`. Any other id
 * stands there as a text, with the position 0. The form follows from the id.
 */
export function writeOutputId(id: OutputId, own: string, writer: ByteWriter): void {
  const colon = id.lastIndexOf(":");
  const position = readPosition(id, colon + 1);
  const form = formOf(id, colon, position, own);
  writer.varint(form === FORM.text ? FORM.text : position * FORMS + form);
  if (form === FORM.hash) writer.hex(id.slice(0, HASH_DIGITS));
  else if (form === FORM.text) writer.text(id);
}

/** @throws HeadwaterError `store-corrupt` for bytes that `writeOutputId` would not have written */
export function readOutputId(own: string, reader: ByteReader): OutputId {
  const head = reader.varint();
  const position = Math.floor(head / FORMS);
  const form = head % FORMS;
  if (position > MAX_OUTPUT_POSITION) throw secondForm(`a position of at most ${MAX_OUTPUT_POSITION}`);
  if (form === FORM.own) return `${own}:${position}`;
  if (form === FORM.hash) {
    const transaction = reader.raw(HASH_DIGITS / 2).toString("hex");
    if (transaction === own) throw secondForm("an id of its own by position alone");
    return `${transaction}:${position}`;
  }
  const id = reader.text();
  const colon = id.lastIndexOf(":");
  if (position !== 0 || formOf(id, colon, readPosition(id, colon + 1), own) !== FORM.text) {
    throw secondForm("a text only where an id has no shorter form");
  }
  return id;
}

/** The transaction that made an output, and its position there; undefined for a text that is no id. */
export function splitOutputId(id: OutputId): { readonly transaction: string; readonly position: number } | undefined {
  const colon = id.lastIndexOf(":");
  const position = readPosition(id, colon + 1);
  return position < 0 ? undefined : { transaction: id.slice(0, colon), position };
}

/** The position of an output whose id must be `<transaction>:<position>`; -1 for any other id. */
export function positionIn(transaction: string, id: OutputId): number {
  if (id.charCodeAt(transaction.length) !== COLON || !id.startsWith(transaction)) return -1;
  return readPosition(id, transaction.length + 1);
}

/**
 * Writes an id by itself, as keys hold it: the transaction's id as a text, then the position. No packed id is the
 * beginning of another.
 * @throws HeadwaterError `plugin-invalid` for a text that is no id
 */
export function packOutputId(id: OutputId, writer: ByteWriter): void {
  const colon = id.lastIndexOf(":");
  const position = readPosition(id, colon + 1);
  if (position < 0) throw new HeadwaterError("plugin-invalid", `${JSON.stringify(id)} is not the id of an output`);
  writer.text(id.slice(0, colon));
  writer.varint(position);
}

/** @throws HeadwaterError `store-corrupt` */
export function unpackOutputId(reader: ByteReader): OutputId {
  const transaction = reader.text();
  return `${transaction}:${reader.varint()}`;
}

const COLON = 58;
const ZERO = 48;

/** The decimal number from `start` to the end, in its shortest form and up to the largest position; else -1. */
function readPosition(id: string, start: number): number {
  const digits = id.length - start;
  if (start === 0 || digits < 1 || digits > 8) return -1;
  let value = 0;
  for (let i = start; i < id.length; i++) {
    const digit = id.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9 || (value === 0 && i > start)) return -1;
    value = value * 10 + digit;
  }
  return value <= MAX_OUTPUT_POSITION ? value : -1;
}

function formOf(id: OutputId, colon: number, position: number, own: string): number {
  if (position < 0) return FORM.text;
  if (colon === own.length && id.startsWith(own)) return FORM.own;
  return colon === HASH_DIGITS && isHex(id, 0, HASH_DIGITS) ? FORM.hash : FORM.text;
}

function secondForm(expected: string): HeadwaterError {
  return new HeadwaterError("store-corrupt", `a stored transaction is not of the canonical form: expected ${expected}`);
}
