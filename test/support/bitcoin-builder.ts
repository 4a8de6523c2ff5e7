import { sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import type { BitcoinBlock } from "../../src/plugins/bitcoin/read-block.ts";
import { buildMerkleTree } from "../../src/plugins/bitcoin/verify/merkle-root.ts";
import { compactSize, readBytes } from "./bitcoin-fixtures.ts";

export type BuiltInput = { readonly id: Buffer; readonly index: number };
export type BuiltOutput = { readonly amount: bigint; readonly script: string };

/** Pays to a public key's hash that is the same byte twenty times. */
export function payTo(byte: number): string {
  return `76a914${Buffer.alloc(20, byte).toString("hex")}88ac`;
}

/** A transaction without witnesses. */
export function buildTransaction(inputs: readonly BuiltInput[], outputs: readonly BuiltOutput[], script = ""): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const blob = (bytes: Buffer) => Buffer.concat([compactSize(bytes.length), bytes]);
  return Buffer.concat([
    number(1),
    compactSize(inputs.length),
    ...inputs.map(({ id, index }) =>
      Buffer.concat([id, number(index), blob(Buffer.from(script, "hex")), number(0xffff_ffff)]),
    ),
    compactSize(outputs.length),
    ...outputs.map(({ amount, script: to }) => {
      const value = Buffer.alloc(8);
      value.writeBigUInt64LE(amount);
      return Buffer.concat([value, blob(Buffer.from(to, "hex"))]);
    }),
    number(0),
  ]);
}

export function buildCoinbase(outputs: readonly BuiltOutput[], script: string): Buffer {
  return buildTransaction([{ id: Buffer.alloc(32), index: 0xffff_ffff }], outputs, script);
}

/** A block with an arbitrary header that commits to the transactions and whose work holds for the easiest target. */
export function buildBlock(
  transactions: readonly Buffer[],
  height: number,
  network: BitcoinNetwork,
  tail: Uint8Array = Buffer.alloc(0),
  { parentHash = "00".repeat(32), time = 1_700_000_000 }: { readonly parentHash?: string; readonly time?: number } = {},
): BitcoinBlock {
  const header = Buffer.alloc(80);
  header.writeInt32LE(4, 0);
  header.set(Buffer.from(parentHash, "hex").reverse(), 4);
  header.writeUInt32LE(time, 68);
  header.writeUInt32LE(0x207fffff, 72);
  const bytes = Buffer.concat([header, compactSize(transactions.length), ...transactions, tail]);
  buildMerkleTree(readBytes(bytes, height, network).ids).root.copy(bytes, 36);
  while ((sha256d(bytes.subarray(0, 80))[31] as number) > 0x7f) bytes.writeUInt32LE(bytes.readUInt32LE(76) + 1, 76);
  return readBytes(bytes, height, network);
}
