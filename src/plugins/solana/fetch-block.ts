import type { BlockLocator, CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type Detail, getBlock } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { noTime, otherBlock } from "./header.ts";
import { peekFields } from "./peek-fields.ts";
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
    const { blockhash, blockTime } = peekFields(answer);
    if ("hash" in at && blockhash !== undefined && blockhash !== at.hash) {
      throw otherBlock(slot, at.hash, blockhash, client.node);
    }
    if (blockTime === "null" && headers.newest.expectsTime(slot)) throw noTime(slot, client.node);
    if (answer.length < SMALL_ANSWER_BYTES) openRaw({ ...raw });
    return raw;
  } catch (error) {
    throw await headers.explain(at, error, options);
  }
}
