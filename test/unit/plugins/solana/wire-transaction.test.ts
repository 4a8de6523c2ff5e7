import { Transaction, VersionedTransaction } from "@solana/web3.js";
import bs58 from "bs58";
import { describe, expect, it } from "vitest";
import { readWireTransaction, wireKey } from "../../../../src/plugins/solana/codec/wire-transaction.ts";
import { findBadSignature } from "../../../../src/plugins/solana/verify/signatures.ts";
import {
  RECORDED_SLOTS,
  type RecordedSlot,
  readSolanaFixture,
  type TransactionJson,
} from "../../../support/solana-fixtures.ts";

/** The bytes of every recorded transaction that came as bytes. */
const recorded: readonly Buffer[] = [
  ...RECORDED_SLOTS.flatMap((path) => readSolanaFixture<RecordedSlot>(path).block.transactions),
  ...readSolanaFixture<readonly { readonly tx: TransactionJson }[]>(
    "jowency-me__solana-tx-parser/mainnet_transactions.json",
  ).map(({ tx }) => tx),
].flatMap(({ transaction }) =>
  Array.isArray(transaction) && transaction[1] === "base64" ? [Buffer.from(transaction[0] as string, "base64")] : [],
);

/** What web3.js reads out of the same bytes. */
function readByLibrary(bytes: Buffer) {
  const { signatures, message, version } = VersionedTransaction.deserialize(bytes);
  const lookups = message.addressTableLookups;
  return {
    signatures: signatures.map((signature) => bs58.encode(signature)),
    version,
    signers: message.header.numRequiredSignatures,
    keys: message.staticAccountKeys.map((key) => key.toBase58()),
    programs: message.compiledInstructions.map(({ programIdIndex }) => programIdIndex),
    looksUp: {
      writable: lookups.reduce((sum, { writableIndexes }) => sum + writableIndexes.length, 0),
      readonly: lookups.reduce((sum, { readonlyIndexes }) => sum + readonlyIndexes.length, 0),
    },
    message: Buffer.from(message.serialize()),
  };
}

function readOurselves(bytes: Buffer) {
  const wire = readWireTransaction(bytes, "test");
  const { version, signers, programs, looksUp, signaturesAt, messageAt } = wire;
  const keys = Array.from({ length: wire.keys }, (_, i) => wireKey(wire, i));
  const signatures = Array.from({ length: wire.signatures }, (_, i) =>
    bs58.encode(bytes.subarray(signaturesAt + 64 * i, signaturesAt + 64 * (i + 1))),
  );
  return { signatures, version, signers, keys, programs, looksUp, message: bytes.subarray(messageAt) };
}

describe("transactions as bytes", () => {
  it("are read as web3.js reads them, all that were recorded", () => {
    const versions = recorded.map((bytes) => {
      expect(readOurselves(bytes)).toEqual(readByLibrary(bytes));
      return readOurselves(bytes).version;
    });
    expect([versions.filter((version) => version === 0).length, versions.length]).toEqual([58, 137]);
  });

  it("are signed by web3.js's judgement where they are by ours, and are not where one bit of them is another", () => {
    const legacy = recorded.filter((bytes) => readOurselves(bytes).version === "legacy");
    for (const [i, bytes] of legacy.entries()) {
      expect([
        findBadSignature(readWireTransaction(bytes, "test")),
        Transaction.from(bytes).verifySignatures(),
      ]).toEqual([-1, true]);
      const { signaturesAt, messageAt, keysAt } = readWireTransaction(bytes, "test");
      // A bit of a signature, or of the recent block's hash, wherever it falls: the form stays the same.
      const places = [signaturesAt + (i % 64), keysAt + 32 * readOurselves(bytes).keys.length + (i % 32)];
      for (const place of places) {
        const changed = Buffer.from(bytes);
        changed[place] = (changed[place] as number) ^ (1 << (i % 8));
        expect(findBadSignature(readWireTransaction(changed, "test"))).toBe(0);
        expect(Transaction.from(changed).verifySignatures()).toBe(false);
      }
      expect(messageAt).toBe(signaturesAt + 64 * readOurselves(bytes).signatures.length);
    }
    expect(legacy.length).toBe(79);
  });
});
