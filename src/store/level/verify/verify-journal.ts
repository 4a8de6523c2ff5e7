import { hexOf } from "../chain-state.ts";
import { decodeJournalRow, EMPTY_JOURNAL, hashEntry, splitJournalRow } from "../journal.ts";
import { STORE, tableRange } from "../keys.ts";
import type { RowReader } from "../reader.ts";
import type { Findings } from "./findings.ts";

/** The last entry of each chain, which its position has to agree with. */
export type LastEntries = ReadonlyMap<string, { readonly sequence: number; readonly digest: string }>;

/** Recomputes the journal's chain of hashes. */
export async function verifyJournal(
  reader: RowReader,
  findings: Findings,
): Promise<{ readonly entries: number; readonly last: LastEntries }> {
  const last = new Map<string, { readonly sequence: number; readonly digest: string }>();
  let entries = 0;
  await findings.attempt("journal", async () => {
    let previous = EMPTY_JOURNAL;
    for await (const [key, value] of reader.walk(tableRange(STORE, "journal"))) {
      const row = splitJournalRow(key, value);
      const where = `journal entry ${row.sequence}`;
      findings.equal(`${where}: sequence`, previous.sequence + 1, row.sequence);
      findings.equal(`${where}: previous hash`, hexOf(previous.hash), hexOf(row.previousHash));
      findings.equal(`${where}: hash`, hexOf(hashEntry(row.previousHash, row.sequence, row.body)), hexOf(row.hash));
      previous = { sequence: row.sequence, hash: row.hash };
      entries++;
      await findings.attempt(where, async () => {
        const { chain, sequence, digest } = decodeJournalRow(row);
        last.set(chain, { sequence, digest });
      });
      findings.progress(1);
      await findings.breathe();
    }
  });
  return { entries, last };
}
