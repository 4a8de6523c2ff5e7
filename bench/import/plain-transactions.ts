// Ordinary transactions without witnesses: the coinbases of empty blocks, and what pays for the templates.
import { sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";
import { compactSizeBytes } from "./compact-size.ts";

/** What an output is named by: the 32 bytes of its transaction's id on the wire, and its position there. */
export type Outpoint = { readonly id: Buffer; readonly position: number };
export type PlainOutput = { readonly amount: number; readonly script: Buffer };

/** As long as a signature and a key: nobody runs it here, but blocks are to be as dense as real ones. */
const SIGNATURE_BYTES = 107;

/** A transaction whose inputs have a script of the usual length, all alike. */
export function payment(inputs: readonly Outpoint[], outputs: readonly PlainOutput[]): Buffer {
  const parts: Buffer[] = [uint32(2), compactSizeBytes(inputs.length)];
  const signature = Buffer.alloc(SIGNATURE_BYTES, 0x30);
  for (const { id, position } of inputs) {
    parts.push(id, uint32(position), compactSizeBytes(SIGNATURE_BYTES), signature, uint32(0xffff_fffd));
  }
  return finish(parts, outputs);
}

/** @param script from 2 to 100 bytes */
export function coinbase(script: Buffer, outputs: readonly PlainOutput[]): Buffer {
  const parts = [uint32(2), compactSizeBytes(1), Buffer.alloc(32), uint32(0xffff_ffff)];
  parts.push(compactSizeBytes(script.length), script, uint32(0xffff_ffff));
  return finish(parts, outputs);
}

function finish(parts: Buffer[], outputs: readonly PlainOutput[]): Buffer {
  parts.push(compactSizeBytes(outputs.length));
  for (const { amount, script } of outputs) {
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(BigInt(amount));
    parts.push(value, compactSizeBytes(script.length), script);
  }
  parts.push(uint32(0));
  return Buffer.concat(parts);
}

export function idOf(transaction: Buffer): Buffer {
  return sha256d(transaction);
}

/** A script that pays to the key's hash that the numbers stand for. */
export function payToKey(...numbers: readonly number[]): Buffer {
  const hash = sha256d(Buffer.from(numbers.join("/"))).subarray(0, 20);
  return Buffer.concat([Buffer.of(0x76, 0xa9, 20), hash, Buffer.of(0x88, 0xac)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
