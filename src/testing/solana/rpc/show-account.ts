import type { ReadAccount } from "../ledger/executed-transaction.ts";
import { readMint, readTokenAccount } from "../ledger/token-state.ts";
import { isTokenProgram, TOKEN_2022 } from "../programs/programs.ts";
import type { AccountState } from "../svm/account-state.ts";
import { encodeBase58 } from "../wire/base58.ts";
import { invalidParams, RPC_CODES, RpcFault } from "./fault.ts";
import type { Config } from "./params.ts";
import { showTokenAmount } from "./show-amount.ts";

const MAX_BASE58_BYTES = 128;

/** An account in the form of `getAccountInfo`; null where there is none. @param standard the encoding that nodes take by default */
export function showAccount(
  account: AccountState | undefined,
  config: Config,
  read: ReadAccount,
  standard: "binary" | "base64",
): unknown {
  if (!account) return null;
  const { lamports, owner, executable, rentEpoch } = account;
  const space = account.data.length;
  return { data: showData(account, config, read, standard), executable, lamports, owner, rentEpoch, space };
}

function showData(
  account: AccountState,
  { encoding = null, dataSlice }: Config,
  read: ReadAccount,
  standard: string,
): unknown {
  const chosen = encoding ?? standard;
  const data = slice(account.data, dataSlice);
  switch (chosen) {
    case "base64":
      return [Buffer.from(data).toString("base64"), "base64"];
    case "binary":
    case "base58":
      if (data.length > MAX_BASE58_BYTES) {
        throw new RpcFault(
          RPC_CODES.invalidRequest,
          `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
        );
      }
      return chosen === "binary" ? encodeBase58(data) : [encodeBase58(data), "base58"];
    case "jsonParsed":
      // What nodes cannot parse they give as base64.
      return parseTokens(account, read) ?? [Buffer.from(data).toString("base64"), "base64"];
    default:
      throw invalidParams(
        `Invalid params: unknown variant \`${String(chosen)}\`, expected one of \`binary\`, \`base58\`, \`base64\`, \`jsonParsed\`.`,
      );
  }
}

function slice(data: Uint8Array, range: unknown): Uint8Array {
  if (typeof range !== "object" || range === null) return data;
  const { offset, length } = range as { readonly offset?: unknown; readonly length?: unknown };
  if (typeof offset !== "number" || typeof length !== "number")
    throw invalidParams("Invalid params: missing field `offset`.");
  return data.subarray(offset, offset + length);
}

/** Token accounts and mints, without their extensions. */
function parseTokens(account: AccountState, read: ReadAccount): unknown {
  if (!isTokenProgram(account.owner)) return undefined;
  const told = {
    program: account.owner === TOKEN_2022 ? "spl-token-2022" : "spl-token",
    space: account.data.length,
  };
  const mint = readMint(account);
  if (mint) {
    const info = { decimals: mint.decimals, supply: mint.supply.toString(), isInitialized: true };
    return { ...told, parsed: { type: "mint", info } };
  }
  const token = readTokenAccount(account);
  const decimals = token && readMint(read(token.mint))?.decimals;
  if (!token || decimals === undefined) return undefined;
  const info = {
    isNative: account.data[109] === 1,
    mint: token.mint,
    owner: token.owner,
    state: account.data[108] === 2 ? "frozen" : "initialized",
    tokenAmount: showTokenAmount(token.amount, decimals),
  };
  return { ...told, parsed: { type: "account", info } };
}
