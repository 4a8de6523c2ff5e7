// The way of a block from a node's bytes to the store: verified, decoded and sealed in the engine's decode threads, with as many
// blocks ahead as the engine has at most, gathered into batches and committed by the engine's writer to a store on disk.
import { systemClock } from "../../src/core/clock.ts";
import { LIMITS } from "../../src/core/limits.ts";
import { openLevelStore } from "../../src/store/level/open.ts";
import { BatchWriter } from "../../src/sync/batch-writer.ts";
import type { ObtainedBlock } from "../../src/sync/block-pipeline.ts";
import { DecodePool } from "../../src/sync/decode-pool.ts";
import type { DecodedBlock } from "../../src/sync/decode-protocol.ts";
import { Watchlist } from "../../src/sync/watch/watchlist.ts";
import { threadTimes, timesBetween } from "../import/thread-times.ts";
import { configOf, profileOf, rawBlock, readAnswers, readTask, report, WARM_BLOCKS } from "./task.ts";

const REGISTERED_AT_ONCE = 1_000;

const task = readTask();
const config = configOf(task);
const { id } = config;
const startHeight = task.blocks.slots[0] as number;
const pluginUrl = new URL("../../src/plugins/solana/index.ts", import.meta.url).href;
const store = await openLevelStore(task.directory);
const { scope } = config.index;
const ledger = await store.openChain({ chain: id, profile: profileOf(task.mode), startHeight, scope });
const pool = new DecodePool({ chains: [{ config, pluginUrl }] }, task.threads);
const answers = readAnswers(task);
const last = answers.length - 1;
const meanBytes = answers.reduce((sum, { bytes }) => sum + bytes.length, 0) / answers.length;
const ahead = Math.max(1, Math.floor(LIMITS.pipelineBytes / meanBytes));
let mismatches = 0;
if (task.watched) await watch(task.watched);

const writerOf = (target: number) =>
  new BatchWriter({
    clock: systemClock,
    target,
    confirm: () => Promise.resolve(),
    async commit(batch, durable) {
      const found = await ledger.commit(
        batch.map(({ sealed }) => sealed),
        undefined,
        durable,
      );
      mismatches += found.length;
    },
  });

/** Registers the accounts before the first block, as callers of the API do, as many at once as it takes. */
async function watch(accounts: readonly string[]): Promise<void> {
  const watchlist = await Watchlist.load({
    ledger,
    clock: systemClock,
    // Nothing was given to the pool yet.
    decoder: { watch: (chain, table) => pool.watch(chain, table), highest: startHeight - 1 },
    onNew: () => {},
  });
  for (let at = 0; at < accounts.length; at += REGISTERED_AT_ONCE) {
    await watchlist.watch(accounts.slice(at, at + REGISTERED_AT_ONCE));
  }
}

/** Blocks of a run of places, each decoded ahead and pushed in its turn. */
async function run(from: number, to: number): Promise<void> {
  const writer = writerOf(answers[to]?.slot as number);
  const decoding: Promise<DecodedBlock>[] = [];
  let next = from;
  for (let at = from; at <= to; at++) {
    while (next <= to && next < at + ahead) {
      const { slot, bytes } = answers[next++] as (typeof answers)[number];
      decoding.push(pool.run(id, rawBlock(slot, bytes, task.mode)) as Promise<DecodedBlock>);
    }
    await writer.push((await decoding.shift()) as DecodedBlock as ObtainedBlock);
  }
  await writer.flush();
}

/** How many of the accounts have a history. */
async function countKept(accounts: readonly string[]): Promise<number> {
  using view = ledger.view();
  let count = 0;
  for (const account of accounts) {
    const { transactions } = await view.history(account, undefined, 1);
    if (transactions.length > 0) count++;
  }
  return count;
}

await run(0, WARM_BLOCKS - 1);
const before = threadTimes();
const startedAt = performance.now();
await run(WARM_BLOCKS, last);
const workMs = performance.now() - startedAt;
const cpuMs = timesBetween(before, threadTimes());
const { position } = ledger;
if (position?.tip.height !== answers[last]?.slot) throw new Error(`the store stands at ${position?.tip.height}`);
if (mismatches > 0) throw new Error(`${mismatches} observations contradict the ledger`);
using view = ledger.view();
const block = await view.block(position?.tip.height as number);
if (!block) throw new Error("the last block is not in the store");
const kept = task.watched
  ? `, kept for ${task.watched.length} accounts: ${await countKept(task.watched)} with movements`
  : "";
const note = `${position?.transactions} transactions of the ledger, ${position?.movements} movements, up to ${ahead} blocks ahead${kept}`;
report({ workMs, cpuMs, digest: block.digest, note });
await pool.close();
await store.close();
