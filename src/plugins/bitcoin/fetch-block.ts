import type { BlockLocator, CallOptions, NodeTransport, RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { hashText, sha256d } from "./codec/hashing.ts";
import type { Dialect } from "./dialect.ts";
import { readHexAnswer } from "./hex-answer.ts";
import type { LocalBlocks } from "./local/local-blocks.ts";
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

const HEADER_BYTES = 80;

type SerializedPart = { readonly bytes: Uint8Array } | { readonly answer: Uint8Array };

/** What fetching one node's blocks needs. */
export type BlockSource = {
  readonly transport: NodeTransport;
  readonly client: JsonRpcClient;
  readonly dialect: Dialect;
  readonly headers: NodeHeaders;
  readonly network: BitcoinNetwork;
  readonly local: LocalBlocks | undefined;
};

/**
 * One block as its bytes where the node serves REST, else as the node's answer in which they stand as hex, which is not parsed
 * here; and in the profile `+told` what it spends: the node's answer that tells it, or the transactions that made it.
 *
 * Methods: getblockhash where asked by height, getblockheader where by hash alone, getblock, getrawtransaction; REST: block.
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
  const [serialized, height, told] = await Promise.all([
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
    parts: { ...serialized, ...(height !== undefined && { height: encodeHeight(height) }), ...(told && { told }) },
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

/**
 * The block's bytes from a file on this machine's disk, else from the node's REST interface, else the JSON-RPC answer with
 * their hex. Whether there is such an interface is found out by the first block: what fails there and not over JSON-RPC is
 * not tried again.
 */
async function fetchSerialized(source: BlockSource, hash: string, options?: CallOptions): Promise<SerializedPart> {
  const { dialect, transport, local } = source;
  // The newest blocks are in no file that was looked through, and each look for one would be in vain.
  const found = options?.work === "backfill" ? await local?.read(hash) : undefined;
  if (found) return { bytes: found };
  if (!transport.get || !dialect.mayServe) return { answer: await fetchHex(source, hash, options) };
  const bytes = await fetchServed(transport.get.bind(transport), dialect.blockPath(hash), hash, options);
  if (bytes) {
    dialect.noteServed(true);
    return { bytes };
  }
  const answer = await fetchHex(source, hash, options);
  dialect.noteServed(false);
  return { answer };
}

/** Undefined for anything but the very block: what else answers at such a path is no node's REST. */
async function fetchServed(
  get: NonNullable<NodeTransport["get"]>,
  path: string,
  hash: string,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    const bytes = await get(path, options);
    return bytes.length > HEADER_BYTES && hashText(sha256d(bytes.subarray(0, HEADER_BYTES))) === hash
      ? bytes
      : undefined;
  } catch (error) {
    if (error instanceof HeadwaterError && error.code === "node-http-error") return undefined;
    throw error;
  }
}

async function fetchHex(source: BlockSource, hash: string, options?: CallOptions): Promise<Uint8Array> {
  const { client, dialect } = source;
  try {
    const call = dialect.block(hash);
    const answer = await client.postCall(call, BLOCK_ANSWER_ID, options);
    if (answer.length < SMALL_ANSWER_BYTES) readHexAnswer(answer, BLOCK_ANSWER_ID, client.node, call.method);
    return answer;
  } catch (error) {
    if (!dialect.noteBlockRefused(error)) throw error;
    return await fetchHex(source, hash, options);
  }
}
