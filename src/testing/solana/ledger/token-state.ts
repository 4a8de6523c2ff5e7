import { isTokenProgram } from "../programs/programs.ts";
import type { AccountState } from "../svm/account-state.ts";
import { keyText } from "../wire/base58.ts";
import type { ReadAccount, TokenBalance } from "./executed-transaction.ts";

const MINT_BYTES = 82;
const ACCOUNT_BYTES = 165;
/** Where Token-2022 says of an account with extensions what it is. */
const TYPE_AT = ACCOUNT_BYTES;
const TYPE_MINT = 1;
const TYPE_ACCOUNT = 2;

export type TokenAccount = { readonly mint: string; readonly owner: string; readonly amount: bigint };
export type Mint = { readonly supply: bigint; readonly decimals: number };

/** Undefined for what is no token account that has been set up. */
export function readTokenAccount(account: AccountState | undefined): TokenAccount | undefined {
  if (!account || !isTokenProgram(account.owner)) return undefined;
  const { data } = account;
  const isAccount = data.length === ACCOUNT_BYTES || (data.length > ACCOUNT_BYTES && data[TYPE_AT] === TYPE_ACCOUNT);
  if (!isAccount || data[108] === 0) return undefined;
  return { mint: keyText(data.subarray(0, 32)), owner: keyText(data.subarray(32, 64)), amount: readU64(data, 64) };
}

/** Undefined for what is no mint that has been set up. */
export function readMint(account: AccountState | undefined): Mint | undefined {
  if (!account || !isTokenProgram(account.owner)) return undefined;
  const { data } = account;
  const isMint = data.length === MINT_BYTES || (data.length > ACCOUNT_BYTES && data[TYPE_AT] === TYPE_MINT);
  if (!isMint || data[45] !== 1) return undefined;
  return { supply: readU64(data, 36), decimals: data[44] as number };
}

/** The tokens among a transaction's accounts, as nodes list them: only accounts whose mint can be read. */
export function listTokenBalances(
  keys: readonly string[],
  accounts: readonly (AccountState | undefined)[],
  read: ReadAccount,
): TokenBalance[] {
  const balances: TokenBalance[] = [];
  for (const [accountIndex, account] of accounts.entries()) {
    const token = readTokenAccount(account);
    if (!account || !token) continue;
    const at = keys.indexOf(token.mint);
    const mint = readMint(at >= 0 ? accounts[at] : read(token.mint));
    if (mint) balances.push({ accountIndex, ...token, programId: account.owner, decimals: mint.decimals });
  }
  return balances;
}

function readU64(data: Uint8Array, at: number): bigint {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(at, true);
}
