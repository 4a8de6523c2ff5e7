import { fromBase58Check, fromBech32, toBase58Check, toBech32 } from "bitcoinjs-lib/src/address";
import type { AddressForms } from "../networks/network.ts";
import { readCashAddress, writeCashAddress } from "./cash-address.ts";
import { isPubKeyHash, isScriptHash, isScriptHash32 } from "./spending-form.ts";

/** Longer than any address of any network here. */
const MAX_ADDRESS_CHARACTERS = 128;

/** The address of a script that has one on the network. */
export function addressOfScript(script: Buffer, forms: AddressForms): string {
  const size = script.length;
  const { cash } = forms;
  if (isPubKeyHash(script, 0, size)) {
    const hash = script.subarray(3, 23);
    return cash === undefined ? toBase58Check(hash, forms.pubKeyHash) : writeCashAddress(cash, "pubKeyHash", hash);
  }
  if (isScriptHash(script, 0, size)) {
    const hash = script.subarray(2, 22);
    return cash === undefined ? toBase58Check(hash, forms.scriptHash) : writeCashAddress(cash, "scriptHash", hash);
  }
  if (cash !== undefined && isScriptHash32(script, 0, size)) {
    return writeCashAddress(cash, "scriptHash", script.subarray(2, 34));
  }
  return toBech32(script.subarray(2), versionOf(script[0] as number), forms.segwit as string);
}

/** The script that an address stands for, or undefined where the text is no address of the network. */
export function scriptOfAddress(text: string, forms: AddressForms): Buffer | undefined {
  if (text.length > MAX_ADDRESS_CHARACTERS) return undefined;
  return (
    (forms.segwit === undefined ? undefined : scriptOfBech32(text, forms.segwit)) ??
    (forms.cash === undefined ? undefined : scriptOfCashAddress(text, forms.cash)) ??
    scriptOfBase58(text, forms)
  );
}

function scriptOfBech32(text: string, prefix: string): Buffer | undefined {
  const read = attempt(() => fromBech32(text));
  if (!read || read.prefix !== prefix) return undefined;
  const { version, data } = read;
  return Buffer.from([version === 0 ? 0 : 0x50 + version, data.length, ...data]);
}

function scriptOfCashAddress(text: string, prefix: string): Buffer | undefined {
  const read = readCashAddress(prefix, text);
  if (!read) return undefined;
  if (read.type === "scriptHash") return scriptHashScript(read.hash);
  return read.hash.length === 20 ? pubKeyHashScript(read.hash) : undefined;
}

function scriptOfBase58(text: string, forms: AddressForms): Buffer | undefined {
  const read = attempt(() => fromBase58Check(text));
  if (!read) return undefined;
  const { version, hash } = read;
  if (version === forms.pubKeyHash) return pubKeyHashScript(hash);
  const isHash = version === forms.scriptHash || forms.formerScriptHashes.includes(version);
  return isHash ? scriptHashScript(hash) : undefined;
}

function pubKeyHashScript(hash: Uint8Array): Buffer {
  return Buffer.from([0x76, 0xa9, hash.length, ...hash, 0x88, 0xac]);
}

function scriptHashScript(hash: Uint8Array): Buffer {
  return Buffer.from([hash.length === 32 ? 0xaa : 0xa9, hash.length, ...hash, 0x87]);
}

function versionOf(opcode: number): number {
  return opcode === 0 ? 0 : opcode - 0x50;
}

/** The library tells by an exception that a text is no address; here that is one of several forms it may have. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
