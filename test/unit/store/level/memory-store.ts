import { MemoryLevel } from "memory-level";
import type { LedgerStore } from "../../../../src/core/contracts/store.ts";
import { decodePosition } from "../../../../src/store/level/block-rows.ts";
import { TABLES } from "../../../../src/store/level/keys.ts";
import { createLevelStore } from "../../../../src/store/level/store.ts";

export type MemoryDatabase = MemoryLevel<Uint8Array, Uint8Array>;

/** A store in memory, with the database under it to look at or to damage. */
export async function openMemoryStore(): Promise<{ readonly store: LedgerStore; readonly database: MemoryDatabase }> {
  const database: MemoryDatabase = new MemoryLevel({ keyEncoding: "view", valueEncoding: "view" });
  await database.open();
  return { store: await createLevelStore(database, false), database };
}

const KEPT: ReadonlySet<number> = new Set([TABLES.journal, TABLES.asset, TABLES.assetName, TABLES.counters]);

/** The rows that a rollback has to restore: all but the journal, the numbers given to names, and the journal's place. */
export async function dumpLedger(database: MemoryDatabase): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for await (const [key, value] of database.iterator()) {
    const table = key[2] as number;
    if (KEPT.has(table)) continue;
    const name = `${String.fromCharCode(table)} ${Buffer.from(key).toString("hex")}`;
    if (table === TABLES.position) {
      const { sequence: _, digest, ...position } = decodePosition(value);
      rows.set(name, JSON.stringify({ ...position, digest: Buffer.from(digest).toString("hex") }));
    } else rows.set(name, Buffer.from(value).toString("hex"));
  }
  return rows;
}
