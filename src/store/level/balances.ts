import { ByteReader } from "../../core/bytes.ts";
import type { BalanceEntry } from "../../core/ledger/account.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { decodeEntries, type Entry, expectEnd } from "./account-row.ts";
import type { AssetNumbers } from "./assets.ts";
import { corruptRow } from "./database.ts";
import { keyNumber, numberKey, textKey } from "./keys.ts";
import { readPoint } from "./points.ts";
import type { RowReader } from "./reader.ts";
import { readEntry } from "./working-account.ts";

/** Seeks under way at once: enough to keep the database's threads busy. */
const SEEKS_AT_ONCE = 32;

export type AccountEntries = { readonly number: number; readonly entries: readonly Entry[] };

const NONE: AccountEntries = { number: 0, entries: [] };

/** An account's current entries: one point read, unless the account has too many assets for one row. */
export function readEntries(
  reader: RowReader,
  chain: number,
  account: Account,
): AccountEntries | Promise<AccountEntries> {
  const value = reader.get(textKey(chain, "account", account));
  if (value === undefined) return NONE;
  const row = decodeRow(account, value);
  return row.spilled > 0 ? readSpilledEntries(reader, chain, account, row.number) : row;
}

/** The row in one pass: callers wait for this. @throws HeadwaterError `store-corrupt` */
function decodeRow(account: Account, value: Uint8Array): AccountEntries & { readonly spilled: number } {
  try {
    const bytes = new ByteReader(value);
    const number = bytes.varint();
    const spilled = bytes.varint();
    if (spilled > 0) expectEnd(bytes);
    return { number, spilled, entries: decodeEntries(bytes) };
  } catch (error) {
    throw corruptRow(`the row of account ${account}`, error);
  }
}

async function readSpilledEntries(
  reader: RowReader,
  chain: number,
  account: Account,
  number: number,
): Promise<AccountEntries> {
  const entries: Entry[] = [];
  const range = { gte: numberKey(chain, "spilled", number), lt: numberKey(chain, "spilled", number + 1) };
  for await (const [key, value] of reader.walk(range)) entries.push(readEntry(account, keyNumber(key, 5), value));
  return { number, entries };
}

/** In the order of the assets' texts, which is the same in every store. */
export function nameEntries(entries: readonly Entry[], assets: AssetNumbers): readonly BalanceEntry[] {
  const named: BalanceEntry[] = [];
  for (const { asset, sum, changedAt, baseline, disputed } of entries) {
    named.push({ asset: assets.name(asset), sum, changedAt, baseline, disputed });
  }
  if (named.length > LIMITS.accountInlineAssets) return named.sort((a, b) => (a.asset < b.asset ? -1 : 1));
  // So few are put in order faster by hand than by a sort that calls back.
  for (let i = 1; i < named.length; i++) {
    const entry = named[i] as BalanceEntry;
    let at = i;
    for (; at > 0 && entry.asset < (named[at - 1] as BalanceEntry).asset; at--) {
      named[at] = named[at - 1] as BalanceEntry;
    }
    named[at] = entry;
  }
  return named;
}

/** The entries as they were after a height. Those that began later are left out, unless their baseline is known. */
export async function entriesAt(
  reader: RowReader,
  chain: number,
  { number, entries }: AccountEntries,
  height: number,
  startHeight: number,
): Promise<Entry[]> {
  const then: Entry[] = [];
  for (let from = 0; from < entries.length; from += SEEKS_AT_ONCE) {
    const portion = entries.slice(from, from + SEEKS_AT_ONCE);
    const found = await Promise.all(
      portion.map(async (entry) => {
        if (entry.changedAt <= height) return entry;
        const point = await readPoint(reader, chain, number, entry.asset, height);
        if (point === undefined && entry.baseline === undefined && !entry.disputed) return undefined;
        return { ...entry, sum: point?.sum ?? 0n, changedAt: point?.height ?? startHeight };
      }),
    );
    for (const entry of found) if (entry !== undefined) then.push(entry);
  }
  return then;
}
