import type { BlockLocator, CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import type { Dialect } from "./dialect.ts";
import { readHexAnswer } from "./hex-answer.ts";
import { listMakers, packTransactions } from "./makers.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import { BLOCK_ANSWER_ID, openRaw } from "./open-raw.ts";
import { isTold } from "./profile.ts";
import { encodeHeight } from "./raw-parts.ts";
import { RpcShape } from "./rpc-shape.ts";
import type { NodeHeaders } from "./tips.ts";
import { TOLD_ANSWER_ID } from "./told-outputs.ts";

/** Below this size an answer is read at once: it costs microseconds and tells here and now what the node refuses. */
const SMALL_ANSWER_BYTES = 1024;

/** What fetching one node's blocks needs. */
export type BlockSource = {
  readonly client: JsonRpcClient;
  readonly dialect: Dialect;
  readonly headers: NodeHeaders;
  readonly network: BitcoinNetwork;
};

/**
 * One block as the node's answer in which its bytes stand as hex, which is not parsed here, and in the profile `+told` what it
 * spends: the node's answer that tells it, or the transactions that made it.
 *
 * Methods: getblockhash where asked by height, getblockheader where by hash alone, getblock, getrawtransaction.
 * @throws HeadwaterError `node-block-missing`, `node-history-pruned`
 */
export async function fetchRawBlock(
  source: BlockSource,
  at: BlockLocator,
  profile: string,
  options?: CallOptions,
): Promise<RawBlock> {
  const { client, dialect, headers } = source;
  const hash = "hash" in at ? at.hash : await headers.fetchHash(at.height, options);
  const needsSpent = isTold(profile);
  const [answer, height, told] = await Promise.all([
    fetchSerialized(source, hash, options),
    at.height === undefined ? headers.fetch(at, options).then((header) => header.height) : undefined,
    needsSpent && dialect.tellsSpent
      ? client.postCall(dialect.blockWithSpent(hash), TOLD_ANSWER_ID, options)
      : undefined,
  ]);
  const raw: RawBlock = {
    asked: at,
    profile,
    node: client.node,
    parts: { answer, ...(height !== undefined && { height: encodeHeight(height) }), ...(told && { told }) },
  };
  if (!needsSpent || told) return raw;
  return { ...raw, parts: { ...raw.parts, made: await fetchMakers(source, raw, options) } };
}

/**
 * The transactions whose outputs the block spends, one by one: the slow way, for nodes that do not tell it with the block.
 * The block has to be parsed here to know them.
 */
async function fetchMakers(
  { client, dialect, network }: BlockSource,
  raw: RawBlock,
  options?: CallOptions,
): Promise<Uint8Array> {
  const calls = listMakers(openRaw(raw, network), network).map((id) => dialect.transaction(id));
  const shape = new RpcShape(client.node, "getrawtransaction");
  const results = await client.batchResults(calls, options);
  return packTransactions(results.map((hex) => Buffer.from(shape.hex(hex, "the transaction"), "hex")));
}

async function fetchSerialized(source: BlockSource, hash: string, options?: CallOptions): Promise<Uint8Array> {
  const { client, dialect } = source;
  try {
    const call = dialect.block(hash);
    const answer = await client.postCall(call, BLOCK_ANSWER_ID, options);
    if (answer.length < SMALL_ANSWER_BYTES) readHexAnswer(answer, BLOCK_ANSWER_ID, client.node, call.method);
    return answer;
  } catch (error) {
    if (!dialect.noteBlockRefused(error)) throw error;
    return await fetchSerialized(source, hash, options);
  }
}
