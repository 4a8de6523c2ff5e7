import { encodeBase58, keyText } from "./base58.ts";

/** Transactions must fit into one packet, bytes. */
export const PACKET_BYTES = 1232;

export type WireInstruction = {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
};

export type WireLookup = {
  readonly accountKey: string;
  readonly writableIndexes: readonly number[];
  readonly readonlyIndexes: readonly number[];
};

export type WireMessage = {
  readonly version: "legacy" | 0;
  readonly header: {
    readonly numRequiredSignatures: number;
    readonly numReadonlySignedAccounts: number;
    readonly numReadonlyUnsignedAccounts: number;
  };
  /** The accounts that it names itself, base58. */
  readonly accountKeys: readonly string[];
  readonly recentBlockhash: string;
  readonly instructions: readonly WireInstruction[];
  readonly lookups: readonly WireLookup[];
};

/** A transaction taken apart. `blockhashAt` is where its recent blockhash stands in the bytes. */
export type WireTransaction = WireMessage & {
  readonly wire: Uint8Array;
  /** Base58; the first is its id. */
  readonly signatures: readonly string[];
  readonly blockhashAt: number;
};

/** What is wrong with bytes that are no transaction. */
export class WireProblem extends Error {}

class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new WireProblem("io error: unexpected end of file");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  length(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.byte();
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        if (i > 0 && byte === 0) throw new WireProblem("invalid value: byte array, expected strict form byte array");
        return value;
      }
    }
    throw new WireProblem("invalid length");
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.length() }, read);
  }
}

/**
 * Takes a transaction apart, strictly: the virtual machine must only be given what passes here.
 * @throws WireProblem
 */
export function readWire(wire: Uint8Array): WireTransaction {
  if (wire.length > PACKET_BYTES) throw new WireProblem(`too large: ${wire.length} bytes (max: ${PACKET_BYTES} bytes)`);
  const reader = new Reader(wire);
  const signatures = reader.list(() => encodeBase58(reader.take(64)));
  const { message, blockhashAt } = readMessageAt(reader);
  if (signatures.length !== message.header.numRequiredSignatures) {
    throw new WireProblem("Transaction failed to sanitize accounts offsets correctly");
  }
  return { ...message, wire, signatures, blockhashAt };
}

/** The message alone, as it is signed. @throws WireProblem */
export function readMessage(bytes: Uint8Array): WireMessage {
  return readMessageAt(new Reader(bytes)).message;
}

function readMessageAt(reader: Reader): { readonly message: WireMessage; readonly blockhashAt: number } {
  const first = reader.byte();
  const version = first < 0x80 ? "legacy" : 0;
  if (first > 0x80)
    throw new WireProblem(`invalid value: integer \`${first & 0x7f}\`, expected a valid transaction message version`);
  const header = {
    numRequiredSignatures: version === 0 ? reader.byte() : first,
    numReadonlySignedAccounts: reader.byte(),
    numReadonlyUnsignedAccounts: reader.byte(),
  };
  const accountKeys = reader.list(() => keyText(reader.take(32)));
  const blockhashAt = reader.at;
  const recentBlockhash = keyText(reader.take(32));
  const instructions = reader.list(() => ({
    programIdIndex: reader.byte(),
    accounts: [...reader.take(reader.length())],
    data: reader.take(reader.length()),
  }));
  const lookups =
    version === "legacy"
      ? []
      : reader.list(() => ({
          accountKey: keyText(reader.take(32)),
          writableIndexes: [...reader.take(reader.length())],
          readonlyIndexes: [...reader.take(reader.length())],
        }));
  if (reader.at !== reader.bytes.length) throw new WireProblem("trailing bytes");
  const message: WireMessage = { version, header, accountKeys, recentBlockhash, instructions, lookups };
  checkPlaces(message);
  return { message, blockhashAt };
}

function checkPlaces({ header, accountKeys, instructions, lookups }: WireMessage): void {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  const looked = lookups.reduce((sum, each) => sum + each.writableIndexes.length + each.readonlyIndexes.length, 0);
  const holds =
    numReadonlySignedAccounts < numRequiredSignatures &&
    numRequiredSignatures + numReadonlyUnsignedAccounts <= accountKeys.length &&
    accountKeys.length + looked <= 256 &&
    lookups.every((each) => each.writableIndexes.length + each.readonlyIndexes.length > 0) &&
    instructions.every(
      ({ programIdIndex, accounts }) =>
        programIdIndex > 0 &&
        programIdIndex < accountKeys.length &&
        accounts.every((place) => place < accountKeys.length + looked),
    );
  if (!holds) throw new WireProblem("Transaction failed to sanitize accounts offsets correctly");
}

/** Whether the account at a place of those that the message names may be written. */
export function isWritable({ header, accountKeys }: WireMessage, place: number): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = header;
  if (place < numRequiredSignatures) return place < numRequiredSignatures - numReadonlySignedAccounts;
  return place < accountKeys.length - numReadonlyUnsignedAccounts;
}
