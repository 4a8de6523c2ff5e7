import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeToken, encodeToken } from "../../../src/api/token.ts";
import { codeOf } from "../../support/error-code.ts";

const chainId = fc.constantFrom("memory:one", "eip155:1", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "abc:__proto__");

describe("tokens", () => {
  it("come back as they were made, with the hash shortened", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(chainId, fc.record({ height: fc.maxSafeNat(), hash: fc.string() })), {
          selector: ([chain]) => chain,
        }),
        (places) => {
          const back = decodeToken(encodeToken(places));
          expect([...back].sort()).toEqual(
            places.map(([chain, { height, hash }]) => [chain, { height, hashEnd: hash.slice(-18) }]).sort(),
          );
        },
      ),
    );
  });

  it("are refused with anything after their end", () => {
    fc.assert(
      fc.property(chainId, fc.maxSafeNat(), fc.stringMatching(/^[\w=-]{1,4}$/), (chain, height, more) => {
        const token = encodeToken([[chain, { height, hash: "b" }]]);
        expect(codeOf(() => decodeToken(token + more))).toBe("invalid-token");
      }),
    );
  });

  it("are refused when damaged, whatever came", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(codeOf(() => decodeToken(text))).toBe("invalid-token");
      }),
    );
    for (const value of [
      null,
      1,
      [1],
      [1, null],
      [1, []],
      [0, {}],
      [1, { x: [1, "a"] }],
      [1, { "a:b": 1 }],
      [1, { "abc:b": ["1", "a"] }],
      [1, { "abc:b": [1.5, "a"] }],
      [1, { "abc:b": [1, 2] }],
    ]) {
      const text = Buffer.from(JSON.stringify(value)).toString("base64url");
      expect(
        codeOf(() => decodeToken(text)),
        JSON.stringify(value),
      ).toBe("invalid-token");
    }
  });
});
