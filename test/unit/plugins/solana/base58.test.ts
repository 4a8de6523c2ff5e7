import bs58 from "bs58";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBase58, keyText } from "../../../../src/plugins/solana/codec/base58.ts";

test("bytes are written as the library writes them", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 70 }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
    // Zeros before it are characters of their own.
    fc
      .tuple(fc.nat(64), fc.uint8Array({ maxLength: 6 }))
      .map(([zeros, rest]) => Uint8Array.of(...new Array(zeros).fill(0), ...rest)),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      expect(encodeBase58(value)).toBe(bs58.encode(value));
    }),
    { numRuns: 2_000 },
  );
  for (const byte of [0, 1, 57, 58, 255]) {
    for (const length of [0, 1, 31, 32, 33, 63, 64, 65]) {
      const value = new Uint8Array(length).fill(byte);
      expect(encodeBase58(value)).toBe(bs58.encode(value));
    }
  }
});

test("a key's text is that of its 32 bytes, each time it is asked for", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 33, maxLength: 80 }), fc.nat(), (value, place) => {
      const at = place % (value.length - 32);
      const expected = bs58.encode(value.subarray(at, at + 32));
      expect([keyText(Buffer.from(value), at), keyText(Buffer.from(value), at)]).toEqual([expected, expected]);
    }),
  );
});
