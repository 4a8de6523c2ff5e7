import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashPairsTwice, hashSinglesOnce } from "../../../../src/plugins/bitcoin/codec/sha256/batch.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

function messages(count: number, size: number): Buffer {
  // The platform's own hash as a source of bytes that repeat nowhere.
  return Buffer.concat(Array.from({ length: (count * size) / 32 }, (_, i) => sha256(Buffer.from(`${count} ${i}`))));
}

function expected(all: Buffer, size: number, hash: (bytes: Buffer) => Buffer): Buffer {
  return Buffer.concat(
    Array.from({ length: all.length / size }, (_, i) => hash(all.subarray(i * size, (i + 1) * size))),
  );
}

test.each([1, 2, 3, 4, 5, 7, 4095, 4096, 4097, 8195])("hashes %i messages as the platform does", (count) => {
  const pairs = messages(count, 64);
  const twice = Buffer.alloc(count * 32 + 32, 0xaa);
  hashPairsTwice(pairs, twice, count);
  expect(twice.subarray(0, count * 32)).toEqual(expected(pairs, 64, (bytes) => sha256(sha256(bytes))));
  const singles = messages(count, 32);
  const once = Buffer.alloc(count * 32 + 32, 0xaa);
  hashSinglesOnce(singles, once, count);
  expect(once.subarray(0, count * 32)).toEqual(expected(singles, 32, sha256));
  // Four are hashed at a time, and no more is written than was asked for.
  for (const bytes of [twice, once]) expect(bytes.subarray(count * 32)).toEqual(Buffer.alloc(32, 0xaa));
});

test("any bytes, over the very bytes that are hashed", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 64, maxLength: 64 }), { minLength: 1, maxLength: 9 }), (all) => {
      const bytes = Buffer.concat(all);
      const wanted = expected(Buffer.from(bytes), 64, (message) => sha256(sha256(message)));
      hashPairsTwice(bytes, bytes, all.length);
      expect(bytes.subarray(0, wanted.length)).toEqual(wanted);
    }),
  );
});
