import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import { encodePosition, type PositionRow } from "./block-rows.ts";
import { type ChainContext, type ChainState, type PreparedWrite, readBlock } from "./chain-state.ts";
import { missingRow } from "./database.ts";
import { appendJournal, type JournalHead } from "./journal.ts";
import { tableKey } from "./keys.ts";
import { Pace } from "./pace.ts";
import { RowBatch } from "./row-batch.ts";
import { readWhole, Undo } from "./undo.ts";
import { WorkingSet } from "./working-set.ts";

/**
 * Whether the chain may go back to `to`; null is before its first block.
 * @param belowFinal whether final blocks may be undone, but for the first
 * @throws HeadwaterError `finality-conflict`, `block-unknown`
 */
export function checkRollback(
  context: ChainContext,
  position: PositionRow | undefined,
  to: BlockRef | null,
  belowFinal: boolean,
): void {
  const finalized = position?.finalized;
  if (finalized && (to === null || (to.height < finalized.height && !belowFinal))) {
    const where = to === null ? "before the first block" : `to block ${to.height}`;
    throw new HeadwaterError(
      "finality-conflict",
      `${context.terms.chain}: going back ${where} would undo the finalized block ${finalized.height} ${finalized.hash}`,
      {
        details: {
          height: to?.height ?? null,
          hash: to?.hash ?? null,
          finalizedHeight: finalized.height,
          finalizedHash: finalized.hash,
        },
      },
    );
  }
  if (to === null) return;
  const stored =
    position && to.height <= position.tip.height ? readBlock(context.reader, context.number, to.height) : undefined;
  if (stored?.ref.hash !== to.hash) {
    throw new HeadwaterError("block-unknown", `${context.terms.chain}: block ${to.height} ${to.hash} is not indexed`, {
      details: { height: to.height, hash: to.hash },
    });
  }
}

/**
 * Works out the rows that take back the newest blocks above `to`, as many as one batch may hold. To be repeated until
 * the tip is `to`; each step leaves a whole ledger behind.
 * @throws HeadwaterError `store-corrupt`
 */
export async function prepareRollback(
  context: ChainContext,
  state: ChainState,
  position: PositionRow,
  journal: JournalHead,
  to: BlockRef,
): Promise<PreparedWrite> {
  const { number: chain, reader } = context;
  const rows = new RowBatch();
  const set = new WorkingSet(context.records);
  const undo = new Undo(context, rows, set);
  const pace = new Pace();
  let head = journal;
  let tip = position.tip;
  let { transactions, movements } = position;
  let digest = position.digest;
  const first = movements;
  for (let blocks = 0; tip.height > to.height; blocks++) {
    if (blocks >= LIMITS.rollbackBlocks || first - movements >= LIMITS.commitMovements) break;
    const whole = await readWhole(reader, chain, tip.height);
    const below = readBlock(reader, chain, whole.row.ref.parentHeight);
    if (below === undefined) throw missingRow(`block ${whole.row.ref.parentHeight}`);
    await undo.block(whole);
    digest = below.digest;
    head = appendJournal(
      head,
      { type: "rollback", chain: context.terms.chain, ref: tip, digest, retracted: whole.encoded },
      rows,
    );
    transactions -= whole.row.transactions;
    movements -= whole.row.movements;
    tip = below.ref;
    if (pace.due) await pace.turn();
  }
  await undo.finish(tip.height);
  // Where final blocks are undone, what remains of the chain is as final as it was.
  const finalized = position.finalized && position.finalized.height > tip.height ? tip : position.finalized;
  const safe = position.safe && position.safe.height > tip.height ? finalized : position.safe;
  const after = { tip, digest, safe, finalized, sequence: head.sequence, transactions, movements };
  rows.put(tableKey(chain, "position"), encodePosition(after));
  return {
    rows,
    state: { position: after, counters: state.counters },
    journal: head,
    touched: set.touched,
    outputs: "any",
    keep: () => set.keepUndone(),
  };
}
