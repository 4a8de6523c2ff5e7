import { MemoryLevel } from "memory-level";
import { type MetricRegistry, noMetrics } from "../../src/core/contracts/metrics.ts";
import type { LedgerStore } from "../../src/core/contracts/store.ts";
import { createLevelStore } from "../../src/store/level/store.ts";

/** The real driver on a database in memory. */
export async function openMemoryStore(metrics: MetricRegistry = noMetrics): Promise<LedgerStore> {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: "view", valueEncoding: "view" });
  await database.open();
  return await createLevelStore(database, false, metrics);
}
