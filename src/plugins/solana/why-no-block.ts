import type { CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type Commitment, getBlock, getBlocks } from "./block-request.ts";
import { readHeader } from "./header.ts";
import { isRpcError, saysNoBlock } from "./rpc-errors.ts";
import { listSlots } from "./slots.ts";

/**
 * Finds out what it means that a node has no block at a slot. Nodes say that a slot was skipped of those that they lost as well
 * (after a start from a newer snapshot, or in long-term storage), and of those that were really skipped they also say that
 * there is no block yet, or nothing (-32004, null). What tells is the parent that the node's next block names: a block
 * that follows on one before the slot has skipped it.
 *
 * Methods: getBlocks, getBlock without transactions.
 * @returns the error to fail with: `node-block-skipped` where the next block shows it, `node-block-missing` where the node has not
 *   come so far, `node-history-pruned` where it has blocks above but not this one
 */
export async function explainNoBlock(
  client: JsonRpcClient,
  slot: number,
  refusal: HeadwaterError,
  commitment: Commitment,
  options?: CallOptions,
): Promise<HeadwaterError> {
  const next = await findNext(client, slot, commitment, options);
  if (next && next.parentHeight < slot) {
    const text = `node ${client.node}, getBlock: slot ${slot} was skipped: its block at ${next.height} follows the one at ${next.parentHeight}`;
    return new HeadwaterError("node-block-skipped", text, {
      details: { node: client.node, slot, next: next.height, parent: next.parentHeight },
    });
  }
  if (!isRpcError(refusal, "skipped-or-pruned")) return refusal;
  const shown = next ? `its block at ${next.height} follows one at ${next.parentHeight}` : "it shows no block after it";
  return new HeadwaterError("node-history-pruned", `${refusal.message}; it does not have the block: ${shown}`, {
    details: { node: client.node, slot, next: next?.height ?? null },
    cause: refusal,
  });
}

/** The node's next block above the slot; undefined where it has none near. */
async function findNext(
  client: JsonRpcClient,
  slot: number,
  commitment: Commitment,
  options?: CallOptions,
): Promise<BlockRef | undefined> {
  const call = getBlocks(slot + 1, slot + LIMITS.skippedRunHeights, commitment);
  const [next] = listSlots(await client.call(call.method, call.params, options), client.node, slot + 1);
  if (next === undefined) return undefined;
  try {
    const header = getBlock(next, "none", commitment);
    return readHeader(await client.call(header.method, header.params, options), next, client.node);
  } catch (error) {
    if (saysNoBlock(error)) return undefined;
    throw error;
  }
}
