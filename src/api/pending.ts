import type { ChainService, PendingEntry, PendingPool, RetractedPending } from "../core/contracts/service.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account } from "../core/model.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { PendingPlace } from "./cursor.ts";
import { countShown } from "./page-size.ts";
import { formatTime } from "./render-block.ts";
import { renderFee, renderInputsAndOutputs, renderMovements } from "./render-transaction.ts";
import type { PendingTransactionAnswer, RetractedAnswer } from "./schemas/pending.ts";

/** Whether what the pool does not have is no pending transaction. */
export function isWhole({ heardAt, incomplete }: PendingPool): boolean {
  return heardAt !== null && incomplete === null;
}

/**
 * What the account's pending transactions come to in the native asset; null while not all of them are known, undefined
 * where the chain tells none. To be called in the turn in which the view is opened: then no transaction is both in the
 * ledger's balance and here.
 */
export function sumPending({ pending, chain }: ChainService, account: Account): bigint | null | undefined {
  if (pending === undefined) return undefined;
  if (!isWhole(pending)) return null;
  let sum = 0n;
  for (const { transaction } of pending.ofAccount(account)) {
    for (const movement of transaction.movements) {
      if (movement.account === account && movement.asset === chain.info.nativeAsset) sum += movement.delta;
    }
  }
  return sum;
}

/**
 * The pool of a chain whose nodes were heard.
 * @throws HeadwaterError `unsupported`, `not-ready`
 */
export function openPool(service: ChainService): { readonly pool: PendingPool; readonly heardAt: number } {
  const pool = service.pending;
  const details = { chain: service.id, capability: "pending" };
  if (pool === undefined) {
    throw new HeadwaterError("unsupported", `the nodes of ${service.id} tell no pending transactions`, { details });
  }
  const { heardAt } = pool;
  if (heardAt === null) {
    throw new HeadwaterError("not-ready", `no node of ${service.id} has told its pending transactions yet`, {
      details,
    });
  }
  return { pool, heardAt };
}

export type PendingPage = { readonly entries: readonly PendingEntry[]; readonly next: PendingPlace | undefined };

/**
 * One page of an account's pending transactions, newest first. What comes and goes meanwhile moves no other from one page
 * to another.
 * @param after the last place of the page before
 */
export function cutPending(all: readonly PendingEntry[], after: PendingPlace | undefined, limit: number): PendingPage {
  const sorted = [...all].sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
  const rest = after === undefined ? sorted : sorted.filter((entry) => comparePlaces(placeOf(entry), after) > 0);
  const page = rest.slice(0, limit);
  const entries = page.slice(0, countShown(page.map(({ transaction }) => transaction)));
  const last = entries.at(-1);
  return { entries, next: last !== undefined && entries.length < rest.length ? placeOf(last) : undefined };
}

function placeOf({ firstSeen, transaction }: PendingEntry): PendingPlace {
  return { firstSeen, id: transaction.id };
}

function comparePlaces(a: PendingPlace, b: PendingPlace): number {
  if (a.firstSeen !== b.firstSeen) return b.firstSeen - a.firstSeen;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** The newest of those that ended, as many as one page may hold. */
export function cutRetracted(all: readonly RetractedPending[]): readonly RetractedPending[] {
  const newest = all.slice(0, LIMITS.apiPageRows);
  return newest.slice(0, countShown(newest));
}

/** @param only shows this account's movements, inputs and outputs alone; undefined shows everybody's */
export function renderPending(
  service: ChainService,
  accounts: AccountDirectory,
  { transaction, firstSeen, operators, size, replaceable, replaces, ancestors }: PendingEntry,
  only: Account | undefined,
): PendingTransactionAnswer {
  const { id, fee, movements } = transaction;
  return {
    id,
    chain: service.id,
    status: "pending",
    firstSeen: formatTime(firstSeen),
    operators,
    fee: fee && renderFee(service, accounts, fee),
    size,
    feeRate: fee && feeRate(fee.amount, size),
    replaceable,
    replaces: [...replaces],
    ancestors: {
      count: ancestors.count,
      size: ancestors.size,
      fee: ancestors.fee.toString(),
      feeRate: feeRate(ancestors.fee, ancestors.size),
    },
    movements: renderMovements(service, accounts, movements, only),
    ...renderInputsAndOutputs(service, accounts, transaction, only),
  };
}

export function renderRetracted(
  service: ChainService,
  accounts: AccountDirectory,
  { id, at, end, by, movements }: RetractedPending,
  only: Account | undefined,
): RetractedAnswer {
  return { id, at: formatTime(at), end, by, movements: renderMovements(service, accounts, movements, only) };
}

function feeRate(fee: bigint, size: number): number | null {
  return size === 0 ? null : Math.round((Number(fee) / size) * 1_000) / 1_000;
}
