import { describe, expect, it } from "vitest";
import { castVote } from "../../../../src/testing/solana/ledger/tower.ts";
import { priorityFee, transfer } from "../../../../src/testing/solana/programs/system.ts";
import { loadSvm } from "../../../../src/testing/solana/svm/native.ts";
import {
  describeTransactionError,
  readTransactionError,
} from "../../../../src/testing/solana/svm/transaction-error.ts";
import { keyBytes } from "../../../../src/testing/solana/wire/base58.ts";
import { derivedAddress, isOnCurve } from "../../../../src/testing/solana/wire/derived-address.ts";
import { Keypair } from "../../../../src/testing/solana/wire/keypair.ts";
import { signTransaction } from "../../../../src/testing/solana/wire/message.ts";
import { isWritable, readWire, WireProblem } from "../../../../src/testing/solana/wire/read-wire.ts";
import { verifySignatures } from "../../../../src/testing/solana/wire/verify-signatures.ts";
import { codeOf } from "../../../support/error-code.ts";

const [ALICE, BOB, CAROL, DAVE] = ["alice", "bob", "carol", "dave"].map((name) => Keypair.named(name)) as [
  Keypair,
  Keypair,
  Keypair,
  Keypair,
];
const BLOCKHASH = Keypair.named("blockhash").address;

describe("wire transactions", () => {
  it("come out as they went in, of both versions", () => {
    const instructions = [
      ...priorityFee(7n, 300),
      transfer(BOB.address, CAROL.address, 5n),
      transfer(ALICE.address, DAVE.address, 2n ** 64n - 1n),
    ];
    const table = { address: Keypair.named("table").address, addresses: [BOB.address, DAVE.address, CAROL.address] };
    for (const tables of [undefined, [table]]) {
      const signed = signTransaction({
        payer: ALICE,
        signers: [BOB],
        instructions,
        blockhash: BLOCKHASH,
        ...(tables && { tables }),
      });
      const read = readWire(signed.wire);
      expect(read.version).toBe(tables ? 0 : "legacy");
      expect(read.signatures[0]).toBe(signed.signature);
      expect(read.recentBlockhash).toBe(BLOCKHASH);
      expect(read.accountKeys.slice(0, 2)).toEqual([ALICE.address, BOB.address]);
      expect(read.accountKeys.includes(CAROL.address)).toBe(!tables);
      expect(read.accountKeys.map((_, i) => isWritable(read, i)).filter(Boolean)).toHaveLength(tables ? 2 : 4);
      // Bob signs: he is named though the table has him.
      expect(read.lookups.map(({ writableIndexes }) => writableIndexes)).toEqual(tables ? [[1, 2]] : []);
      expect(verifySignatures(read)).toBe(true);
    }
  });

  it("are refused wherever they are cut off, since the virtual machine would end the process", () => {
    const { wire } = signTransaction({
      payer: ALICE,
      instructions: [transfer(ALICE.address, BOB.address, 5n)],
      blockhash: BLOCKHASH,
    });
    for (let length = 0; length < wire.length; length++) {
      expect(() => readWire(wire.subarray(0, length)), `${length}`).toThrow(WireProblem);
    }
    expect(() => readWire(Buffer.concat([wire, Buffer.from([0])]))).toThrow("trailing bytes");
    expect(() => readWire(Buffer.alloc(1_300))).toThrow("too large");
    const beyond = Buffer.from(wire);
    // The instruction's second account.
    beyond[wire.length - 14] = 9;
    expect(() => readWire(beyond)).toThrow("sanitize");
  });
});

it("tells public keys from derived addresses, which nobody can sign for", () => {
  expect([ALICE, BOB, CAROL].map(({ publicKey }) => isOnCurve(publicKey))).toEqual([true, true, true]);
  const { address } = derivedAddress([Buffer.from("vault"), ALICE.publicKey], BOB.address);
  expect(isOnCurve(keyBytes(address))).toBe(false);
});

it("counts votes by the rules of the tower: each new one doubles those below, the 32nd makes a root", () => {
  let tower = castVote({ root: undefined, lockouts: [] }, 10);
  for (let slot = 11; slot <= 13; slot++) tower = castVote(tower, slot);
  expect(tower.lockouts.map(({ confirmations }) => confirmations)).toEqual([4, 3, 2, 1]);
  // After so long a gap the newest votes have expired.
  expect(castVote(tower, 19).lockouts.map(({ slot }) => slot)).toEqual([10, 11, 19]);
  for (let slot = 14; slot <= 41; slot++) tower = castVote(tower, slot);
  expect(tower).toMatchObject({ root: 10, lockouts: { length: 31 } });
});

it.each<[string, unknown, string]>([
  [
    "InstructionError(2, Custom(1))",
    { InstructionError: [2, { Custom: 1 }] },
    "Error processing Instruction 2: custom program error: 0x1",
  ],
  [
    "InstructionError(0, InvalidAccountData)",
    { InstructionError: [0, "InvalidAccountData"] },
    "Error processing Instruction 0: invalid account data for instruction",
  ],
  ["BlockhashNotFound", "BlockhashNotFound", "Blockhash not found"],
  [
    "InsufficientFundsForRent { account_index: 3 }",
    { InsufficientFundsForRent: { account_index: 3 } },
    "Transaction results in an account (3) with insufficient funds for rent",
  ],
])("reads %s out of the runtime's words", (text, error, sentence) => {
  const read = readTransactionError(`Failed(Failed { err: ${text}, meta: TransactionMetadata { … } })`);
  expect(read).toEqual(error);
  const logs = ["Program 11111111111111111111111111111111 failed: invalid account data for instruction"];
  expect(describeTransactionError(read, logs)).toBe(sentence);
});

it("says what is missing where the virtual machine cannot be loaded", () => {
  expect(() => loadSvm("darwin-arm64")).toThrow(/virtual machine .* is missing: .* this is darwin-arm64/);
  expect(() => loadSvm("linux-x64", "no-such-package")).toThrow('run "npm install --no-save no-such-package@1.5.0"');
  expect(codeOf(() => loadSvm("win32-x64"))).toBe("test-node-failed");
});
