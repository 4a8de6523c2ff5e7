// The least that any indexer must do with a block: find its transactions, hash each twice, and put the block's bytes into
// the database. Hashes and database are those that Headwater uses, with the same settings.
import { parseBlock } from "../../src/plugins/bitcoin/codec/block.ts";
import { hashTransactions } from "../../src/plugins/bitcoin/codec/transaction-ids.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { openBareDatabase } from "./bare-database.ts";
import { REGTEST } from "./block-builder.ts";
import { readChain } from "./chain-file.ts";
import { readTask, report } from "./task.ts";
import { threadTimes, timesBetween } from "./thread-times.ts";

const task = readTask();
const network = findNetwork(REGTEST) as BitcoinNetwork;
const database = await openBareDatabase(`${task.directory}/floor`);
const before = threadTimes();
const startedAt = performance.now();
let height = 0;
let transactions = 0;
let written = Promise.resolve();
for (const bytes of readChain(task.path)) {
  const block = parseBlock(bytes, network, `block ${height}`);
  transactions += hashTransactions(block.bytes, block.transactions).length / 32;
  const key = Buffer.alloc(4);
  key.writeUInt32BE(height++);
  // One block is written while the next is hashed.
  await written;
  written = database.put(key, bytes);
}
await written;
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
await database.close();
report({ workMs, cpuMs, note: `${height} blocks, ${transactions} transactions` });
