import { HeadwaterError } from "../../../core/errors.ts";
import { keyText } from "./base58.ts";

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/** A transaction as it is signed and sent: where its parts stand in its bytes. */
export type WireTransaction = {
  readonly bytes: Buffer;
  /** How many signatures there are, from `signaturesAt`, 64 bytes each. */
  readonly signatures: number;
  readonly signaturesAt: number;
  /** What is signed: from here to the end. */
  readonly messageAt: number;
  readonly version: "legacy" | 0;
  /** How many of the first accounts have to sign. */
  readonly signers: number;
  /** How many accounts the message names itself, from `keysAt`, 32 bytes each. */
  readonly keys: number;
  readonly keysAt: number;
  /** For each instruction the place of its program among the accounts. */
  readonly programs: readonly number[];
  /** How many accounts its lookups add: writable and readonly. */
  readonly looksUp: { readonly writable: number; readonly readonly: number };
};

/** The bytes of one of its signatures. */
export function signatureAt({ bytes, signaturesAt }: WireTransaction, place: number): Buffer {
  const at = signaturesAt + place * SIGNATURE_BYTES;
  return bytes.subarray(at, at + SIGNATURE_BYTES);
}

/** The text of an account that the message names itself. */
export function wireKey({ bytes, keysAt }: WireTransaction, place: number): string {
  return keyText(bytes, keysAt + place * KEY_BYTES);
}

/**
 * Takes a transaction apart, to its last byte: compact arrays of signatures, accounts, instructions and, in version 0, lookups
 * in address tables. Bytes are not copied.
 * @param where node, block and transaction, as errors name them
 * @throws HeadwaterError `node-bad-response`
 */
export function readWireTransaction(bytes: Buffer, where: string): WireTransaction {
  const cursor = new WireCursor(bytes, where);
  const signatures = cursor.count("the number of signatures", SIGNATURE_BYTES);
  const signaturesAt = cursor.at;
  cursor.skip(signatures * SIGNATURE_BYTES, "a signature");
  const messageAt = cursor.at;
  const version = readVersion(cursor);
  const signers = cursor.byte("the number of signers");
  cursor.skip(2, "the numbers of readonly accounts");
  const keys = cursor.count("the number of accounts", KEY_BYTES);
  const keysAt = cursor.at;
  cursor.skip(keys * KEY_BYTES + KEY_BYTES, "the recent block's hash");
  const programs = readPrograms(cursor);
  const looksUp = version === 0 ? readLookups(cursor) : { writable: 0, readonly: 0 };
  if (cursor.at !== bytes.length) throw cursor.error(`${bytes.length - cursor.at} bytes after the end`);
  if (signers > keys) throw cursor.error(`${signers} signers among ${keys} accounts`);
  return { bytes, signatures, signaturesAt, messageAt, version, signers, keys, keysAt, programs, looksUp };
}

function readVersion(cursor: WireCursor): "legacy" | 0 {
  const first = cursor.peek("the message");
  if (first < 0x80) return "legacy";
  cursor.at++;
  if (first !== 0x80) throw cursor.error(`a message of version ${first & 0x7f}`);
  return 0;
}

function readPrograms(cursor: WireCursor): number[] {
  const programs: number[] = [];
  const count = cursor.count("the number of instructions", 3);
  for (let i = 0; i < count; i++) {
    programs.push(cursor.byte("an instruction's program"));
    cursor.skip(cursor.count("an instruction's accounts", 1), "an instruction's accounts");
    cursor.skip(cursor.count("an instruction's data", 1), "an instruction's data");
  }
  return programs;
}

function readLookups(cursor: WireCursor): { writable: number; readonly: number } {
  const looksUp = { writable: 0, readonly: 0 };
  const count = cursor.count("the number of lookups", KEY_BYTES + 2);
  for (let i = 0; i < count; i++) {
    cursor.skip(KEY_BYTES, "an address table");
    for (const kind of ["writable", "readonly"] as const) {
      const places = cursor.count("a lookup's places", 1);
      cursor.skip(places, "a lookup's places");
      looksUp[kind] += places;
    }
  }
  return looksUp;
}

class WireCursor {
  at = 0;
  readonly #bytes: Buffer;
  readonly #where: string;

  constructor(bytes: Buffer, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  peek(what: string): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw this.error(`${what}: the bytes end here`);
    return byte;
  }

  byte(what: string): number {
    const byte = this.peek(what);
    this.at++;
    return byte;
  }

  skip(bytes: number, what: string): void {
    if (bytes > this.#bytes.length - this.at) throw this.error(`${what}: the bytes end before it does`);
    this.at += bytes;
  }

  /** A compact-u16 in its shortest form, of things that take at least so many bytes each. */
  count(what: string, leastBytes: number): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw this.error(`${what}: not in its shortest form`);
        break;
      }
      if (shift === 14) throw this.error(`${what}: more than 16 bits`);
    }
    if (value > 0xffff) throw this.error(`${what}: more than 16 bits`);
    if (value * leastBytes > this.#bytes.length - this.at) throw this.error(`${what}: ${value} do not fit`);
    return value;
  }

  error(what: string): HeadwaterError {
    return new HeadwaterError("node-bad-response", `${this.#where}, byte ${this.at}: ${what}`, {
      details: { at: this.at },
    });
  }
}
