import type { CallOptions } from "../core/contracts/plugin.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { HeightList } from "./listed-plan.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type ListRequest = {
  /** Nodes whose lists are not wanted. */
  readonly without: ReadonlySet<PoolNode>;
  /** The height that is to be reached. */
  readonly target: number;
  readonly signal: AbortSignal;
};

/**
 * The heights from one to another that have blocks, both included, as a node tells that has reached them and is not known to have forgotten
 * them.
 * @throws HeadwaterError `nodes-exhausted`
 */
export async function listHeights(
  nodes: NodePool,
  chainId: string,
  from: number,
  to: number,
  { without, target, signal }: ListRequest,
): Promise<HeightList> {
  return await nodes.request(async (node, call) => ({ node, heights: await listFrom(node, from, to, call) }), {
    what: `${chainId}: the list of heights from ${from} to ${to}`,
    work: target - from < LIMITS.linkHeaders ? "tip" : "backfill",
    signal,
    need: { data: "blocks", height: from },
    suits: (node) =>
      node.client.listHeights !== undefined && node.servesBlocks && node.hasReached(to) && !without.has(node),
  });
}

/** The same by one node. @throws HeadwaterError `node-bad-response` when it is no ascending list within the range */
export async function listFrom(
  node: PoolNode,
  from: number,
  to: number,
  call: CallOptions,
): Promise<readonly number[]> {
  const heights = (await node.client.listHeights?.(from, to, call)) ?? [];
  let last = from - 1;
  for (const height of heights) {
    if (!Number.isInteger(height) || height <= last || height > to) {
      throw new HeadwaterError(
        "node-bad-response",
        `node ${node.config.name}: asked for the heights from ${from} to ${to}, got ${height} after ${last}`,
      );
    }
    last = height;
  }
  return heights;
}

/** What is held against a node whose lists leave out more than may happen. */
export function badList({ config }: PoolNode): HeadwaterError {
  return new HeadwaterError(
    "node-bad-response",
    `node ${config.name}: its lists of heights leave out more than ${LIMITS.leftOutBlocks} blocks`,
    { details: { node: config.name } },
  );
}
