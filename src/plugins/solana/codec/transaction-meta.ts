import type { Answer, Json } from "./answer.ts";
import { readReward } from "./reward.ts";

/** The tokens that one token account holds, before or after a transaction. */
export type TokenBalance = {
  /** The token account's place among the transaction's accounts. */
  readonly place: number;
  readonly mint: string;
  /** Who owns the token account. Undefined in blocks of before June 2021, whose nodes did not record it. */
  readonly owner: string | undefined;
  readonly amount: bigint;
};

/** What running a transaction did. Balances stand in the order of the transaction's accounts, in lamports. */
export type TransactionMeta = {
  readonly failed: boolean;
  readonly fee: bigint;
  readonly before: readonly bigint[];
  readonly after: readonly bigint[];
  readonly tokensBefore: readonly TokenBalance[];
  readonly tokensAfter: readonly TokenBalance[];
  /** What accounts paid for their room while they were loaded, below 0 each, as validators took it before 2023. */
  readonly rent: ReadonlyMap<string, bigint>;
  /** Accounts that the message took out of address tables: writable ones, then readonly ones. */
  readonly loaded: readonly string[];
  readonly loadedWritable: number;
};

/** @throws HeadwaterError `node-bad-response` */
export function readMeta(answer: Answer, value: unknown, path: string): TransactionMeta {
  const meta = answer.record(value, `${path}.meta`);
  const loaded = readLoaded(answer, meta, path);
  return {
    failed: meta["err"] !== null && meta["err"] !== undefined,
    fee: answer.amount(meta["fee"], `${path}.meta.fee`),
    before: readBalances(answer, meta, "preBalances", path),
    after: readBalances(answer, meta, "postBalances", path),
    tokensBefore: readTokens(answer, meta, "preTokenBalances", path),
    tokensAfter: readTokens(answer, meta, "postTokenBalances", path),
    rent: readRent(answer, meta, path),
    loaded: [...loaded.writable, ...loaded.readonly],
    loadedWritable: loaded.writable.length,
  };
}

function readBalances(answer: Answer, meta: Json, key: string, path: string): bigint[] {
  const list = answer.list(meta[key], `${path}.meta.${key}`);
  const balances = new Array<bigint>(list.length);
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    // Thousands a block: the path of an error is only written for an error.
    balances[i] =
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        ? BigInt(value)
        : answer.amount(value, `${path}.meta.${key}[${i}]`);
  }
  return balances;
}

function readTokens(answer: Answer, meta: Json, key: string, path: string): TokenBalance[] {
  const list = answer.optionalList(meta[key], `${path}.meta.${key}`);
  return list.map((value, i) => {
    const at = `${path}.meta.${key}[${i}]`;
    const entry = answer.record(value, at);
    const { owner } = entry as { owner?: unknown };
    return {
      place: answer.count(entry["accountIndex"], `${at}.accountIndex`),
      mint: answer.text(entry["mint"], `${at}.mint`),
      owner: owner === undefined || owner === null || owner === "" ? undefined : answer.text(owner, `${at}.owner`),
      amount: answer.digits(answer.record(entry["uiTokenAmount"], `${at}.uiTokenAmount`)["amount"], `${at}.amount`),
    };
  });
}

function readRent(answer: Answer, meta: Json, path: string): Map<string, bigint> {
  const rent = new Map<string, bigint>();
  for (const [i, value] of answer.optionalList(meta["rewards"], `${path}.meta.rewards`).entries()) {
    const { account, lamports } = readReward(answer, value, `${path}.meta.rewards[${i}]`);
    rent.set(account, (rent.get(account) ?? 0n) + lamports);
  }
  return rent;
}

function readLoaded(answer: Answer, meta: Json, path: string): { writable: string[]; readonly: string[] } {
  const value = meta["loadedAddresses"];
  if (value === undefined || value === null) return { writable: [], readonly: [] };
  const loaded = answer.record(value, `${path}.meta.loadedAddresses`);
  const read = (key: string) =>
    answer
      .optionalList(loaded[key], `${path}.meta.loadedAddresses.${key}`)
      .map((text, i) => answer.text(text, `${path}.meta.loadedAddresses.${key}[${i}]`));
  return { writable: read("writable"), readonly: read("readonly") };
}
