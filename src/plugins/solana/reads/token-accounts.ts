import { HeadwaterError } from "../../../core/errors.ts";
import { type RpcCall, type RpcOutcome, unwrap } from "../../json-rpc/messages.ts";
import type { Answer } from "../codec/answer.ts";
import { keyText } from "../codec/base58.ts";
import { isRpcError } from "../rpc-errors.ts";
import { isTokenProgram, type TokenProgram } from "../token-programs.ts";
import { readState, type StateAsked, stateConfig } from "./context.ts";

/** One account that holds tokens of one mint. */
export type TokenAccount = {
  readonly address: string;
  readonly program: TokenProgram;
  readonly mint: string;
  readonly amount: bigint;
};

/** All token accounts of an owner that were asked for, after the block at `slot`; null where there is no such mint. */
export type OwnedTokens = { readonly slot: number; readonly accounts: readonly TokenAccount[] | null };

/** Which of an owner's token accounts: those of one mint, or of one program. */
export type TokenFilter = { readonly mint: string } | { readonly programId: TokenProgram };

const METHOD = "getTokenAccountsByOwner";

/** How a token account begins, in both programs (spl-token `state.rs`): mint, owner, and the amount as a u64, lowest byte first. */
const OWNER_AT = 32;
const AMOUNT_AT = 64;
const END = 72;

/** `getTokenAccountsByOwner` for the bytes that tell mint, owner and amount. */
export function tokensByOwner(owner: string, filter: TokenFilter, asked: StateAsked): RpcCall {
  const dataSlice = { offset: 0, length: END };
  return { method: METHOD, params: [owner, filter, { encoding: "base64", dataSlice, ...stateConfig(asked) }] };
}

/**
 * Reads the answer to `tokensByOwner`. What is of another owner or mint than asked is refused: it would be added up.
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block`, and what the node's error is classified as
 */
export function readOwnedTokens(
  owner: string,
  filter: TokenFilter,
  asked: StateAsked,
  outcome: RpcOutcome,
  mintless: number,
): OwnedTokens {
  if (!outcome.ok && isRpcError(outcome.error, "no-mint")) return { slot: mintless, accounts: null };
  const { slot, value, answer } = readState(asked, METHOD, unwrap(outcome));
  const seen = new Set<string>();
  const accounts = answer.list(value, "value").map((entry, i) => {
    const account = readTokenAccount(answer, entry, `value[${i}]`, owner, filter);
    if (seen.has(account.address)) throw answer.refuse(`value[${i}].pubkey`, "an address once", account.address);
    seen.add(account.address);
    return account;
  });
  return { slot, accounts };
}

function readTokenAccount(
  answer: Answer,
  entry: unknown,
  path: string,
  owner: string,
  filter: TokenFilter,
): TokenAccount {
  const { pubkey, account } = answer.record(entry, path) as { pubkey?: unknown; account?: unknown };
  const address = answer.text(pubkey, `${path}.pubkey`);
  const { owner: program, data } = answer.record(account, `${path}.account`) as { owner?: unknown; data?: unknown };
  if (!isTokenProgram(program)) throw answer.refuse(`${path}.account.owner`, "a token program", program);
  const bytes = readBytes(answer, data, `${path}.account.data`);
  if (bytes.length !== END) throw answer.refuse(`${path}.account.data`, `${END} bytes`, `${bytes.length} bytes`);
  const mint = keyText(bytes, 0);
  const told = keyText(bytes, OWNER_AT);
  if (told !== owner) throw answer.refuse(`${path}.account.data`, `an account of ${owner}`, told);
  const isAsked = "mint" in filter ? mint === filter.mint : program === filter.programId;
  if (!isAsked) throw answer.refuse(path, `a token account by ${JSON.stringify(filter)}`, `${mint} of ${program}`);
  return { address, program, mint, amount: bytes.readBigUInt64LE(AMOUNT_AT) };
}

/** The bytes of an account's data, which come as a base64 text and the name of that. */
export function readBytes(answer: Answer, data: unknown, path: string): Buffer {
  const [text, encoding] = answer.list(data, path);
  if (encoding !== "base64" || typeof text !== "string") throw answer.refuse(path, 'a text and "base64"', data);
  return Buffer.from(text, "base64");
}

/** What all accounts of a mint hold together. @throws HeadwaterError `node-bad-response` beyond what a mint can have made */
export function sumOf(accounts: readonly TokenAccount[], mint: string, where: string): bigint {
  let sum = 0n;
  for (const account of accounts) if (account.mint === mint) sum += account.amount;
  if (sum < 2n ** 64n) return sum;
  throw new HeadwaterError(
    "node-bad-response",
    `${where}: token accounts hold ${sum} of ${mint}, more than a mint has`,
  );
}
