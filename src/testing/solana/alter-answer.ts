import { createHash } from "node:crypto";
import type { Alteration, DialectCall } from "../faulty-node/fault-dialect.ts";
import { isTokenProgram } from "./programs/programs.ts";
import { keyText } from "./wire/base58.ts";

type Json = Readonly<Record<string, unknown>>;

/** Where a token account's amount stands in its data. */
const AMOUNT_AT = 64;

/** An answer with a lie in it; undefined where there is nothing to lie about. Blocks keep their hash, and hold in themselves. */
export function alterAnswer({ method }: DialectCall, result: unknown, how: Alteration): unknown {
  switch (how) {
    case "wrong-chain":
      return method === "getGenesisHash" ? keyText(createHash("sha256").update(String(result)).digest()) : undefined;
    case "changed-balance":
      return alterBalances(method, result);
    case "changed-movement":
      return method === "getBlock" ? alterTransactions(result, shiftLamport) : undefined;
    case "missing-movement":
      return method === "getBlock" ? alterTransactions(result, () => []) : undefined;
  }
}

/** The block with the last transaction that moved something between two accounts changed, or left out. */
function alterTransactions(result: unknown, change: (transaction: Json) => readonly Json[]): unknown {
  const { transactions } = (result ?? {}) as { readonly transactions?: readonly Json[] };
  const at = transactions?.findLastIndex((transaction) => changedPlaces(transaction).length > 1) ?? -1;
  if (!transactions || at < 0) return undefined;
  const before = transactions.slice(0, at);
  return {
    ...(result as Json),
    transactions: [...before, ...change(transactions[at] as Json), ...transactions.slice(at + 1)],
  };
}

/** One lamport more for the last account that changed, and one less for another: it still adds up. */
function shiftLamport(transaction: Json): Json[] {
  const meta = transaction["meta"] as Json;
  const after = [...(meta["postBalances"] as unknown[])];
  const places = changedPlaces(transaction);
  const to = places.at(-1) as number;
  const from = places.findLast((place) => place !== to && amountOf(after[place]) > 0n) ?? (places[0] as number);
  after[to] = numberOf(amountOf(after[to]) + 1n);
  after[from] = numberOf(amountOf(after[from]) - 1n);
  return [{ ...transaction, meta: { ...meta, postBalances: after } }];
}

function changedPlaces({ meta }: Json): number[] {
  const { err, preBalances, postBalances } = (meta ?? {}) as {
    readonly err?: unknown;
    readonly preBalances?: readonly unknown[];
    readonly postBalances?: readonly unknown[];
  };
  if (err !== null || !preBalances || !postBalances) return [];
  return postBalances.flatMap((after, place) => (amountOf(after) === amountOf(preBalances[place]) ? [] : [place]));
}

/** One more of everything. */
function alterBalances(method: string, result: unknown): unknown {
  const { value } = (result ?? {}) as { readonly value?: unknown };
  const changed = alterValue(method, value);
  return changed === undefined ? undefined : { ...(result as Json), value: changed };
}

function alterValue(method: string, value: unknown): unknown {
  switch (method) {
    case "getBalance":
      return numberOf(amountOf(value) + 1n);
    case "getAccountInfo":
      return value === null ? undefined : alterAccount(value);
    case "getMultipleAccounts":
      return (value as readonly unknown[]).map((account) => account && alterAccount(account));
    case "getTokenAccountsByOwner":
      return (value as readonly Json[]).map((each) => ({ ...each, account: alterAccount(each["account"]) }));
    case "getTokenAccountBalance":
      return { ...(value as Json), amount: (BigInt(String((value as Json)["amount"])) + 1n).toString() };
    default:
      return undefined;
  }
}

function alterAccount(account: unknown): Json {
  const { owner, data, lamports } = account as Json;
  const bumped = isTokenProgram(String(owner)) ? bumpTokens(data) : data;
  return { ...(account as Json), lamports: numberOf(amountOf(lamports) + 1n), data: bumped };
}

function bumpTokens(data: unknown): unknown {
  if (!Array.isArray(data) || data[1] !== "base64") return data;
  const bytes = Buffer.from(String(data[0]), "base64");
  // Where only a part of the data was asked for, it is the amount's.
  const at = bytes.length >= AMOUNT_AT + 8 ? AMOUNT_AT : 0;
  if (bytes.length < at + 8) return data;
  bytes.writeBigUInt64LE((bytes.readBigUInt64LE(at) + 1n) & (2n ** 64n - 1n), at);
  return [bytes.toString("base64"), "base64"];
}

/** `JSON.rawJSON` (ES2026), which TypeScript's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A whole number as it came: a number, or its digits where it is beyond 2^53. */
function amountOf(value: unknown): bigint {
  return typeof value === "number" ? BigInt(value) : BigInt((value as { readonly rawJSON: string }).rawJSON);
}

function numberOf(amount: bigint): unknown {
  return rawJSON(amount.toString());
}
