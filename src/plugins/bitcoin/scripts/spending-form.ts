import type { BitcoinNetwork } from "../networks/network.ts";

/** Which forms of output scripts have an address on a network. */
export type ScriptRules = Pick<BitcoinNetwork, "addresses" | "cashTokens" | "scriptHash32">;

const OP_0 = 0x00;
const OP_1 = 0x51;
const OP_16 = 0x60;
const OP_RETURN = 0x6a;
const OP_DUP = 0x76;
const OP_EQUAL = 0x87;
const OP_EQUALVERIFY = 0x88;
const OP_HASH160 = 0xa9;
const OP_HASH256 = 0xaa;
const OP_CHECKSIG = 0xac;

/** Longer scripts cannot be run, so what is sent to them is lost. */
const MAX_SCRIPT_BYTES = 10_000;

/** Whether what is sent to the script can never be spent, as nodes judge it when they leave it out of the UTXO set. */
export function isUnspendable(bytes: Uint8Array, start: number, end: number): boolean {
  return (end > start && bytes[start] === OP_RETURN) || end - start > MAX_SCRIPT_BYTES;
}

/** Pay to public key hash: `OP_DUP OP_HASH160 <20> OP_EQUALVERIFY OP_CHECKSIG`. */
export function isPubKeyHash(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 25 &&
    bytes[start] === OP_DUP &&
    bytes[start + 1] === OP_HASH160 &&
    bytes[start + 2] === 20 &&
    bytes[start + 23] === OP_EQUALVERIFY &&
    bytes[start + 24] === OP_CHECKSIG
  );
}

/** Pay to script hash: `OP_HASH160 <20> OP_EQUAL` (BIP16). */
export function isScriptHash(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 23 && bytes[start] === OP_HASH160 && bytes[start + 1] === 20 && bytes[start + 22] === OP_EQUAL;
}

/** `OP_HASH256 <32> OP_EQUAL`, Bitcoin Cash's longer form of pay to script hash. */
export function isScriptHash32(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 35 && bytes[start] === OP_HASH256 && bytes[start + 1] === 32 && bytes[start + 34] === OP_EQUAL;
}

/**
 * A version and 2 to 40 bytes that have an address (BIP141, BIP350): of version 0 only the two lengths that are defined, of
 * the later ones all.
 */
function isWitnessProgram(bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start - 2;
  if (size < 2 || size > 40 || bytes[start + 1] !== size) return false;
  const version = bytes[start] as number;
  if (version === OP_0) return size === 20 || size === 32;
  return version >= OP_1 && version <= OP_16;
}

/** Whether the script has an address on the network. */
export function hasAddress(bytes: Uint8Array, start: number, end: number, rules: ScriptRules): boolean {
  return (
    isPubKeyHash(bytes, start, end) ||
    isScriptHash(bytes, start, end) ||
    (rules.addresses.segwit !== undefined && isWitnessProgram(bytes, start, end)) ||
    (rules.scriptHash32 && isScriptHash32(bytes, start, end))
  );
}
