import type { BlockLocator, WorkClass } from "../core/contracts/plugin.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import type { DecodedBlock, OpenBlock } from "./decode-protocol.ts";
import type { CatchUpPace } from "./governor/lag-governor.ts";
import type { PoolNode } from "./pool/pool-node.ts";

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
 */
export type Obtain = (at: BlockLocator, work: WorkClass, signal: AbortSignal) => Promise<FetchedBlock>;

export type PipelineOptions = {
  readonly obtain: Obtain;
  readonly from: number;
  readonly to: number;
  /** The hash of the block at a height, where it is known. */
  readonly hashAt: (height: number) => string | undefined;
  /** How far ahead blocks are asked for, and how much of the time goes into those far from the target. */
  readonly pace: CatchUpPace;
  /** Bytes of blocks given out and still held as they were fetched: they count as if they were in here. */
  readonly heldBytes: () => number;
  readonly signal: AbortSignal;
};

/** Heights within so many of the target are tip work; what is further behind is backfill. */
const TIP_DISTANCE = 2;

/**
 * Gives the blocks `from … to` in order while the next ones are fetched and decoded ahead. What is held is capped in
 * blocks by the pace and, by the measured size of blocks, in bytes.
 */
export async function* pipeBlocks(options: PipelineOptions): AsyncGenerator<FetchedBlock> {
  const { obtain, from, to, hashAt, pace, heldBytes, signal } = options;
  const abort = new AbortController();
  const inner = AbortSignal.any([signal, abort.signal]);
  const ahead = new Map<number, Promise<FetchedBlock>>();
  let meanBytes = 0;
  let next = from;
  try {
    pace.resume();
    for (let height = from; height <= to; height++) {
      const byBytes =
        meanBytes > 0 ? Math.floor((LIMITS.pipelineBytes - heldBytes()) / meanBytes) : LIMITS.nodeConcurrency;
      const window = Math.max(1, Math.min(pace.depth, byBytes));
      while (next <= to && next < height + window) {
        const hash = hashAt(next);
        const at = hash === undefined ? { height: next } : { height: next, hash };
        const block = obtain(at, to - next < TIP_DISTANCE ? "tip" : "backfill", inner);
        // The generator looks at it in its turn; until then a failure must not count as unhandled.
        block.catch(() => {});
        ahead.set(next++, block);
      }
      const block = await (ahead.get(height) as Promise<FetchedBlock>);
      ahead.delete(height);
      meanBytes = meanBytes === 0 ? block.sizeBytes : meanBytes * 0.9 + block.sizeBytes * 0.1;
      yield block;
      if (to - height > TIP_DISTANCE) await pace.rest(inner);
    }
  } finally {
    abort.abort(signal.reason ?? new Error("the pipeline was closed"));
    await Promise.allSettled(ahead.values());
  }
}
