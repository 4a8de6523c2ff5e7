import type { CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import { listFrom } from "../height-lists.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { SkipWords } from "../skip-words.ts";

/**
 * What one node's chain has at a height: its block there, or where it says that the height is skipped the first block above,
 * whose parent shows that it passes over it. A node that does not show such a block has said nothing.
 *
 * @throws HeadwaterError what the node's failure is
 */
export async function fetchPassing(
  node: PoolNode,
  height: number,
  skips: SkipWords,
  call: CallOptions,
): Promise<BlockRef> {
  try {
    return await node.client.fetchHeader({ height }, call);
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.code !== "node-block-skipped") throw error;
    skips.note(height, node);
    if (!node.client.listHeights) throw error;
  }
  const first = await findAbove(node, height, call);
  let header = await node.client.fetchHeader({ height: first }, call);
  // Its list may leave out what stands between.
  for (let steps = 0; header.parentHeight > height && steps < LIMITS.leftOutBlocks; steps++) {
    header = await node.client.fetchHeader({ height: header.parentHeight, hash: header.parentHash }, call);
  }
  if (header.parentHeight <= height) return header;
  throw unproven(node, height, `block ${header.height} stands on ${header.parentHeight}`);
}

/** The lowest height above that the node lists. */
async function findAbove(node: PoolNode, height: number, call: CallOptions): Promise<number> {
  const tip = node.tips?.tip.height ?? -1;
  let from = height + 1;
  for (let lists = 0; from <= tip && lists < LIMITS.nextBlockLists; lists++) {
    const to = Math.min(tip, from + LIMITS.plannedHeights - 1);
    const [first] = await listFrom(node, from, to, call);
    if (first !== undefined) return first;
    from = to + 1;
  }
  throw unproven(node, height, `it lists no block from ${height + 1} to ${from - 1}`);
}

function unproven({ config }: PoolNode, height: number, why: string): HeadwaterError {
  const message = `node ${config.name}: said that height ${height} is skipped and does not show it: ${why}`;
  return new HeadwaterError("node-bad-response", message, { details: { node: config.name, height } });
}
