import { describe, expect, test } from "vitest";
import { ByteCursor } from "../../../../src/plugins/bitcoin/codec/byte-cursor.ts";
import { hashText } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { hashTransactions } from "../../../../src/plugins/bitcoin/codec/transaction-ids.ts";
import { readTransaction } from "../../../../src/plugins/bitcoin/codec/transactions.ts";
import { readBlock } from "../../../../src/plugins/bitcoin/read-block.ts";
import { networkNamed, type RecordedBlock, readBitcoinFixture, readBytes } from "../../../support/bitcoin-fixtures.ts";
import { codeOf } from "../../../support/error-code.ts";

const bitcoin = networkNamed("Bitcoin");
const SEGWIT = readBitcoinFixture<RecordedBlock>("bcoin-org__bcoin/bitcoin/mainnet_482683.json");
const bytes = Buffer.from(SEGWIT.hex, "hex");

describe("bytes that are no block", () => {
  test("every cut is found, with the place", () => {
    for (let size = 0; size < bytes.length; size += size < 200 ? 1 : 37) {
      expect(() => readBytes(bytes.subarray(0, size), SEGWIT.height, bitcoin)).toThrow(/block 482683.*, byte \d+: /);
      expect(codeOf(() => readBytes(bytes.subarray(0, size), SEGWIT.height, bitcoin))).toBe("node-bad-response");
    }
  });

  test("bytes after the end", () => {
    expect(() => readBytes(Buffer.concat([bytes, Buffer.of(0)]), SEGWIT.height, bitcoin)).toThrow(/1 bytes after/);
  });

  test("numbers in a longer form than they need", () => {
    for (const longer of ["fd0c00", "fe0c000000", "ff0c00000000000000"]) {
      const changed = Buffer.concat([bytes.subarray(0, 80), Buffer.from(longer, "hex"), bytes.subarray(81)]);
      expect(() => readBytes(changed, SEGWIT.height, bitcoin)).toThrow(/not written in its shortest form/);
    }
  });

  test("counts beyond what the bytes could hold", () => {
    const changed = Buffer.concat([
      bytes.subarray(0, 80),
      Buffer.from("ffffffffffffffffff", "hex"),
      bytes.subarray(81),
    ]);
    expect(() => readBytes(changed, SEGWIT.height, bitcoin)).toThrow(/too few/);
  });

  test("witnesses on a network that has none", () => {
    expect(() => readBytes(bytes, SEGWIT.height, networkNamed("Bitcoin Cash"))).toThrow(/without inputs/);
  });
});

test("another block than asked", () => {
  const source = { bytes, node: "n", height: SEGWIT.height };
  const wrong = [{ hash: "00".repeat(32) }, { height: 1 }, { hash: SEGWIT.hash, height: 1 }];
  for (const asked of wrong) expect(codeOf(() => readBlock({ ...source, asked }, bitcoin))).toBe("node-wrong-block");
  expect(readBlock({ ...source, asked: { hash: SEGWIT.hash } }, bitcoin).ref.hash).toBe(SEGWIT.hash);
});

function readAlone(hex: string, extensionBlocks = false) {
  const cursor = new ByteCursor(Buffer.from(hex, "hex"), "test");
  const table = readTransaction(cursor, { witnesses: true, extensionBlocks });
  if (cursor.left > 0) throw cursor.error("bytes are left");
  return { table, id: hashText(hashTransactions(cursor.bytes, table)) };
}

describe("transactions", () => {
  const { valid, invalid } = readBitcoinFixture<{
    valid: { id: string; hex: string; whex?: string; weight: number; raw: { outs: { value: number }[] } }[];
    invalid: { fromBuffer: { hex: string; exception: string }[] };
  }>("bitcoinjs__bitcoinjs-lib/transaction.json");

  test.each(valid)("$id", ({ id, hex, whex, raw }) => {
    for (const form of [hex, whex]) {
      if (!form) continue;
      const read = readAlone(form);
      expect(read.id).toBe(id);
      expect(read.table.amount).toHaveLength(raw.outs.length);
    }
  });

  test.each(invalid.fromBuffer)("$exception", ({ hex }) => {
    expect(codeOf(() => readAlone(hex))).toBe("node-bad-response");
  });

  test.each(["bitcoin_regtest_001_p2wpkh", "bitcoin_testnet_001_mixed_nonsegwit_segwit_inputs"])("%s", (name) => {
    const told = readBitcoinFixture<{ txid: string; hex: string; vin: object[]; vout: object[] }>(
      `spesmilo__electrumx/transactions/${name}.json`,
    );
    const { id, table } = readAlone(told.hex);
    expect(id).toBe(told.txid);
    expect([table.outpoint.length, table.amount.length]).toEqual([told.vin.length, told.vout.length]);
  });

  test("of the extension block's flag only the balancing transaction's form is known", () => {
    const output = `0100e1f505000000001600${"14"}${"11".repeat(20)}`;
    const body = `00${output}`;
    const plain = readAlone(`02000000000${"8"}${body}0000000000`, true);
    expect(plain.table.integrating).toBe(true);
    // The id covers neither marker nor flag nor what follows the flag.
    const id = hashTransactions(Buffer.from(`02000000${body}00000000`, "hex"), {
      ...plain.table,
      end: [4 + body.length / 2 + 4],
      bodyStart: [4],
    });
    expect(plain.id).toBe(hashText(id));
    expect(() => readAlone(`02000000000${"8"}${body}0100000000`, true)).toThrow(/outside its block/);
    expect(() => readAlone(`02000000000${"8"}${body}0000000000`)).toThrow(/flags of 8/);
  });
});
