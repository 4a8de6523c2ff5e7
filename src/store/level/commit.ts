import type { FinalityMarks } from "../../core/contracts/store.ts";
import type { Mismatch } from "../../core/ledger/account.ts";
import { type BlockCounts, initialDigest, nextDigest, type SealedBlock } from "../../core/ledger/seal.ts";
import type { BlockRef } from "../../core/model.ts";
import {
  encodeBlock,
  encodeCounters,
  encodeMismatch,
  encodeNumber,
  encodeObserved,
  encodePosition,
  encodeTransactionGroups,
} from "./block-rows.ts";
import { type ChainContext, type ChainState, mergeMarks, type PreparedWrite, readBlock } from "./chain-state.ts";
import { appendJournal, type JournalHead } from "./journal.ts";
import { mismatchKey, numberKey, readIndex, tableKey, textKey, transactionIdKey, transactionsKey } from "./keys.ts";
import { checkLinks } from "./links.ts";
import { OutputTally } from "./output-tally.ts";
import { Pace } from "./pace.ts";
import { RowBatch } from "./row-batch.ts";
import { Cast, Tally } from "./tally.ts";
import { keepWatched } from "./watched-blocks.ts";
import { WorkingSet } from "./working-set.ts";

const EMPTY = Buffer.alloc(0);

export type PreparedCommit = PreparedWrite & { readonly mismatches: readonly Mismatch[] };

/**
 * Works out the rows that append blocks to a chain.
 * @param sealed at least one block
 * @throws HeadwaterError `broken-link`, `store-corrupt`
 */
export async function prepareCommit(
  context: ChainContext,
  state: ChainState,
  journal: JournalHead,
  sealed: readonly SealedBlock[],
  marks: FinalityMarks | undefined,
): Promise<PreparedCommit> {
  const { terms, number: chain } = context;
  checkLinks(sealed, state.position?.tip, terms.startHeight);
  const blocks = terms.scope === "watched" ? await keepWatched(context, sealed) : sealed;
  const pace = new Pace();
  const rows = new RowBatch();
  const set = new WorkingSet(context.records);
  const cast = new Cast(set);
  const outputs = new OutputTally(context, set);
  for (const block of blocks) {
    outputs.list(block, cast.list(block));
    if (pace.due) await pace.turn();
  }
  await outputs.load();
  await set.load();
  const resolved = await context.assets.resolve(cast.assets.keys(), state.counters.assets, rows);
  for (const slot of cast.assets.values()) slot.number = resolved.numbers.get(slot.asset) as number;
  const accounts = set.enrol(state.counters.accounts);
  await set.loadSpilled(cast.accounts, cast.numbers);

  const tally = new Tally(chain, cast, rows);
  const mismatches: Mismatch[] = [];
  let digest: Uint8Array = state.position?.digest ?? initialDigest(terms.chain, terms.profile, terms.startHeight);
  let head = journal;
  let transactions = state.position?.transactions ?? 0;
  let movements = state.position?.movements ?? 0;
  for (const block of blocks) {
    const outcome = tally.count(block);
    digest = nextDigest(digest, block.ledgerHash);
    head = appendJournal(head, { type: "commit", chain: terms.chain, ref: block.ref, digest, retracted: [] }, rows);
    putBlock(chain, block, digest, rows);
    const { height } = block.ref;
    if (outcome.observed.length > 0) rows.put(numberKey(chain, "observed", height), encodeObserved(outcome.observed));
    for (const [i, mismatch] of outcome.mismatches.entries()) {
      rows.put(mismatchKey(chain, height, i), encodeMismatch(mismatch));
      mismatches.push(mismatch);
    }
    const counts = countsOf(block);
    transactions += counts.transactions;
    movements += counts.movements;
    if (pace.due) await pace.turn();
  }
  await set.encode(rows);
  const outputSet = outputs.encode(rows);

  const tip = (blocks[blocks.length - 1] as SealedBlock).ref;
  const { safe, finalized } = marksAfter(context, state, blocks, tip, marks);
  const position = { tip, digest, safe, finalized, sequence: head.sequence, transactions, movements };
  const counters = { accounts, assets: resolved.next };
  rows.put(tableKey(chain, "position"), encodePosition(position));
  rows.put(tableKey(chain, "counters"), encodeCounters(counters));
  return {
    rows,
    state: { position, counters },
    journal: head,
    mismatches,
    touched: set.touched,
    outputs: outputSet,
    keep() {
      context.assets.keep(resolved);
      set.keep();
    },
  };
}

function countsOf({ whole, encoded, changes }: SealedBlock): BlockCounts {
  return whole ?? { transactions: encoded.length, movements: changes.movements };
}

function putBlock(chain: number, block: SealedBlock, digest: Uint8Array, rows: RowBatch): void {
  const { ref, encoded, ledgerHash, trail, whole } = block;
  const { height } = ref;
  const kept = whole && { kept: encoded.length };
  const row = { ref, ...countsOf(block), digest, ledgerHash, ...(trail && { trail }), ...kept };
  rows.put(numberKey(chain, "block", height), encodeBlock(row));
  rows.put(textKey(chain, "blockHash", ref.hash), encodeNumber(height));
  for (const [group, bytes] of encodeTransactionGroups(encoded)) rows.put(transactionsKey(chain, height, group), bytes);
  for (const bytes of encoded) {
    rows.transactionIds.put(transactionIdKey(chain, bytes, height, readIndex(bytes)), EMPTY);
  }
}

function marksAfter(
  context: ChainContext,
  state: ChainState,
  blocks: readonly SealedBlock[],
  tip: BlockRef,
  marks: FinalityMarks | undefined,
): FinalityMarks {
  const current = { safe: state.position?.safe ?? null, finalized: state.position?.finalized ?? null };
  if (marks === undefined) return current;
  return mergeMarks(current, marks, tip, context.terms.startHeight, (height) => {
    const pending = blocks.find((block) => block.ref.height === height);
    return (pending ?? readBlock(context.reader, context.number, height))?.ref.hash;
  });
}
