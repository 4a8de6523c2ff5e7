import { STORE, type Table, tableRange } from "../keys.ts";
import { readConflictRow, readCordonRow, readEvidenceRow } from "../operation-records.ts";
import type { Row, RowReader } from "../reader.ts";
import type { Findings } from "./findings.ts";

const readers: readonly [Table, (row: Row) => unknown][] = [
  ["evidence", readEvidenceRow],
  ["cordon", readCordonRow],
  ["conflict", readConflictRow],
];

/** Reads every record about nodes. Nothing else in the store tells what they should say. */
export async function verifyRecords(reader: RowReader, findings: Findings): Promise<void> {
  for (const [table, read] of readers) {
    await findings.attempt(`records of table ${table}`, async () => {
      for await (const row of reader.walk(tableRange(STORE, table))) {
        await findings.attempt(`record of table ${table}`, async () => {
          read(row);
        });
        await findings.breathe();
      }
    });
  }
}
