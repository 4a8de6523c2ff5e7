import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { Answer } from "./codec/answer.ts";
import { readRef } from "./read-block.ts";

/**
 * The ref in an answer to `getBlock`. A node that does not say whether it skipped a slot may answer null.
 * @throws HeadwaterError `node-block-missing`, `node-bad-response`
 */
export function readHeader(result: unknown, slot: number, node: string): BlockRef {
  if (result === null) throw noBlock(slot, node);
  const answer = new Answer(`node ${node}, slot ${slot}`);
  return readRef(answer, answer.record(result, "the block"), slot);
}

/** The error for a block that the node does not have, for all that it says. */
export function noBlock(slot: number, node: string): HeadwaterError {
  return new HeadwaterError("node-block-missing", `node ${node}, getBlock: it has no block at slot ${slot}`, {
    details: { node, slot },
  });
}

/** The error for a node that has another block at the slot than the one asked for: it has not got that one. */
export function otherBlock(slot: number, asked: string, actual: string, node: string): HeadwaterError {
  return new HeadwaterError(
    "node-block-missing",
    `node ${node}, getBlock: at slot ${slot} it has ${actual}, not ${asked}`,
    { details: { node, slot, asked, actual } },
  );
}

/** The error for a block of which the node has not written down yet when it was made: it does that last. */
export function noTime(slot: number, node: string): HeadwaterError {
  const text = `node ${node}, getBlock: it has not written down the time of its block at slot ${slot}`;
  return new HeadwaterError("node-block-missing", text, { details: { node, slot } });
}
