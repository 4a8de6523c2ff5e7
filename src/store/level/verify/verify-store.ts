import type { VerifyReport } from "../../../core/contracts/store.ts";
import type { BlockRef } from "../../../core/model.ts";
import type { PositionRow } from "../block-rows.ts";
import { decodeNumber } from "../block-rows.ts";
import { hexOf, readBlock } from "../chain-state.ts";
import { readJournalHead } from "../journal.ts";
import { keyNumber, keyText, numberKey, tableRange } from "../keys.ts";
import type { RowReader } from "../reader.ts";
import { type RegisteredChain, readStoredChain } from "../stored-chains.ts";
import { Findings } from "./findings.ts";
import { OutputChecks } from "./output-checks.ts";
import { createRowChecks, RowWalk } from "./row-checks.ts";
import { StoredNumbers } from "./stored-numbers.ts";
import { type BlockTotals, verifyBlocks } from "./verify-blocks.ts";
import { type LastEntries, verifyJournal } from "./verify-journal.ts";
import { verifyRecords } from "./verify-records.ts";
import { readUnwatched, verifyWatched } from "./verify-watched.ts";

type ChainReport = VerifyReport["chains"][number];

/** Tables walked for each chain after its blocks: each counts as much as the blocks do. */
const WALKS = 6;

/**
 * Checks one state of the store from end to end, in flat memory: the journal's hashes; and of every chain links, ledger
 * hashes and digests from the stored transactions, and that all other rows are exactly those that the transactions
 * leave. Records about nodes follow from nothing: they are only read. What is wrong is reported, not thrown.
 */
export async function verifyStore(
  reader: RowReader,
  chains: readonly RegisteredChain[],
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  const head = await readJournalHead(reader);
  const spans = await Promise.all(chains.map((chain) => spanOf(reader, chain)));
  const total = spans.reduce((sum, span) => sum + span * (1 + WALKS), head.sequence);
  const findings = new Findings(total, onProgress, signal);
  signal?.throwIfAborted();
  const { entries, last } = await verifyJournal(reader, findings);
  const reports: ChainReport[] = [];
  for (const [i, chain] of chains.entries()) {
    await findings.attempt(chain.terms.chain, async () => {
      reports.push(await verifyChain(reader, chain, last, spans[i] as number, findings));
    });
  }
  await verifyRecords(reader, findings);
  findings.progress(total);
  return { journalEntries: entries, chains: reports, faults: findings.faults };
}

/** How many heights a chain's blocks may take. */
async function spanOf(reader: RowReader, chain: RegisteredChain): Promise<number> {
  const last = await reader.first({ ...tableRange(chain.number, "block"), reverse: true });
  return last ? Math.max(1, keyNumber(last[0], 0) - chain.terms.startHeight + 1) : 1;
}

async function verifyChain(
  reader: RowReader,
  chain: RegisteredChain,
  last: LastEntries,
  span: number,
  findings: Findings,
): Promise<ChainReport> {
  const { terms, number } = chain;
  const { position, counters } = (await readStoredChain(reader, chain)).state;
  const checks = createRowChecks(terms.startHeight, terms.startHeight + span - 1, counters);
  const numbers = new StoredNumbers(reader, number);
  const outputs = new OutputChecks({ reader, chain, numbers }, findings, counters);
  const totals = await verifyBlocks({ reader, chain, findings, numbers, checks, outputs });
  const walk = new RowWalk(reader, chain, findings, checks, await readUnwatched(reader, number));
  const walks: [string, () => Promise<void>][] = [
    ["transaction ids", () => walk.ids()],
    ["history", () => walk.history()],
    ["balance points", () => walk.points()],
    ["accounts", () => walk.entries(counters)],
    ["unspent outputs by id", () => outputs.ids()],
    ["unspent outputs by account", () => outputs.accounts()],
  ];
  for (const [name, run] of walks) {
    await findings.attempt(`${terms.chain}: ${name}`, run);
    findings.progress(span);
  }
  await findings.attempt(`${terms.chain}: assets`, () => verifyAssets(reader, chain, counters.assets, findings));
  await findings.attempt(`${terms.chain}: block hashes`, async () => {
    let hashes = 0;
    for await (const _ of reader.walk(tableRange(number, "blockHash"))) hashes++;
    findings.equal(`${terms.chain}: block hashes`, totals.blocks, hashes);
  });
  await findings.attempt(`${terms.chain}: watched accounts`, () => verifyWatched(reader, chain, findings));
  verifyPosition(reader, chain, position, totals, last, findings);
  const { blocks, recomputed, transactions, kept } = totals;
  return { chain: terms.chain, scope: terms.scope ?? "all", blocks, recomputed, transactions, kept };
}

async function verifyAssets(
  reader: RowReader,
  chain: RegisteredChain,
  next: number,
  findings: Findings,
): Promise<void> {
  for await (const [key, value] of reader.walk(tableRange(chain.number, "asset"))) {
    const asset = keyText(key);
    const number = decodeNumber(value);
    const where = `${chain.terms.chain}: asset ${asset}`;
    if (number >= next) findings.fault(`${where}: number`, `below ${next}`, number);
    const name = reader.get(numberKey(chain.number, "assetName", number));
    findings.equal(`${where}: name of its number`, asset, name ? keyText(name) : "none");
    await findings.breathe();
  }
}

function verifyPosition(
  reader: RowReader,
  { terms, number }: RegisteredChain,
  position: PositionRow | undefined,
  totals: BlockTotals,
  last: LastEntries,
  findings: Findings,
): void {
  const where = `${terms.chain}: position`;
  findings.equal(`${where}: tip`, nameOf(totals.tip), nameOf(position?.tip));
  const entry = last.get(terms.chain);
  if (entry) findings.equal(`${where}: journal digest`, entry.digest, hexOf(totals.digest));
  if (!position) return;
  findings.equal(`${where}: digest`, hexOf(totals.digest), hexOf(position.digest));
  findings.equal(`${where}: transactions`, totals.transactions, position.transactions);
  findings.equal(`${where}: movements`, totals.movements, position.movements);
  findings.equal(`${where}: journal sequence`, entry?.sequence ?? "none", position.sequence);
  for (const mark of [position.safe, position.finalized]) {
    if (!mark || mark.height < terms.startHeight) continue;
    const block = mark.height <= position.tip.height ? readBlock(reader, number, mark.height) : undefined;
    findings.equal(`${where}: finality mark`, nameOf(block?.ref), nameOf(mark));
  }
}

function nameOf(ref: BlockRef | undefined): string {
  return ref ? `${ref.height} ${ref.hash} upon ${ref.parentHeight} ${ref.parentHash}, time ${ref.time}` : "none";
}
