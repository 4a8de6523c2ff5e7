import { keyBytes } from "../wire/base58.ts";
import type { Instruction } from "../wire/message.ts";
import { u32, u64 } from "../wire/short-length.ts";
import { COMPUTE_BUDGET, MEMO, SYSTEM } from "./programs.ts";

export function transfer(from: string, to: string, lamports: bigint): Instruction {
  return {
    program: SYSTEM,
    accounts: [
      { address: from, signer: true, writable: true },
      { address: to, writable: true },
    ],
    data: Buffer.concat([u32(2), u64(lamports)]),
  };
}

export function createAccount(
  from: string,
  account: string,
  { lamports, sizeBytes, owner }: { readonly lamports: bigint; readonly sizeBytes: number; readonly owner: string },
): Instruction {
  return {
    program: SYSTEM,
    accounts: [
      { address: from, signer: true, writable: true },
      { address: account, signer: true, writable: true },
    ],
    data: Buffer.concat([u32(0), u64(lamports), u64(BigInt(sizeBytes)), keyBytes(owner)]),
  };
}

export function memo(text: string): Instruction {
  return { program: MEMO, accounts: [], data: Buffer.from(text) };
}

/** @param microLamports for each unit of computation that the limit allows, rounded up to whole lamports in the end */
export function priorityFee(microLamports: bigint, unitLimit: number): Instruction[] {
  return [
    { program: COMPUTE_BUDGET, accounts: [], data: Buffer.concat([Buffer.from([2]), u32(unitLimit)]) },
    { program: COMPUTE_BUDGET, accounts: [], data: Buffer.concat([Buffer.from([3]), u64(microLamports)]) },
  ];
}
