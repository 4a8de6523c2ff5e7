import type { Bank } from "../ledger/bank.ts";
import { readMint, readTokenAccount } from "../ledger/token-state.ts";
import type { NodeView } from "../node-view.ts";
import { isTokenProgram } from "../programs/programs.ts";
import type { AccountState } from "../svm/account-state.ts";
import { invalidParams } from "./fault.ts";
import { type RpcMethods, readBank, readConfig, readKey, readSlot, readTexts, withContext } from "./params.ts";
import { showAccount } from "./show-account.ts";
import { showTokenAmount } from "./show-amount.ts";

/** Accounts that one call may ask for, as nodes have it. */
const MAX_ACCOUNTS = 100;

export const ACCOUNT_METHODS: RpcMethods = {
  getBalance: (view, [key, config]) => {
    const address = readKey(key);
    const bank = readBank(view, readConfig(config));
    return withContext(bank, view.cluster.account(address, bank)?.lamports ?? 0n);
  },
  getAccountInfo: (view, [key, config]) => {
    const address = readKey(key);
    const options = readConfig(config);
    const bank = readBank(view, options);
    const read = readerOf(view, bank);
    return withContext(bank, showAccount(read(address), options, read, "binary"));
  },
  getMultipleAccounts: (view, [keys, config]) => {
    const addresses = readTexts(keys);
    if (addresses.length > MAX_ACCOUNTS) throw invalidParams(`Too many inputs provided; max ${MAX_ACCOUNTS}`);
    const options = readConfig(config);
    for (const address of addresses) readKey(address);
    const bank = readBank(view, options);
    const read = readerOf(view, bank);
    return withContext(
      bank,
      addresses.map((address) => showAccount(read(address), options, read, "base64")),
    );
  },
  getTokenAccountsByOwner: (view, [key, filter, config]) => {
    const owner = readKey(key);
    const options = readConfig(config);
    const bank = readBank(view, options);
    const read = readerOf(view, bank);
    const wanted = readTokenFilter(readConfig(filter), read);
    const found: unknown[] = [];
    for (const [pubkey, account] of view.cluster.ledger.accounts.written(bank)) {
      if (account.owner !== wanted.program) continue;
      const token = readTokenAccount(account);
      if (token?.owner !== owner || (wanted.mint !== undefined && token.mint !== wanted.mint)) continue;
      found.push({ pubkey, account: showAccount(account, options, read, "binary") });
    }
    return withContext(bank, found);
  },
  getTokenAccountBalance: (view, [key, config]) => {
    const address = readKey(key);
    const bank = readBank(view, readConfig(config));
    const read = readerOf(view, bank);
    const account = expectAccount(read(address));
    const token = readTokenAccount(account);
    if (!token) throw invalidParams("Invalid param: not a Token account");
    return withContext(bank, showTokenAmount(token.amount, expectMint(read(token.mint)).decimals));
  },
  getTokenSupply: (view, [key, config]) => {
    const address = readKey(key);
    const bank = readBank(view, readConfig(config));
    const mint = expectMint(expectAccount(readerOf(view, bank)(address)));
    return withContext(bank, showTokenAmount(mint.supply, mint.decimals));
  },
  getMinimumBalanceForRentExemption: (view, [size]) => view.cluster.ledger.svm.minimumBalance(readSlot(size)),
};

export function readerOf(view: NodeView, bank: Bank): (address: string) => AccountState | undefined {
  return (address) => view.cluster.account(address, bank);
}

function readTokenFilter(
  { mint, programId }: Readonly<Record<string, unknown>>,
  read: (address: string) => AccountState | undefined,
): { readonly program: string; readonly mint: string | undefined } {
  if (mint !== undefined) {
    const address = readKey(mint);
    const account = expectAccount(read(address), "Invalid param: could not find mint");
    expectMint(account);
    return { program: account.owner, mint: address };
  }
  const program = readKey(programId);
  if (!isTokenProgram(program)) throw invalidParams("Invalid param: unrecognized Token program id");
  return { program, mint: undefined };
}

function expectAccount(
  account: AccountState | undefined,
  message = "Invalid param: could not find account",
): AccountState {
  if (!account) throw invalidParams(message);
  return account;
}

function expectMint(account: AccountState | undefined) {
  const mint = readMint(account);
  if (!mint) throw invalidParams("Invalid param: not a Token mint");
  return mint;
}
