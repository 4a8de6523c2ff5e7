import type { BlockLocator, CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type Detail, getBlock } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { otherBlock } from "./header.ts";
import { BLOCK_ANSWER_ID, openRaw } from "./raw-block.ts";
import { type NodeHeaders, slotOf } from "./tips.ts";

/**
 * Below this size an answer cannot hold a block with many transactions: it is read at once, which costs microseconds and tells
 * here and now that the node has no block there, and why.
 */
const SMALL_ANSWER_BYTES = 2_048;

/** What fetching one node's blocks needs to know. */
export type BlockSource = {
  readonly client: JsonRpcClient;
  readonly dialect: Dialect;
  readonly headers: NodeHeaders;
};

/**
 * One block with its rewards, as the node's bytes: the hot path. They are not parsed here, but for an answer that is too small
 * to be a block. Blocks are found by slot; where the hash is known, one with another hash is not the block.
 *
 * Methods: getBlock; getBlocks where the node has none.
 * @param enough the least detail that the profile does with
 * @throws HeadwaterError as `NodeHeaders.fetch` does
 */
export async function fetchRawBlock(
  { client, dialect, headers }: BlockSource,
  at: BlockLocator,
  profile: string,
  enough: Exclude<Detail, "none">,
  options?: CallOptions,
): Promise<RawBlock> {
  const slot = slotOf(at, client.node);
  const call = getBlock(slot, dialect.detail(enough), dialect.commitment);
  try {
    const answer = await client.postCall(call, BLOCK_ANSWER_ID, options);
    const raw: RawBlock = { asked: at, profile, node: client.node, parts: { answer } };
    if ("hash" in at) expectHash(answer, slot, at.hash, client.node);
    if (answer.length < SMALL_ANSWER_BYTES) openRaw({ ...raw });
    return raw;
  } catch (error) {
    throw await headers.explain(at, error, options);
  }
}

const HASH_KEY = Buffer.from('"blockhash":"');

/**
 * Finds the block's hash in its bytes, where nodes write it: no other text of an answer has a quote before that word without a
 * backslash. What is not found so is left to verification.
 */
function expectHash(answer: Uint8Array, slot: number, hash: string, node: string): void {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const at = bytes.indexOf(HASH_KEY);
  if (at < 0) return;
  const start = at + HASH_KEY.length;
  const found = bytes.toString("latin1", start, bytes.indexOf('"', start));
  if (found !== hash) throw otherBlock(slot, hash, found, node);
}
