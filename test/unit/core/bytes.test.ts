import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../src/core/bytes.ts";
import { codeOf } from "../../support/error-code.ts";

function write(fill: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(1);
  fill(writer);
  return writer.finish();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const reader = (text: string) => new ByteReader(Buffer.from(text, "hex"));

type Kind = "varint" | "bigint" | "text" | "blob";
const KINDS = ["varint", "bigint", "text", "blob"] as const;

/** Reads the bytes as values of one kind to their end and writes these again: the bytes written, or the error's code. */
function rewrite(bytes: Uint8Array, kind: Kind): string {
  const read = new ByteReader(bytes);
  const writer = new ByteWriter();
  const code = codeOf(() => {
    while (!read.done) (writer[kind] as (value: unknown) => void)(read[kind]());
  });
  return code === "none" ? hex(writer.finish()) : code;
}

/** Texts of every sort that the packing must tell apart: plain, hex-looking in all its near misses, any Unicode. */
const texts = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^(0x)?[0-9a-f]{0,70}$/),
  fc.stringMatching(/^(0x)?[0-9a-fA-F]{0,70}$/),
  fc.stringMatching(/^0x0?x?[0-9a-g]{6,10}$/),
);
const numbers = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.nat(53).map((bits) => 2 ** bits - 1),
);
const bigints = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 1008n) + 1n, max: 2n ** 1008n - 1n }),
  fc.nat(125).chain((size) => fc.constantFrom(...[-1n, 0n, 1n].map((d) => 256n ** BigInt(size) + d))),
);

describe("what is written is read again", () => {
  it("as the same values, whatever they are and in whatever order", () => {
    const value = fc.oneof(
      numbers.map((v) => ({ kind: "varint" as const, v })),
      bigints.map((v) => ({ kind: "bigint" as const, v })),
      texts.map((v) => ({ kind: "text" as const, v })),
      fc.uint8Array({ maxLength: 300 }).map((v) => ({ kind: "blob" as const, v })),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), (values) => {
        const bytes = write((writer) => {
          for (const { kind, v } of values) (writer[kind] as (value: unknown) => void)(v);
        });
        const read = new ByteReader(bytes);
        for (const { kind, v } of values) {
          const got = read[kind]();
          if (kind === "blob") expect(hex(got as Buffer)).toBe(hex(v));
          else expect(got).toBe(v);
        }
        expect(read.done).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("only whole: no value's bytes can be cut short", () => {
    const fill = fc.oneof(
      numbers.map((v) => ({ kind: "varint" as const, v })),
      bigints.map((v) => ({ kind: "bigint" as const, v })),
      texts.map((v) => ({ kind: "text" as const, v })),
    );
    fc.assert(
      fc.property(fill, fc.nat(), ({ kind, v }, cut) => {
        const bytes = write((writer) => (writer[kind] as (value: unknown) => void)(v));
        expect(codeOf(() => new ByteReader(bytes.subarray(0, cut % bytes.length))[kind]())).toBe("store-corrupt");
      }),
      { numRuns: 1_000 },
    );
  });
});

it("any bytes are refused as store-corrupt or are the one form of what is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...KINDS), (bytes, kind) => {
      const outcome = rewrite(bytes, kind);
      expect(outcome === "store-corrupt" || outcome === hex(bytes)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

describe("the form itself", () => {
  it.each<[string, (writer: ByteWriter) => void, string]>([
    ["0", (w) => w.varint(0), "00"],
    ["127", (w) => w.varint(127), "7f"],
    ["128", (w) => w.varint(128), "8001"],
    ["2^32", (w) => w.varint(2 ** 32), "8080808010"],
    ["2^53 - 1", (w) => w.varint(Number.MAX_SAFE_INTEGER), "ffffffffffffff0f"],
    ["amount 0", (w) => w.bigint(0n), "00"],
    ["amount 1", (w) => w.bigint(1n), "0101"],
    ["amount -1", (w) => w.bigint(-1n), "8101"],
    ["amount 2^64 - 1", (w) => w.bigint(2n ** 64n - 1n), `08${"ff".repeat(8)}`],
    ["amount 2^128 - 1", (w) => w.bigint(2n ** 128n - 1n), `10${"ff".repeat(16)}`],
    ["amount 2^128", (w) => w.bigint(2n ** 128n), `11${"01".padEnd(34, "0")}`],
    ["amount 256", (w) => w.bigint(256n), "020100"],
    ["amount 2^32", (w) => w.bigint(2n ** 32n), "050100000000"],
    ["amount -2^64", (w) => w.bigint(-(2n ** 64n)), "89010000000000000000"],
    ["an empty text", (w) => w.text(""), "00"],
    ["a short text", (w) => w.text("ab"), "086162"],
    ["packed hex", (w) => w.text("deadbeef"), "12deadbeef"],
    ["packed hex with 0x", (w) => w.text("0xdeadbeef"), "11deadbeef"],
    ["upper-case hex", (w) => w.text("DEADBEEF"), `20${hex(Buffer.from("DEADBEEF"))}`],
    ["too little hex", (w) => w.text("0xdeadbe"), `20${hex(Buffer.from("0xdeadbe"))}`],
    ["hex of odd length", (w) => w.text("0xdeadbeef0"), `2c${hex(Buffer.from("0xdeadbeef0"))}`],
    ["beyond ASCII", (w) => w.text("é😀"), "18c3a9f09f9880"],
    ["bytes", (w) => w.blob(Uint8Array.of(1, 2)), "020102"],
  ])("of %s", (_name, fill, expected) => {
    expect(hex(write(fill))).toBe(expected);
  });

  it.each<[string, Kind, string]>([
    ["nothing", "varint", ""],
    ["a number cut short", "varint", "80"],
    ["a number with a needless byte", "varint", "8000"],
    ["2^53", "varint", "8080808080808010"],
    ["a number of nine bytes", "varint", "808080808080808001"],
    ["minus zero", "bigint", "80"],
    ["an amount with a leading zero", "bigint", "020001"],
    ["an amount of 127 bytes", "bigint", `7f${"01".repeat(127)}`],
    ["a text that says it is longer than the bytes", "text", "ffffffffffffff0f"],
    ["a text of an unknown tag", "text", "03"],
    ["packed text that is too short to be packed", "text", "0dabcdef"],
    ["hex that is not packed", "text", `20${hex(Buffer.from("deadbeef"))}`],
    ["bytes that are no UTF-8", "text", "04ff"],
    ["a surrogate in UTF-8", "text", "0ceda080"],
    ["bytes cut short", "blob", "0201"],
  ])("is not %s", (_name, kind, bytes) => {
    expect(codeOf(() => reader(bytes)[kind]())).toBe("store-corrupt");
  });

  it("keeps a replacement character that was really there", () => {
    expect(new ByteReader(write((writer) => writer.text("a\ufffdb"))).text()).toBe("a\ufffdb");
  });
});

describe("what has no form is refused", () => {
  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("the number %d", (value) => {
    expect(codeOf(() => write((writer) => writer.varint(value)))).toBe("plugin-invalid");
  });

  it.each(["\ud800", "a\udc00b", "\udc00\ud800"])("the text %j with a lone surrogate", (text) => {
    expect(codeOf(() => write((writer) => writer.text(text)))).toBe("plugin-invalid");
  });

  it("an amount of more than 126 bytes", () => {
    const largest = 256n ** 126n - 1n;
    expect(write((writer) => writer.bigint(largest))).toHaveLength(127);
    expect(codeOf(() => write((writer) => writer.bigint(largest + 1n)))).toBe("plugin-invalid");
    expect(codeOf(() => write((writer) => writer.bigint(-largest - 1n)))).toBe("plugin-invalid");
  });
});

describe("ByteWriter", () => {
  it("gives copies that later writing does not touch", () => {
    const writer = new ByteWriter(0);
    writer.text("first");
    const first = writer.finish();
    const from = writer.length;
    writer.varint(5);
    expect(hex(writer.slice(from))).toBe("05");
    writer.reset();
    expect(writer.length).toBe(0);
    writer.text("other");
    expect(new ByteReader(first).text()).toBe("first");
    expect(new ByteReader(writer.finish()).text()).toBe("other");
  });

  it("reads from the middle of a larger buffer", () => {
    const bytes = Uint8Array.from([9, 9, 4, 97, 9]);
    expect(new ByteReader(bytes.subarray(2, 4)).text()).toBe("a");
  });
});
