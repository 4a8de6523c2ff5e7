import type { FoundMismatch, KnownBalance } from "../../core/contracts/store.ts";
import { encodeCounters } from "./block-rows.ts";
import { type ChainContext, type ChainState, type PreparedWrite, readBlock } from "./chain-state.ts";
import { Evidence } from "./evidence.ts";
import type { JournalHead } from "./journal.ts";
import { numberKey, tableKey } from "./keys.ts";
import { readPoint } from "./points.ts";
import { RowBatch } from "./row-batch.ts";
import { readWatched } from "./watched.ts";
import type { WorkingEntry } from "./working-account.ts";
import { WorkingSet } from "./working-set.ts";

type ToldOf = Pick<KnownBalance, "account" | "block">;

/** What both ways of being told balances by nodes share: entries of indexed blocks, loaded for writing. */
type Told = {
  readonly rows: RowBatch;
  readonly entries: readonly WorkingEntry[];
  finish(): Promise<PreparedWrite>;
};

/**
 * Works out the rows that give entries their baselines: the balance told, less the sum after its block. What has a
 * baseline keeps it, what is disputed stays so, and what was told of a block that is not indexed is left out. No balance
 * was ever below zero: a balance below the sum contradicts the movements, and is kept as evidence.
 * @throws HeadwaterError `store-corrupt`
 */
export async function prepareLearning(
  context: ChainContext,
  state: ChainState,
  journal: JournalHead,
  balances: readonly KnownBalance[],
): Promise<PreparedWrite | undefined> {
  const usable = balances.filter((balance) => isIndexed(context, balance.block) && isKept(context, balance));
  if (usable.length === 0) return undefined;
  const told = await loadTold(context, state, journal, usable);
  const evidence = new Evidence(context, told.rows);
  for (const [i, { account, asset, block, amount }] of usable.entries()) {
    const entry = told.entries[i] as WorkingEntry;
    if (entry.baseline !== undefined || entry.disputed) continue;
    const sum = await sumAt(context, entry, block.height);
    markDirty(entry);
    if (amount >= sum) entry.baseline = amount - sum;
    else {
      entry.disputed = true;
      await evidence.add({ account, asset, height: block.height, expected: sum, actual: amount }, entry.asset);
    }
  }
  return told.finish();
}

/**
 * Works out the rows that keep a contradiction found by asking nodes. An entry in dispute stays as it was; `wholeAsset`
 * is kept all the same.
 * @throws HeadwaterError `store-corrupt`
 */
export async function prepareDispute(
  context: ChainContext,
  state: ChainState,
  journal: JournalHead,
  found: FoundMismatch,
): Promise<PreparedWrite | undefined> {
  if (!isIndexed(context, found.block) || !isKept(context, found)) return undefined;
  const told = await loadTold(context, state, journal, [found]);
  const entry = told.entries[0] as WorkingEntry;
  if (found.wholeAsset) told.rows.put(numberKey(context.number, "partial", entry.asset), Buffer.alloc(0));
  if (!entry.disputed) {
    const { account, asset, block, expected, actual } = found;
    entry.disputed = true;
    markDirty(entry);
    await new Evidence(context, told.rows).add({ account, asset, height: block.height, expected, actual }, entry.asset);
  }
  return told.finish();
}

function isIndexed(context: ChainContext, block: { readonly height: number; readonly hash: string }): boolean {
  return block.height >= 0 && readBlock(context.reader, context.number, block.height)?.ref.hash === block.hash;
}

/** Whether the ledger has all that moved the account after this block: where only watched accounts are kept it may not. */
function isKept({ terms, reader, number }: ChainContext, { account, block }: ToldOf): boolean {
  if (terms.scope !== "watched") return true;
  const watched = readWatched(reader, number, account);
  return watched !== undefined && block.height >= watched.since;
}

async function loadTold(
  context: ChainContext,
  state: ChainState,
  journal: JournalHead,
  told: readonly { readonly account: string; readonly asset: string }[],
): Promise<Told> {
  const rows = new RowBatch();
  const set = new WorkingSet(context.records);
  const accounts = told.map(({ account }) => set.add(account));
  await set.load();
  const resolved = await context.assets.resolve(new Set(told.map(({ asset }) => asset)), state.counters.assets, rows);
  const counters = { accounts: set.enrol(state.counters.accounts), assets: resolved.next };
  const numbers = told.map(({ asset }) => resolved.numbers.get(asset) as number);
  await set.loadSpilled(accounts, numbers);
  return {
    rows,
    entries: accounts.map((account, i) => account.entry(numbers[i] as number, context.terms.startHeight)),
    async finish() {
      await set.encode(rows);
      rows.put(tableKey(context.number, "counters"), encodeCounters(counters));
      return {
        rows,
        state: { position: state.position, counters },
        journal,
        touched: set.touched,
        keep() {
          context.assets.keep(resolved);
          set.keep();
        },
      };
    },
  };
}

async function sumAt(context: ChainContext, entry: WorkingEntry, height: number): Promise<bigint> {
  if (!entry.stored || entry.changedAt <= height) return entry.sum;
  const point = await readPoint(context.reader, context.number, entry.account.number, entry.asset, height);
  return point?.sum ?? 0n;
}

function markDirty(entry: WorkingEntry): void {
  entry.dirty = true;
  entry.account.dirty = true;
}
