import { keyBytes } from "../wire/base58.ts";
import type { Instruction } from "../wire/message.ts";
import { shortLength, u32, u64, varint } from "../wire/short-length.ts";
import { CLOCK_SYSVAR, RENT_SYSVAR, VOTE } from "./programs.ts";

/** The room of a vote account's data, bytes. */
export const VOTE_ACCOUNT_BYTES = 3_762;

export type VoteLockout = { readonly slot: number; readonly confirmations: number };

/** InitializeAccount: the validator's identity votes and withdraws. */
export function initializeVoteAccount(account: string, identity: string): Instruction {
  const key = keyBytes(identity);
  return {
    program: VOTE,
    accounts: [
      { address: account, writable: true },
      { address: RENT_SYSVAR },
      { address: CLOCK_SYSVAR },
      { address: identity, signer: true },
    ],
    data: Buffer.concat([u32(0), key, key, key, Buffer.from([100])]),
  };
}

/**
 * TowerSync, as validators send it with every block: all votes that still count, the newest last.
 * @param hash of the bank voted for, 32 bytes
 */
export function towerSync(
  account: string,
  identity: string,
  vote: {
    readonly root: number | undefined;
    readonly lockouts: readonly VoteLockout[];
    readonly hash: Uint8Array;
    readonly unixTime: number;
  },
): Instruction {
  const { root, lockouts, hash, unixTime } = vote;
  let before = root ?? 0;
  const offsets = lockouts.map(({ slot, confirmations }) => {
    const bytes = Buffer.from([...varint(BigInt(slot - before)), confirmations]);
    before = slot;
    return bytes;
  });
  const time = Buffer.concat([Buffer.from([1]), u64(BigInt(unixTime))]);
  return {
    program: VOTE,
    accounts: [
      { address: account, writable: true },
      { address: identity, signer: true },
    ],
    data: Buffer.concat([
      u32(14),
      u64(root === undefined ? 2n ** 64n - 1n : BigInt(root)),
      Buffer.from(shortLength(lockouts.length)),
      ...offsets,
      hash,
      time,
      // The block's own id, which only validators compare.
      hash,
    ]),
  };
}
