import { describe, expect, test } from "vitest";
import type { RawPending } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { Output } from "../../../../src/core/model.ts";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { decodePending, listPendingOutputs } from "../../../../src/plugins/bitcoin/pending.ts";
import { buildTransaction, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

const bitcoin = networkNamed("Bitcoin");
const litecoin = networkNamed("Litecoin");
const plain = buildTransaction(
  [{ id: Buffer.alloc(32, 7), index: 3 }],
  [
    { amount: 70n, script: payTo(2) },
    { amount: 5n, script: "6a0101" },
  ],
);
const id = hashText(sha256d(plain));
const spent: Output = {
  id: `${"07".repeat(32)}:3`,
  account: payTo(1),
  asset: "slip44:0",
  amount: 100n,
  height: 9,
  coinbase: false,
};
const raw = (bytes: Uint8Array, of = id): RawPending => ({ id: of, node: "n", bytes });

/** The same transaction with marker, flags and what follows the outputs because of them. */
function flagged(flags: number, tail: string): Buffer {
  return Buffer.concat([
    plain.subarray(0, 4),
    Buffer.of(0, flags),
    plain.subarray(4, -4),
    Buffer.from(tail, "hex"),
    plain.subarray(-4),
  ]);
}

function fieldOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return String(error.details["field"] ?? error.code);
    throw error;
  }
  return "none";
}

describe("a transaction in no block", () => {
  test("spends and makes, has a fee, and its size in virtual bytes", () => {
    expect(listPendingOutputs(raw(plain), bitcoin)).toEqual({
      spends: [spent.id],
      makes: [{ id: `${id}:0`, account: payTo(2), asset: "slip44:0", amount: 70n, height: -1, coinbase: false }],
    });
    const { transaction, size, replaceable } = decodePending(raw(plain), [spent], bitcoin);
    expect(transaction).toMatchObject({ id, index: 0, fee: { payer: payTo(1), amount: 25n } });
    expect(transaction.movements.map(({ delta, kind }) => [delta, kind])).toEqual([
      [-25n, "fee"],
      [-5n, "burn"],
      [-70n, "transfer"],
      [70n, "transfer"],
    ]);
    expect([size, replaceable]).toEqual([plain.length, false]);
  });

  test("with witnesses has the same id, and they count a quarter", () => {
    const signed = flagged(1, `0140${"aa".repeat(64)}`);
    // 66 bytes of witness and the two that announce it: 17 virtual bytes.
    expect(decodePending(raw(signed), [spent], bitcoin).size).toBe(plain.length + 17);
  });

  test.each([
    [0xffff_ffff, false],
    [0xffff_fffe, false],
    [0xffff_fffd, true],
    [0, true],
  ])("with the sequence number %i may be replaced: %s", (sequence, expected) => {
    const bytes = Buffer.from(plain);
    bytes.writeUInt32LE(sequence, 4 + 1 + 36 + 1);
    expect(decodePending(raw(bytes, hashText(sha256d(bytes))), [spent], bitcoin).replaceable).toBe(expected);
  });

  test("is refused when it is another, cut off, followed by more, or pays out more than it spends", () => {
    expect(fieldOf(() => listPendingOutputs(raw(plain, "ab".repeat(32)), bitcoin))).toBe("node-bad-response");
    expect(fieldOf(() => listPendingOutputs(raw(plain.subarray(0, -1)), bitcoin))).toBe("node-bad-response");
    expect(fieldOf(() => listPendingOutputs(raw(Buffer.concat([plain, Buffer.of(0)])), bitcoin))).toBe(
      "node-bad-response",
    );
    expect(fieldOf(() => decodePending(raw(plain), [{ ...spent, amount: 74n }], bitcoin))).toBe("outputs");
    expect(fieldOf(() => decodePending(raw(plain), [{ ...spent, id: "x:0" }], bitcoin))).toBe("spent output");
    expect(fieldOf(() => decodePending(raw(plain), [], bitcoin))).toBe("spent output");
  });

  test("on Litecoin may do more in the extension block, which its id does not cover and nobody looks into", () => {
    const more = flagged(8, `01${"bb".repeat(200)}`);
    expect(listPendingOutputs(raw(more), litecoin).spends).toEqual([spent.id]);
    expect(decodePending(raw(more), [spent], litecoin).size).toBe(plain.length);
    expect(fieldOf(() => listPendingOutputs(raw(more), bitcoin))).toBe("node-bad-response");
    const within = Buffer.concat([Buffer.from("0200000000080000", "hex"), Buffer.alloc(300, 0xcc), Buffer.alloc(4)]);
    expect(listPendingOutputs(raw(within, "cd".repeat(32)), litecoin)).toEqual({ spends: [], makes: [] });
    expect(decodePending(raw(within, "cd".repeat(32)), [], litecoin).transaction).toEqual({
      id: "cd".repeat(32),
      index: 0,
      status: "success",
      fee: null,
      movements: [],
    });
  });
});
