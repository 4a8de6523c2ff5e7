import type { VerifyReport } from "../../core/contracts/store.ts";
import type { RowReader } from "./reader.ts";
import type { RegisteredChain } from "./stored-chains.ts";
export async function verifyStore(
  reader: RowReader,
  chains: readonly RegisteredChain[],
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  void reader;
  void chains;
  void onProgress;
  void signal;
  return { journalEntries: 0, chains: [], faults: [] };
}
