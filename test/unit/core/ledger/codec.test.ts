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

const HASH = "c0ffee00".repeat(8);
const OTHER = "deadbeef".repeat(8);

/** Spends what another made and what it makes itself, in ids of every form. */
const payment: LedgerTransaction = {
  id: HASH,
  index: 1,
  status: "success",
  fee: null,
  movements: [{ account: "alice", asset: "coin", delta: -100n, kind: "transfer" }],
  outputs: {
    spends: [
      { id: `${OTHER}:7`, account: "alice", asset: "coin", amount: 300n },
      { id: "other:200", account: "bob", asset: "coin", amount: 1n },
    ],
    makes: [
      { id: `${HASH}:0`, account: "alice", asset: "coin", amount: 200n },
      { id: `${HASH}:50`, account: "carol", asset: "gold", amount: 0n },
    ],
    coinbase: false,
  },
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

  it("is these bytes with outputs", () => {
    expect(hex(encode(payment))).toBe(
      [
        `8201${HASH}`, // the id, packed
        "01", // the index
        "05", // success, with outputs
        `0314${hex(Buffer.from("alice"))}0c${hex(Buffer.from("bob"))}14${hex(Buffer.from("carol"))}`,
        `0210${hex(Buffer.from("coin"))}10${hex(Buffer.from("gold"))}`,
        "01", // one movement
        "0000008164",
        "02", // spends two: id, account, asset, amount
        `16${OTHER}0000`, // 7 · 3 + 1, and a hash
        "02012c",
        `0224${hex(Buffer.from("other:200"))}0100`, // 2, and a text
        "0101",
        "02", // makes two
        "00000001c8", // 0 · 3: an id of its own
        "9601020100", // 50 · 3
      ].join(""),
    );
    const outputs = { spends: [], makes: [], coinbase: true };
    expect(hex(encode({ ...transfer, id: "", movements: [], fee: null, outputs }))).toBe("00030d0000000000");
  });

  it("gives back the transaction", () => {
    expect(decodeTransaction(encode(transfer))).toEqual(transfer);
    expect(decodeTransaction(encode(payment))).toEqual(payment);
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
    ["unknown flags", "000010000000"],
    ["a reward without outputs", "000008000000"],
    ["an account that nothing refers to", "0000000104610000"],
    ["a reference past the table", "00000001046101046201010000 00".replaceAll(" ", "")],
    ["an unknown kind", "0000000104610104620100000a00"],
    ["the same account twice", "00000002046104610104620200000000 0100000000".replaceAll(" ", "")],
    ["accounts out of the order of their use", "0000000204610463010462020100000000000000"],
  ])("has no %s", (_name, text) => {
    expect(codeOf(() => decodeTransaction(Buffer.from(text, "hex")))).toBe("store-corrupt");
  });

  it.each<[string, string, RegExp | "fine"]>([
    ["its own by position", "24", "fine"],
    ["a hash", `16${OTHER}`, "fine"],
    ["a text", `0210${hex(Buffer.from("x:01"))}`, "fine"],
    ["an own id as a text", `0210${hex(Buffer.from("cd:1"))}`, /no shorter form/],
    ["a hash as a text", `028802${hex(Buffer.from(`${OTHER}:1`))}`, /no shorter form/],
    ["a text with a position", `0510${hex(Buffer.from("x:01"))}`, /no shorter form/],
    ["a position beyond the largest", "80808018", /position of at most 16777215/],
  ])("has one form for the id of an output: %s", (_name, id, expected) => {
    // A transaction of the id "cd" and a movement of account "a" in asset "b", which spends one output.
    const bytes = Buffer.from(
      `086364 00 04 010461 010462 01 0000000101 01 ${id} 0000 00 00`.replaceAll(" ", ""),
      "hex",
    );
    if (expected === "fine") expect(hex(encode(decodeTransaction(bytes)))).toBe(hex(bytes));
    else expect(() => decodeTransaction(bytes)).toThrow(expected);
  });

  it("has no second form for the id of an output: its own id as a hash", () => {
    const twice = Buffer.from(hex(encode(payment)).replace(`16${OTHER}`, `16${HASH}`), "hex");
    expect(() => decodeTransaction(twice)).toThrow(/by position alone/);
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
