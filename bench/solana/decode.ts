// What a decode thread does with a block, without threads and without a store: the plugin's verifying and decoding, and sealing.
import { initialDigest, nextDigest, sealBlock } from "../../src/core/ledger/seal.ts";
import plugin from "../../src/plugins/solana/index.ts";
import { threadTimes, timesBetween } from "../import/thread-times.ts";
import { configOf, profileOf, rawBlock, readAnswers, readTask, report, WARM_BLOCKS } from "./task.ts";

const task = readTask();
const config = configOf(task);
const chain = plugin.open(config);
const answers = readAnswers(task);
let digest: Uint8Array = initialDigest(config.id, profileOf(task.mode), task.blocks.slots[0] as number);
let movements = 0;
let transactions = 0;
let before = threadTimes();
let startedAt = performance.now();
for (const [i, { slot, bytes }] of answers.entries()) {
  if (i === WARM_BLOCKS) {
    before = threadTimes();
    startedAt = performance.now();
  }
  const raw = rawBlock(slot, bytes, task.mode);
  chain.verify(raw);
  const sealed = sealBlock(chain.decode(raw));
  digest = nextDigest(digest, sealed.ledgerHash);
  movements += sealed.changes.movements;
  transactions += sealed.encoded.length;
}
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
const note = `${transactions} transactions of the ledger, ${movements} movements`;
report({ workMs, cpuMs, digest: Buffer.from(digest).toString("hex"), note });
