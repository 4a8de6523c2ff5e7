import { decodeRlp, encodeRlp, getBytes, hexlify } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RlpValue, readInteger, readRlp } from "../../../../../src/plugins/evm/proof/rlp-reader.ts";

type Tree = string | Tree[];
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.uint8Array({ maxLength: 70 }).map((bytes) => hexlify(bytes)),
    fc.array(tie("tree"), { maxLength: 20 }),
  ),
}));

function toHex(value: RlpValue): Tree {
  return value instanceof Uint8Array ? hexlify(value) : value.map(toHex);
}

describe("readRlp", () => {
  it("reads what another library wrote", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(toHex(readRlp(getBytes(encodeRlp(value))) as RlpValue)).toEqual(value);
      }),
    );
  });

  it("reads large lists and bytes", () => {
    for (const size of [55, 56, 255, 256, 65_536]) {
      const bytes = `0x${"ab".repeat(size)}`;
      expect(toHex(readRlp(getBytes(encodeRlp([bytes]))) as RlpValue)).toEqual([bytes]);
    }
  });

  it("takes nothing that is not the encoding of what it reads", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const value = readRlp(bytes);
        if (value !== undefined) expect(encodeRlp(toHex(value))).toBe(hexlify(bytes));
        else expect(() => expect(encodeRlp(decodeRlp(bytes))).toBe(hexlify(bytes))).toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["0x", "0x8100", "0x817f", "0xb800", "0xb837", "0xb90038", "0xc1", "0xc28101", "0xf800", "0x8000", "0xbf"])(
    "takes %s for nothing",
    (hex) => {
      expect(readRlp(getBytes(hex))).toBeUndefined();
    },
  );
});

describe("readInteger", () => {
  it("reads numbers without leading zeros, of so many bytes", () => {
    expect(readInteger(getBytes("0x"), 8)).toBe(0n);
    expect(readInteger(getBytes("0x0100"), 2)).toBe(256n);
    expect(readInteger(getBytes(`0x${"ff".repeat(32)}`), 32)).toBe(2n ** 256n - 1n);
  });

  it.each([getBytes("0x00"), getBytes("0x0001"), getBytes("0x010203"), [], undefined])("refuses %s", (value) => {
    expect(readInteger(value, 2)).toBeUndefined();
  });
});
