import { keyBytes } from "../wire/base58.ts";
import { derivedAddress } from "../wire/derived-address.ts";
import type { Instruction } from "../wire/message.ts";
import { u32, u64 } from "../wire/short-length.ts";
import { ADDRESS_TABLES, SYSTEM } from "./programs.ts";

/** Where the addresses begin in a table's data. */
const TABLE_META_BYTES = 56;

/** @param slot a recent one with a block, which makes the address */
export function createTable(authority: string, payer: string, slot: number) {
  const { address, bump } = derivedAddress([keyBytes(authority), u64(BigInt(slot))], ADDRESS_TABLES);
  const instruction: Instruction = {
    program: ADDRESS_TABLES,
    accounts: [
      { address, writable: true },
      { address: authority, signer: true },
      { address: payer, signer: true, writable: true },
      { address: SYSTEM },
    ],
    data: Buffer.concat([u32(0), u64(BigInt(slot)), Buffer.from([bump])]),
  };
  return { address, instruction };
}

/** What is added can be looked up from the next slot on. */
export function extendTable(
  table: string,
  authority: string,
  payer: string,
  addresses: readonly string[],
): Instruction {
  return {
    program: ADDRESS_TABLES,
    accounts: [
      { address: table, writable: true },
      { address: authority, signer: true },
      { address: payer, signer: true, writable: true },
      { address: SYSTEM },
    ],
    data: Buffer.concat([u32(2), u64(BigInt(addresses.length)), ...addresses.map(keyBytes)]),
  };
}

/** The keys in a table's data, 32 bytes each. */
export function readTable(data: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let at = TABLE_META_BYTES; at + 32 <= data.length; at += 32) keys.push(data.subarray(at, at + 32));
  return keys;
}
