/** Programs and sysvars by their addresses. */
export const SYSTEM = "11111111111111111111111111111111";
export const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const ASSOCIATED_TOKEN = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
export const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
export const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
export const ADDRESS_TABLES = "AddressLookupTab1e1111111111111111111111111";
export const VOTE = "Vote111111111111111111111111111111111111111";
export const RENT_SYSVAR = "SysvarRent111111111111111111111111111111111";
export const CLOCK_SYSVAR = "SysvarC1ock11111111111111111111111111111111";

/** The program that both memos and nodes know as the second version of memo is `MEMO`; this is the first. */
export const MEMO_V1 = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";

export function isTokenProgram(owner: string): boolean {
  return owner === TOKEN || owner === TOKEN_2022;
}
