/** An account as it is after some transaction. One without lamports is none: it stands for undefined. */
export type AccountState = {
  readonly lamports: bigint;
  readonly data: Uint8Array;
  /** The program that owns it, base58. */
  readonly owner: string;
  readonly executable: boolean;
  readonly rentEpoch: bigint;
};

/** What nodes give as the epoch at which rent is due next, since nobody pays rent any more. */
export const NO_RENT_EPOCH = 2n ** 64n - 1n;

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";

/** An account that holds lamports and nothing else. */
export function plainAccount(lamports: bigint): AccountState {
  return { lamports, data: new Uint8Array(0), owner: SYSTEM_PROGRAM, executable: false, rentEpoch: NO_RENT_EPOCH };
}

export function isSameAccount(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    Buffer.compare(a.data, b.data) === 0
  );
}
