// What an index of unspent outputs cannot leave out, and nothing else: the floor's work, and one row for each output that a
// block leaves, taken away when it is spent. No verification, no accounts, no history, no service: it bounds from below what
// any ledger of outputs over the same database can reach.
import { LIMITS } from "../../src/core/limits.ts";
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
const database = await openBareDatabase(`${task.directory}/least`);
const before = threadTimes();
const startedAt = performance.now();
let height = 0;
let rows = 0;
/** Those that this batch has made: what is made and spent within it is no row. */
let made = new Map<string, Buffer>();
let spent: Buffer[] = [];
let written = Promise.resolve();
for (const bytes of readChain(task.path)) {
  const block = parseBlock(bytes, network, `block ${height}`);
  const { transactions: table } = block;
  const ids = hashTransactions(block.bytes, table);
  for (let i = 0; i < table.count; i++) {
    for (let output = table.firstOutput[i] as number; output < (table.firstOutput[i + 1] as number); output++) {
      const position = Buffer.alloc(4);
      position.writeUInt32LE(output - (table.firstOutput[i] as number));
      const key = ids.toString("latin1", i * 32, i * 32 + 32) + position.toString("latin1");
      const script = block.bytes.subarray(table.scriptStart[output], table.scriptEnd[output]);
      made.set(
        key,
        Buffer.concat([block.bytes.subarray(table.amount[output], (table.amount[output] as number) + 8), script]),
      );
    }
  }
  for (let input = 1; input < table.outpoint.length; input++) {
    const at = table.outpoint[input] as number;
    if (!made.delete(block.bytes.toString("latin1", at, at + 36)))
      spent.push(Buffer.from(block.bytes.subarray(at, at + 36)));
  }
  height++;
  if (height % LIMITS.commitBlocks === 0) await flush();
}
await flush();
await written;
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
await database.close();
report({ workMs, cpuMs, note: `${height} blocks, ${rows} rows put or taken away` });

/** One batch is written while the next gathers. */
async function flush(): Promise<void> {
  await written;
  const batch = database.batch();
  for (const [key, value] of made) batch.put(Buffer.from(key, "latin1"), value);
  for (const key of spent) batch.del(key);
  rows += made.size + spent.length;
  made = new Map();
  spent = [];
  written = batch.write();
}
