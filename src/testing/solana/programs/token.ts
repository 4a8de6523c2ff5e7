import { keyBytes } from "../wire/base58.ts";
import { derivedAddress } from "../wire/derived-address.ts";
import type { Instruction } from "../wire/message.ts";
import { u64 } from "../wire/short-length.ts";
import { ASSOCIATED_TOKEN, SYSTEM, TOKEN_2022 } from "./programs.ts";

export const MINT_BYTES = 82;
export const TOKEN_ACCOUNT_BYTES = 165;
/** A mint of Token-2022 with a transfer fee: padded to an account's size, its type, then the extension (4 and 108 bytes). */
export const FEE_MINT_BYTES = TOKEN_ACCOUNT_BYTES + 1 + 4 + 108;

/** One owner's account of a mint by the associated token program. */
export function associatedAddress(owner: string, mint: string, program: string): string {
  return derivedAddress([keyBytes(owner), keyBytes(program), keyBytes(mint)], ASSOCIATED_TOKEN).address;
}

export function createAssociated(payer: string, owner: string, mint: string, program: string): Instruction {
  return {
    program: ASSOCIATED_TOKEN,
    accounts: [
      { address: payer, signer: true, writable: true },
      { address: associatedAddress(owner, mint, program), writable: true },
      { address: owner },
      { address: mint },
      { address: SYSTEM },
      { address: program },
    ],
    // CreateIdempotent: does nothing where the account is there.
    data: Buffer.from([1]),
  };
}

/** InitializeMint2, without a freeze authority. */
export function initializeMint(mint: string, decimals: number, authority: string, program: string): Instruction {
  return {
    program,
    accounts: [{ address: mint, writable: true }],
    data: Buffer.concat([Buffer.from([20, decimals]), keyBytes(authority), Buffer.from([0])]),
  };
}

/** TransferFeeExtension of Token-2022, before `initializeMint`. @param basisPoints of what is transferred, at most `most` */
export function initializeTransferFee(mint: string, authority: string, basisPoints: number, most: bigint): Instruction {
  const points = Buffer.alloc(2);
  points.writeUInt16LE(basisPoints);
  const key = Buffer.concat([Buffer.from([1]), keyBytes(authority)]);
  return {
    program: TOKEN_2022,
    accounts: [{ address: mint, writable: true }],
    data: Buffer.concat([Buffer.from([26, 0]), key, key, points, u64(most)]),
  };
}

/** InitializeAccount3: an account of any address for an owner. */
export function initializeAccount(account: string, mint: string, owner: string, program: string): Instruction {
  return {
    program,
    accounts: [{ address: account, writable: true }, { address: mint }],
    data: Buffer.concat([Buffer.from([18]), keyBytes(owner)]),
  };
}

export function mintTo(mint: string, account: string, authority: string, amount: bigint, program: string): Instruction {
  return {
    program,
    accounts: [
      { address: mint, writable: true },
      { address: account, writable: true },
      { address: authority, signer: true },
    ],
    data: Buffer.concat([Buffer.from([7]), u64(amount)]),
  };
}

export type TokenMove = {
  readonly from: string;
  readonly mint: string;
  readonly to: string;
  readonly owner: string;
  readonly amount: bigint;
  readonly decimals: number;
  readonly program: string;
};

/** TransferChecked, which a mint with a transfer fee asks for. */
export function transferTokens({ from, mint, to, owner, amount, decimals, program }: TokenMove): Instruction {
  return {
    program,
    accounts: [
      { address: from, writable: true },
      { address: mint },
      { address: to, writable: true },
      { address: owner, signer: true },
    ],
    data: Buffer.concat([Buffer.from([12]), u64(amount), Buffer.from([decimals])]),
  };
}

export function burn(account: string, mint: string, owner: string, amount: bigint, program: string): Instruction {
  return {
    program,
    accounts: [
      { address: account, writable: true },
      { address: mint, writable: true },
      { address: owner, signer: true },
    ],
    data: Buffer.concat([Buffer.from([8]), u64(amount)]),
  };
}

/** Closes an account without tokens; its lamports go to `to`. */
export function closeAccount(account: string, to: string, owner: string, program: string): Instruction {
  return {
    program,
    accounts: [
      { address: account, writable: true },
      { address: to, writable: true },
      { address: owner, signer: true },
    ],
    data: Buffer.from([9]),
  };
}

/** SetAuthority of the kind AccountOwner: the account and its tokens change hands. */
export function setOwner(account: string, owner: string, next: string, program: string): Instruction {
  return {
    program,
    accounts: [
      { address: account, writable: true },
      { address: owner, signer: true },
    ],
    data: Buffer.concat([Buffer.from([6, 2, 1]), keyBytes(next)]),
  };
}
