import { createHash } from "node:crypto";
import { LIMITS } from "../../../core/limits.ts";
import { Recent } from "../../../core/recent.ts";
import { keyBytes, keyText } from "./base58.ts";

/** The field and the curve of Ed25519 (RFC 8032, section 5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

export type DerivedAddress = { readonly address: string; readonly bump: number };

// Each takes a millisecond, and the same token accounts are asked for again and again.
const known = new Recent<string, DerivedAddress>(LIMITS.derivedTextCacheEntries);

/** The address that a program owns by these seeds: the first of 256 candidates, downwards, that is no public key. */
export function derivedAddress(seeds: readonly Uint8Array[], program: string): DerivedAddress {
  const name = `${program} ${seeds.map((seed) => Buffer.from(seed).toString("hex")).join(" ")}`;
  const found = known.get(name) ?? derive(seeds, program);
  known.set(name, found);
  return found;
}

function derive(seeds: readonly Uint8Array[], program: string): DerivedAddress {
  for (let bump = 255; bump >= 0; bump--) {
    const hash = createHash("sha256");
    for (const seed of seeds) hash.update(seed);
    hash.update(Uint8Array.of(bump)).update(keyBytes(program)).update("ProgramDerivedAddress");
    const bytes = hash.digest();
    if (!isOnCurve(bytes)) return { address: keyText(bytes), bump };
  }
  throw new RangeError("no address can be derived from these seeds");
}

/** Whether 32 bytes are a point of the curve: whether x² = (y² - 1) / (d·y² + 1) has a root. */
export function isOnCurve(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).reverse().toString("hex");
  const y = (BigInt(`0x${text}`) & (2n ** 255n - 1n)) % P;
  const square = (y * y) % P;
  const x2 = (((square - 1n + P) % P) * power((D * square + 1n) % P, P - 2n)) % P;
  return x2 === 0n || power(x2, (P - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base % P;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}
