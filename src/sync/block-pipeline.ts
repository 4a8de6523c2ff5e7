import type { WorkClass } from "../core/contracts/plugin.ts";
import { LIMITS } from "../core/limits.ts";
import type { DecodedBlock } from "./decode-worker.ts";

export type ObtainedBlock = DecodedBlock & {
  /** The node that gave it. */
  readonly node: string;
  readonly sizeBytes: number;
};

/** Fetches, verifies and decodes the block at a height, over as many nodes as it takes. */
export type Obtain = (height: number, work: WorkClass, signal: AbortSignal) => Promise<ObtainedBlock>;

/** Heights within so many of the target are tip work; what is further behind is backfill. */
const TIP_DISTANCE = 2;

/**
 * Gives the blocks `from … to` in order while the next ones are fetched and decoded ahead. What is held is capped in
 * blocks and, by the measured size of blocks, in bytes.
 */
export async function* pipeBlocks(
  obtain: Obtain,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<ObtainedBlock> {
  const abort = new AbortController();
  const inner = AbortSignal.any([signal, abort.signal]);
  const ahead = new Map<number, Promise<ObtainedBlock>>();
  let meanBytes = 0;
  let next = from;
  try {
    for (let height = from; height <= to; height++) {
      const byBytes = meanBytes > 0 ? Math.floor(LIMITS.pipelineBytes / meanBytes) : LIMITS.nodeConcurrency;
      const window = Math.max(1, Math.min(LIMITS.pipelineBlocks, byBytes));
      while (next <= to && next < height + window) {
        const block = obtain(next, to - next < TIP_DISTANCE ? "tip" : "backfill", inner);
        // The generator looks at it in its turn; until then a failure must not count as unhandled.
        block.catch(() => {});
        ahead.set(next++, block);
      }
      const block = await (ahead.get(height) as Promise<ObtainedBlock>);
      ahead.delete(height);
      meanBytes = meanBytes === 0 ? block.sizeBytes : meanBytes * 0.9 + block.sizeBytes * 0.1;
      yield block;
    }
  } finally {
    abort.abort(signal.reason ?? new Error("the pipeline was closed"));
    await Promise.allSettled(ahead.values());
  }
}
