import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type VerifySignature,
  verifyByOpenSsl,
  verifyBySodium,
} from "../../../../src/plugins/solana/verify/signatures.ts";

const ways: readonly (readonly [string, VerifySignature])[] = [
  ["OpenSSL", verifyByOpenSsl],
  ...(verifyBySodium ? ([["libsodium", verifyBySodium]] as const) : []),
];
const seedPrefix = Buffer.from("302e020100300506032b657004220420", "hex");
/** The order of Ed25519's base point, to be added to a signature's second half (RFC 8032, 5.1.7). */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function sign64(seed: Uint8Array, message: Uint8Array) {
  const privateKey = createPrivateKey({ key: Buffer.concat([seedPrefix, seed]), format: "der", type: "pkcs8" });
  const key = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(12);
  return { key, signature: sign(null, message, privateKey) };
}

describe.each(ways)("%s", (_name, holds) => {
  test("takes what was signed, and nothing of which a bit is another", () => {
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(seeds, fc.uint8Array({ minLength: 1, maxLength: 1232 }), fc.nat(), (seed, text, bit) => {
        const message = Buffer.from(text);
        const { key, signature } = sign64(seed, message);
        expect(holds(key, message, signature)).toBe(true);
        for (const part of [key, message, signature]) {
          const at = Math.floor(bit / 8) % part.length;
          const before = part[at] as number;
          part[at] = before ^ (1 << (bit % 8));
          expect(holds(key, message, signature)).toBe(false);
          part[at] = before;
        }
      }),
      { numRuns: 50 },
    );
  });

  test("takes no second form of a signature", () => {
    const message = Buffer.from("once");
    const { key, signature } = sign64(new Uint8Array(32).fill(7), message);
    const second = Buffer.from(signature);
    let sum = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + ORDER;
    for (let i = 32; i < 64; i++, sum >>= 8n) second[i] = Number(sum & 0xffn);
    expect([holds(key, message, signature), holds(key, message, second)]).toEqual([true, false]);
  });
});

test.runIf(verifyBySodium)("libsodium takes no key of small order, whose signatures hold for any message", () => {
  // The neutral element: with it, R = 1 and S = 0 hold whatever was signed.
  const neutral = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
  const signature = Buffer.concat([neutral, Buffer.alloc(32)]);
  expect(verifyBySodium?.(neutral, Buffer.from("anything"), signature)).toBe(false);
});
