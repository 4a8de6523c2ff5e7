import { describe, expect, test } from "vitest";
import { sealBlock } from "../../../../src/core/ledger/seal.ts";
import {
  balanceKey,
  historyKey,
  keyHeight,
  keyIndex,
  keyNumber,
  keyText,
  MAX_NUMBER,
  TABLES,
  tableRange,
  textKey,
  transactionIdKey,
  transactionIdRange,
} from "../../../../src/store/level/keys.ts";

describe("keys", () => {
  test("give back what they were made of, up to the largest number", () => {
    for (const height of [0, 1, 255, 2 ** 32, MAX_NUMBER]) {
      const key = balanceKey(65_535, MAX_NUMBER, 7, height);
      expect([keyNumber(key, 0), keyNumber(key, 5), keyHeight(key, 10)]).toEqual([MAX_NUMBER, 7, height]);
    }
    expect(keyText(textKey(1, "asset", "erc20:0xab"))).toBe("erc20:0xab");
  });

  test("put newer heights of one account first, and other accounts apart", () => {
    const keys = [historyKey(1, 5, 9), historyKey(1, 5, 8), historyKey(1, 5, 0), historyKey(1, 6, MAX_NUMBER)];
    expect([...keys].sort(Buffer.compare)).toEqual(keys);
  });

  test("have one letter for each table, so that no two tables mix", () => {
    const letters = Object.values(TABLES);
    expect(new Set(letters).size).toBe(letters.length);
    const { gte, lt } = tableRange(3, "account");
    const key = textKey(3, "account", "0xffffffff");
    expect(Buffer.compare(gte, key) < 0 && Buffer.compare(key, lt) < 0).toBe(true);
    expect(Buffer.compare(textKey(4, "account", "0x00000000"), lt)).toBe(1);
  });

  test("find a transaction by the end of its id, whatever form the id has", () => {
    for (const id of [
      `0x${"12".repeat(32)}`,
      "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW",
      "ab",
      "",
    ]) {
      const ref = { height: 1, hash: "a", parentHash: "b", parentHeight: 0, time: 0 };
      const transaction = { id, index: 0, status: "success" as const, fee: null, movements: [] };
      const [encoded] = sealBlock({ ref, transactions: [transaction], observations: [] }).encoded;
      const key = transactionIdKey(1, encoded as Uint8Array, 77, 3);
      const { gte, lte } = transactionIdRange(1, id);
      expect(Buffer.compare(gte, key) <= 0 && Buffer.compare(key, lte) <= 0).toBe(true);
      expect([keyNumber(key, 8), keyIndex(key, 13)]).toEqual([77, 3]);
    }
  });
});
