import type { Answer, Json } from "./answer.ts";
import { readReward } from "./reward.ts";
import { readTokenBalances, type TokenBalance } from "./token-balance.ts";

/** A u64 as it was parsed: a number as far as numbers are exact, and beyond that a bigint. Equal amounts are the same value. */
export type Amount = number | bigint;

/** What running a transaction did. Balances stand in the order of the transaction's accounts, in lamports. */
export class TransactionMeta {
  readonly failed: boolean;
  readonly fee: bigint;
  readonly lamportsBefore: readonly Amount[];
  readonly lamportsAfter: readonly Amount[];
  readonly tokensBefore: readonly TokenBalance[];
  readonly tokensAfter: readonly TokenBalance[];
  /** What accounts paid for their room while they were loaded, below 0 each, as validators took it before 2023. */
  readonly rent: ReadonlyMap<string, bigint>;
  /** Accounts that the message took out of address tables: writable ones, then readonly ones. */
  readonly loaded: readonly string[];
  readonly loadedWritable: number;

  /** @throws HeadwaterError `node-bad-response` */
  constructor(answer: Answer, value: unknown, path: string) {
    const meta = answer.record(value, `${path}.meta`);
    const loaded = readLoaded(answer, meta, path);
    this.failed = meta["err"] !== null && meta["err"] !== undefined;
    this.fee = answer.amount(meta["fee"], `${path}.meta.fee`);
    this.lamportsBefore = readBalances(answer, meta, "preBalances", path);
    this.lamportsAfter = readBalances(answer, meta, "postBalances", path);
    this.tokensBefore = readTokenBalances(answer, meta["preTokenBalances"], path, "preTokenBalances");
    this.tokensAfter = readTokenBalances(answer, meta["postTokenBalances"], path, "postTokenBalances");
    this.rent = readRent(answer, meta, path);
    this.loadedWritable = loaded.writable.length;
    this.loaded =
      loaded.writable.length + loaded.readonly.length === 0 ? NONE : [...loaded.writable, ...loaded.readonly];
  }

  /** All balances before, written out. Most of a block's are never needed as bigints. */
  get before(): readonly bigint[] {
    return this.lamportsBefore.map(BigInt);
  }

  get after(): readonly bigint[] {
    return this.lamportsAfter.map(BigInt);
  }

  /** By how much the balance of the account at a place changed. */
  change(place: number): bigint {
    const before = this.lamportsBefore[place] as Amount;
    const after = this.lamportsAfter[place] as Amount;
    if (before === after) return 0n;
    if (typeof before === "number" && typeof after === "number") return BigInt(after - before);
    return BigInt(after) - BigInt(before);
  }
}

const NONE: readonly string[] = [];
const NO_RENT: ReadonlyMap<string, bigint> = new Map();

/** The list itself, once it is known to hold amounts alone. */
function readBalances(answer: Answer, meta: Json, key: string, path: string): readonly Amount[] {
  const list = answer.list(meta[key], `${path}.meta.${key}`);
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    // Tens of thousands a block: the path of an error is only written for an error.
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) continue;
    answer.amount(value, `${path}.meta.${key}[${i}]`);
  }
  return list as readonly Amount[];
}

function readRent(answer: Answer, meta: Json, path: string): ReadonlyMap<string, bigint> {
  const list = answer.optionalList(meta["rewards"], `${path}.meta.rewards`);
  if (list.length === 0) return NO_RENT;
  const rent = new Map<string, bigint>();
  for (const [i, value] of list.entries()) {
    const { account, lamports } = readReward(answer, value, `${path}.meta.rewards[${i}]`);
    rent.set(account, (rent.get(account) ?? 0n) + lamports);
  }
  return rent;
}

function readLoaded(answer: Answer, meta: Json, path: string) {
  const value = meta["loadedAddresses"];
  if (value === undefined || value === null) return { writable: NONE, readonly: NONE };
  const loaded = answer.record(value, `${path}.meta.loadedAddresses`);
  const read = (key: string): readonly string[] => {
    const list = answer.optionalList(loaded[key], `${path}.meta.loadedAddresses.${key}`);
    for (let i = 0; i < list.length; i++) {
      if (!answer.isText(list[i])) answer.text(list[i], `${path}.meta.loadedAddresses.${key}[${i}]`);
    }
    return list as readonly string[];
  };
  return { writable: read("writable"), readonly: read("readonly") };
}
