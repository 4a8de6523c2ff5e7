import { initialDigest } from "../../core/ledger/seal.ts";
import type { BlockRef } from "../../core/model.ts";
import type { PositionRow } from "./block-rows.ts";
import type { ChainContext, ChainState, PreparedWrite } from "./chain-state.ts";
import { missingRow } from "./database.ts";
import { appendJournal, type JournalHead } from "./journal.ts";
import { keyNumber, type Table, tableKey, tableRange } from "./keys.ts";
import { Pace } from "./pace.ts";
import { RowBatch } from "./row-batch.ts";
import { readWhole } from "./undo.ts";

/**
 * All that blocks leave, and what nodes told of balances before them. Numbers given to names and what was found of an
 * asset's contract stay.
 */
const ERASED: readonly Table[] = [
  "block",
  "blockHash",
  "observed",
  "mismatch",
  "transactions",
  "transactionId",
  "account",
  "spilled",
  "balance",
  "history",
  "output",
  "accountOutput",
];

/** The first block of a chain that has a position. @throws HeadwaterError `store-corrupt` */
export async function readFirstBlock({ reader, number }: ChainContext): Promise<BlockRef> {
  const first = await reader.first(tableRange(number, "block"));
  if (first === undefined) throw missingRow("the first block");
  return (await readWhole(reader, number, keyNumber(first[0], 0))).row.ref;
}

/**
 * Works out the rows that take back a chain's only block: nothing is left of the chain but its journal. Baselines go
 * too: they are balances before this block, and the block that takes its place may stand upon another past.
 * @throws HeadwaterError `store-corrupt`
 */
export async function prepareErase(
  context: ChainContext,
  state: ChainState,
  position: PositionRow,
  journal: JournalHead,
): Promise<PreparedWrite> {
  const { terms, number, reader } = context;
  const { encoded } = await readWhole(reader, number, position.tip.height);
  const digest = initialDigest(terms.chain, terms.profile, terms.startHeight);
  const rows = new RowBatch();
  const fact = { type: "rollback", chain: terms.chain, ref: position.tip, digest, retracted: encoded } as const;
  const head = appendJournal(journal, fact, rows);
  const pace = new Pace();
  for (const table of ERASED) {
    for await (const [key] of reader.walk(tableRange(number, table))) {
      rows.del(key);
      if (pace.due) await pace.turn();
    }
  }
  rows.del(tableKey(number, "position"));
  return {
    rows,
    state: { position: undefined, counters: state.counters },
    journal: head,
    touched: "all",
    outputs: "any",
    keep: () => context.records.recent.clear(),
  };
}
