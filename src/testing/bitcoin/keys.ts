import { createHash } from "node:crypto";
import { taggedHash } from "bitcoinjs-lib/src/crypto";
import secp256k1 from "secp256k1";

/** A key pair that everybody can work out: nothing of value may ever be sent to it. */
export type TestKey = {
  readonly privateKey: Uint8Array;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
};

/** The same key for the same label on every machine. */
export function testKey(label: string): TestKey {
  const privateKey = createHash("sha256").update(`headwater test key ${label}`).digest();
  return { privateKey, publicKey: secp256k1.publicKeyCreate(privateKey) };
}

/** A signature in 64 bytes (r and s, s low), the same for the same key and hash (RFC 6979). */
export function signEcdsa(hash: Uint8Array, { privateKey }: TestKey): Uint8Array {
  return secp256k1.ecdsaSign(hash, privateKey).signature;
}

/** A signature of BIP340 in 64 bytes, without auxiliary randomness. */
export function signSchnorr(hash: Uint8Array, key: TestKey): Uint8Array {
  const { privateKey, publicKey } = withEvenY(key);
  const masked = Buffer.from(taggedHash("BIP0340/aux", new Uint8Array(32)));
  for (let i = 0; i < 32; i++) masked[i] = (masked[i] as number) ^ (privateKey[i] as number);
  const seed = taggedHash("BIP0340/nonce", Buffer.concat([masked, publicKey.subarray(1), hash]));
  const nonce = withEvenY({ privateKey: seed, publicKey: secp256k1.publicKeyCreate(seed) });
  const commitment = nonce.publicKey.subarray(1);
  const challenge = taggedHash("BIP0340/challenge", Buffer.concat([commitment, publicKey.subarray(1), hash]));
  const product = secp256k1.privateKeyTweakMul(Uint8Array.from(privateKey), challenge);
  return Buffer.concat([commitment, secp256k1.privateKeyTweakAdd(product, nonce.privateKey)]);
}

/** The key by which an output of BIP341 is spent that commits to no scripts. */
export function tweakForTaproot(key: TestKey): TestKey {
  const { privateKey, publicKey } = withEvenY(key);
  const tweak = taggedHash("TapTweak", publicKey.subarray(1));
  const tweaked = secp256k1.privateKeyTweakAdd(Uint8Array.from(privateKey), tweak);
  return { privateKey: tweaked, publicKey: secp256k1.publicKeyCreate(tweaked) };
}

/** Of the two private keys for a point's x the one whose point has an even y. */
function withEvenY({ privateKey, publicKey }: TestKey): TestKey {
  if (publicKey[0] === 2) return { privateKey, publicKey };
  const negated = secp256k1.privateKeyNegate(Uint8Array.from(privateKey));
  return { privateKey: negated, publicKey: secp256k1.publicKeyCreate(negated) };
}
