import type { CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { joinBatches } from "./join-batches.ts";
import { parseRaw } from "./raw.ts";

const METHOD = "eth_getUncleByBlockHashAndIndex";

/**
 * The headers of the block's uncles as a part of responses, ids from 0.
 * @throws HeadwaterError `node-bad-response` when the block names more uncles than the protocol allows
 */
export async function fetchUncles(client: JsonRpcClient, raw: RawBlock, options?: CallOptions): Promise<Uint8Array> {
  // Only blocks before the merge come here, and few of them: parsing one again in the worker costs less than a protocol.
  const { block } = parseRaw({ ...raw });
  const count = block.uncles?.length ?? 0;
  if (count > LIMITS.blockUncles) {
    throw new HeadwaterError(
      "node-bad-response",
      `node ${client.node}: expected at most ${LIMITS.blockUncles} uncles in block ${block.hash}, got ${count}`,
      { details: { node: client.node, block: block.hash, uncles: count } },
    );
  }
  const calls = Array.from({ length: count }, (_, i) => ({
    method: METHOD,
    params: [block.hash, `0x${i.toString(16)}`],
  }));
  return await joinBatches(client, calls, options);
}
