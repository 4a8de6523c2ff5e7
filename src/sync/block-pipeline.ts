import type { BlockLocator, WorkClass } from "../core/contracts/plugin.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { DecodedBlock, OpenBlock } from "./decode-protocol.ts";
import type { CatchUpPace } from "./governor/lag-governor.ts";
import type { HeightPlan, PlannedBlock } from "./height-plan.ts";
import type { ListedPlan } from "./listed-plan.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { SkippedHeight } from "./skip-words.ts";

type Fetched = {
  readonly ref: BlockRef;
  /** The node that gave it. */
  readonly node: PoolNode;
  /** Other nodes that gave the very same, where that was asked for. */
  readonly alike?: readonly PoolNode[];
  /** The node was asked for the height alone: it says that this block is of its chain. */
  readonly byHeight: boolean;
  /** What it takes of memory until it is committed, roughly; of a block that several nodes gave, all that they gave. */
  readonly sizeBytes: number;
};

export type ObtainedBlock = Fetched & DecodedBlock;

/** A block whose spent outputs are still to be found before it can be decoded. */
export type OpenedBlock = Fetched & { readonly open: OpenBlock };

export type FetchedBlock = ObtainedBlock | OpenedBlock;

/**
 * Fetches, verifies and decodes one block, as far as that can be done before its turn, over as many nodes as it takes. The
 * locator has the height in any case.
 * @throws SkippedHeight when a node says that the chain has no block there, unless the locator has a hash
 */
export type Obtain = (at: BlockLocator, work: WorkClass, signal: AbortSignal) => Promise<FetchedBlock>;

/**
 * Fetches the blocks between the height that is passed and a block that was planned next, lowest first. Undefined when there
 * are more than the plan may leave out.
 */
export type FetchLeftOut = (
  block: FetchedBlock,
  passed: number,
  work: WorkClass,
) => Promise<readonly FetchedBlock[] | undefined>;

/** Whether some node said that the chain has no block at the height. */
type IsDoubted = (height: number) => boolean;

export type PipelineOptions = {
  readonly obtain: Obtain;
  readonly plan: HeightPlan;
  /** Where heights may have no block: what is done about blocks that the plan leaves out. */
  readonly sparse?: { readonly plan: ListedPlan; readonly fetchLeftOut: FetchLeftOut; readonly isDoubted: IsDoubted };
  /** All blocks up to this height are passed. */
  readonly passed: number;
  /** How far ahead blocks are asked for, and how much of the time goes into those far from the target. */
  readonly pace: CatchUpPace;
  /** Bytes of blocks given out and still held as they were fetched: they count as if they were in here. */
  readonly heldBytes: () => number;
  readonly signal: AbortSignal;
};

/** With fewer blocks than that to come, what is fetched is tip work; what is further behind is backfill. */
const TIP_DISTANCE = 2;

/**
 * Gives the blocks of the plan in order while the next ones are fetched and decoded ahead. What is held is capped in
 * blocks by the pace and, by the measured size of blocks, in bytes.
 */
export async function* pipeBlocks(options: PipelineOptions): AsyncGenerator<FetchedBlock> {
  const { plan, sparse, pace, heldBytes, signal } = options;
  let flights = new Flights(options.obtain, signal);
  let { passed } = options;
  let meanBytes = 0;
  let restarts = 0;
  try {
    pace.resume();
    for (;;) {
      const byBytes =
        meanBytes > 0 ? Math.floor((LIMITS.pipelineBytes - heldBytes()) / meanBytes) : LIMITS.nodeConcurrency;
      const window = Math.max(1, Math.min(pace.depth, byBytes));
      while (flights.count < window) {
        const at = plan.take();
        if (!at) break;
        flights.begin(at, plan.left < TIP_DISTANCE ? "tip" : "backfill");
      }
      if (flights.count === 0) {
        if (plan.isDone) return;
        await plan.ready();
        continue;
      }
      const flight = flights.next();
      const block = sparse ? await unlessSkipped(flight, sparse.isDoubted) : await flight.block;
      if (!block) continue;
      const { ref, sizeBytes } = block;
      meanBytes = meanBytes === 0 ? sizeBytes : meanBytes * 0.9 + sizeBytes * 0.1;
      const isGap = sparse !== undefined && ref.parentHeight > passed;
      const below = isGap ? await sparse.fetchLeftOut(block, passed, flight.work) : [];
      if (below) {
        yield* below;
        yield block;
        passed = ref.height;
        sparse?.plan.notePassed(passed);
      }
      if (sparse && (!below || sparse.plan.isSpoilt)) {
        if (++restarts > LIMITS.listRestarts) throw tooManyLeftOut(block);
        await flights.land();
        flights = new Flights(options.obtain, signal);
        sparse.plan.restart(passed + 1);
      }
      if (plan.left + flights.count > TIP_DISTANCE) await pace.rest(signal);
    }
  } finally {
    await flights.land();
  }
}

type Flight = { readonly at: PlannedBlock; readonly work: WorkClass; readonly block: Promise<FetchedBlock> };

/** Blocks on their way, in the order in which they are to be given out. */
class Flights {
  readonly #obtain: Obtain;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #outer: AbortSignal;
  readonly #ahead: Flight[] = [];

  constructor(obtain: Obtain, signal: AbortSignal) {
    this.#obtain = obtain;
    this.#outer = signal;
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
  }

  get count(): number {
    return this.#ahead.length;
  }

  begin(at: PlannedBlock, work: WorkClass): void {
    const block = this.#obtain(at, work, this.#signal);
    // It is looked at in its turn; until then a failure must not count as unhandled.
    block.catch(() => {});
    this.#ahead.push({ at, work, block });
  }

  next(): Flight {
    return this.#ahead.shift() as Flight;
  }

  /** Gives up what is under way. Resolves when nothing is any more. */
  async land(): Promise<void> {
    this.#abort.abort(this.#outer.reason ?? new Error("the pipeline was closed"));
    await Promise.allSettled(this.#ahead.splice(0).map(({ block }) => block));
  }
}

/**
 * Undefined where a node says that there is no block, and where no node has one or too few have the same: the parent that
 * the next block names tells whether the chain has one.
 */
async function unlessSkipped({ at, block }: Flight, isDoubted: IsDoubted): Promise<FetchedBlock | undefined> {
  try {
    return await block;
  } catch (error) {
    if ("hash" in at || !(error instanceof HeadwaterError)) throw error;
    const isMissing = error.details["lastCode"] === "node-block-missing";
    if (error instanceof SkippedHeight || isMissing || isDoubted(at.height)) return undefined;
    throw error;
  }
}

function tooManyLeftOut({ ref }: FetchedBlock): HeadwaterError {
  const message = `below block ${ref.height} ${ref.hash} more heights have blocks than nodes list, again and again`;
  return new HeadwaterError("nodes-exhausted", message, { details: { height: ref.height, hash: ref.hash } });
}
