import secp256k1 from "secp256k1";
import { expect, it } from "vitest";
import { signEcdsa, signSchnorr, testKey, tweakForTaproot } from "../../../../src/testing/bitcoin/keys.ts";

it("signs as vector 0 of BIP340, which has no auxiliary randomness", () => {
  const privateKey = Buffer.alloc(32);
  privateKey[31] = 3;
  const key = { privateKey, publicKey: secp256k1.publicKeyCreate(privateKey) };
  expect(
    Buffer.from(signSchnorr(Buffer.alloc(32), key))
      .toString("hex")
      .toUpperCase(),
  ).toBe(
    "E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0",
  );
});

it("tweaks a key as the first key path of BIP341's vectors", () => {
  // wallet-test-vectors.json, keyPathSpending, input 0: no scripts.
  const privateKey = Buffer.from("6b973d88838f27366ed61c9ad6367663045cb456e28335c109e30717ae0c6baa", "hex");
  const tweaked = tweakForTaproot({ privateKey, publicKey: secp256k1.publicKeyCreate(privateKey) });
  const expected = "2405b971772ad26915c8dcdf10f238753a9b837e5f8e6a86fd7c0cce5b7296d9";
  const twin = Buffer.from(secp256k1.privateKeyNegate(Buffer.from(expected, "hex"))).toString("hex");
  expect([expected, twin]).toContain(Buffer.from(tweaked.privateKey).toString("hex"));
});

it("has the same keys and signatures on every machine", () => {
  const key = testKey("alder");
  expect(Buffer.from(key.publicKey).toString("hex")).toMatch(/^0[23][0-9a-f]{64}$/);
  expect(testKey("alder")).toEqual(key);
  expect(testKey("birch")).not.toEqual(key);
  const hash = Buffer.alloc(32, 5);
  expect(signEcdsa(hash, key)).toEqual(signEcdsa(hash, key));
  expect(secp256k1.ecdsaVerify(signEcdsa(hash, key), hash, key.publicKey)).toBe(true);
});
