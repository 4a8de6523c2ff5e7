import type { WatchedAccount } from "../../core/contracts/store.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import type { ChainContext, ChainState, PreparedWrite } from "./chain-state.ts";
import type { JournalHead } from "./journal.ts";
import { keyNumber, numberKey, type Table, tableRange, textKey, watchedSinceKey } from "./keys.ts";
import { RowCursor } from "./packed-row.ts";
import { RowBatch } from "./row-batch.ts";
import { encodeWatched, readWatched } from "./watched.ts";
import { readEntry, type WorkingAccount } from "./working-account.ts";
import { readRow, WorkingSet } from "./working-set.ts";

const EMPTY = Buffer.alloc(0);

/** What an account has under its number. */
const NUMBERED = ["spilled", "balance", "history", "accountOutput"] as const satisfies readonly Table[];

export type PreparedWatch = PreparedWrite & { readonly watched: readonly WatchedAccount[] };
export type PreparedUnwatch = PreparedWrite & { readonly known: readonly boolean[] };

/** Works out the rows that register accounts. Nothing that is committed already is above an account's `since`. */
export function prepareWatch(
  { number: chain, reader, terms }: ChainContext,
  state: ChainState,
  journal: JournalHead,
  accounts: readonly WatchedAccount[],
): PreparedWatch {
  const rows = new RowBatch();
  const lowest = state.position?.tip.height ?? terms.startHeight - 1;
  const fresh = new Map<Account, WatchedAccount>();
  const watched = accounts.map((given) => {
    const { account, at } = given;
    const known = fresh.get(account) ?? readWatched(reader, chain, account);
    if (known) return known;
    const entry = { account, since: Math.max(given.since, lowest), at };
    fresh.set(account, entry);
    rows.put(textKey(chain, "watched", account), encodeWatched(entry));
    rows.put(watchedSinceKey(chain, entry.since, account), EMPTY);
    return entry;
  });
  return { rows, state, journal, touched: [], keep: () => undefined, watched };
}

/** Works out the rows that take accounts out. Their own row goes at once; what stands under their numbers is swept later. */
export function prepareUnwatch(
  { number: chain, reader, records }: ChainContext,
  state: ChainState,
  journal: JournalHead,
  accounts: readonly Account[],
): PreparedUnwatch {
  const rows = new RowBatch();
  const gone = new Set<Account>();
  const known = accounts.map((account) => {
    const watched = gone.has(account) ? undefined : readWatched(reader, chain, account);
    if (!watched) return false;
    gone.add(account);
    rows.del(textKey(chain, "watched", account));
    rows.del(watchedSinceKey(chain, watched.since, account));
    const key = textKey(chain, "account", account);
    const row = reader.get(key);
    if (row === undefined) return true;
    rows.del(key);
    rows.put(numberKey(chain, "unwatched", readRow(account, row).number), EMPTY);
    return true;
  });
  const keep = () => {
    for (const account of gone) records.recent.delete(account);
    records.spilled.clear();
  };
  return { rows, state, journal, touched: gone, keep, known };
}

/** Works out the next rows to be erased of accounts that are watched no longer; undefined when there are none. */
export async function prepareSweep(
  { number: chain, reader }: ChainContext,
  state: ChainState,
  journal: JournalHead,
): Promise<PreparedWrite | undefined> {
  const first = await reader.first(tableRange(chain, "unwatched"));
  if (first === undefined) return undefined;
  const account = keyNumber(first[0], 0);
  const rows = new RowBatch();
  let left: number = LIMITS.sweptRows;
  for (const table of NUMBERED) {
    const range = { gte: numberKey(chain, table, account), lt: numberKey(chain, table, account + 1) };
    for (const [key] of await reader.range(range, left)) {
      rows.del(key);
      left--;
    }
    if (left === 0) break;
  }
  if (left > 0) rows.del(first[0]);
  return { rows, state, journal, touched: [], keep: () => undefined };
}

/**
 * Works out the rows that forget what nodes told of accounts whose balance after `since` a rollback puts in question. What the
 * blocks themselves left is taken back with them.
 * @param tip the height to go back to, below the `since` of all these accounts
 */
export async function prepareForget(
  context: ChainContext,
  state: ChainState,
  journal: JournalHead,
  accounts: readonly Account[],
  tip: number,
): Promise<PreparedWrite> {
  const rows = new RowBatch();
  const set = new WorkingSet(context.records);
  const working = accounts.map((account) => set.add(account));
  await set.load();
  for (const account of working) {
    await takeAll(context, account);
    for (const entry of account.entries) {
      if (entry.baseline === undefined && !entry.disputed) continue;
      entry.baseline = undefined;
      entry.disputed = false;
      entry.dirty = true;
      account.dirty = true;
      // An entry with movements changed above that height: it goes with them.
      entry.dropped = entry.changedAt <= tip;
    }
  }
  await set.encode(rows);
  return { rows, state, journal, touched: set.touched, keep: () => set.keepUndone() };
}

async function takeAll({ number: chain, reader }: ChainContext, account: WorkingAccount): Promise<void> {
  const { row } = account;
  if (row === undefined) return;
  if (row.spilled > 0) {
    const range = { gte: numberKey(chain, "spilled", row.number), lt: numberKey(chain, "spilled", row.number + 1) };
    for await (const [key, value] of reader.walk(range)) {
      account.take(readEntry(account.text, keyNumber(key, 5), value), true);
    }
    return;
  }
  const cursor = new RowCursor(row.bytes, row.start);
  while (cursor.next()) account.peek(cursor.asset);
}
