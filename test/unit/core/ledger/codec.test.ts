import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../../../src/core/bytes.ts";
import { decodeTransaction, encodeTransaction } from "../../../../src/core/ledger/codec.ts";
import type { LedgerTransaction, MovementKind } from "../../../../src/core/model.ts";
import { arbitraryTransaction } from "../../../support/arbitrary-ledger.ts";
import { codeOf } from "../../../support/error-code.ts";

function encode(transaction: LedgerTransaction): Buffer {
  const writer = new ByteWriter(1);
  encodeTransaction(transaction, writer);
  return writer.finish();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const transfer: LedgerTransaction = {
  id: "0xc0ffee00",
  index: 3,
  status: "success",
  fee: { payer: "alice", asset: "coin", amount: 21n },
  movements: [
    { account: "alice", asset: "coin", delta: -21n, kind: "fee" },
    { account: "alice", asset: "coin", delta: -100n, kind: "transfer" },
    { account: "0xdeadbeef", asset: "coin", delta: 100n, kind: "transfer" },
  ],
};

describe("the canonical form of a transaction", () => {
  it("is these bytes: a change of them changes every digest there is", () => {
    expect(hex(encode(transfer))).toBe(
      [
        "11c0ffee00", // the id, packed
        "03", // the index
        "03", // success, with a fee
        `0214${hex(Buffer.from("alice"))}11deadbeef`, // two accounts
        `0110${hex(Buffer.from("coin"))}`, // one asset
        "00000115", // alice pays 21 coin
        "03", // three movements: account, asset, kind, delta
        "0000028115",
        "0000008164",
        "0100000164",
      ].join(""),
    );
  });

  it("gives back the transaction", () => {
    expect(decodeTransaction(encode(transfer))).toEqual(transfer);
    fc.assert(
      fc.property(arbitraryTransaction, (transaction) => {
        expect(decodeTransaction(encode(transaction))).toEqual(transaction);
      }),
      { numRuns: 1_000 },
    );
  });

  it("ends where it says: appended to each other, transactions cannot be taken for others", () => {
    fc.assert(
      fc.property(
        arbitraryTransaction,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        (transaction, cut, more) => {
          const bytes = encode(transaction);
          expect(codeOf(() => decodeTransaction(bytes.subarray(0, cut % bytes.length)))).toBe("store-corrupt");
          expect(codeOf(() => decodeTransaction(Buffer.concat([bytes, more])))).toBe("store-corrupt");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is the only one: changed or invented bytes are refused, or are another transaction's form", () => {
    const damaged = fc
      .tuple(arbitraryTransaction, fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([transaction, place, bits]) => {
        const bytes = encode(transaction);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ bits;
        return bytes as Uint8Array;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), (bytes) => {
        let again = "";
        const code = codeOf(() => {
          again = hex(encode(decodeTransaction(bytes)));
        });
        expect(code === "store-corrupt" || again === hex(bytes)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  // id "", index 0; then flags, accounts, assets, movements.
  it.each([
    ["unknown flags", "000004000000"],
    ["an account that nothing refers to", "0000000104610000"],
    ["a reference past the table", "00000001046101046201010000 00".replaceAll(" ", "")],
    ["an unknown kind", "0000000104610104620100000a00"],
    ["the same account twice", "00000002046104610104620200000000 0100000000".replaceAll(" ", "")],
    ["accounts out of the order of their use", "0000000204610463010462020100000000000000"],
  ])("has no %s", (_name, text) => {
    expect(codeOf(() => decodeTransaction(Buffer.from(text, "hex")))).toBe("store-corrupt");
  });

  it.each<[string, Partial<LedgerTransaction>]>([
    [
      "a kind that there is not",
      { movements: [{ account: "a", asset: "b", delta: 1n, kind: "gift" as MovementKind }] },
    ],
    ["an index that is no whole number", { index: 0.5 }],
    ["a text that UTF-8 cannot carry", { id: "\ud800" }],
  ])("refuses %s rather than write something else", (_name, change) => {
    expect(codeOf(() => encode({ ...transfer, ...change }))).toBe("plugin-invalid");
  });
});
