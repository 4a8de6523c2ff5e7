import type { BlockLocator, CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import type { RpcCall } from "../json-rpc/messages.ts";
import { hexHeight } from "./block-ref.ts";
import { CALL_TRACER, DIFF_TRACER, type NodeCapabilities, type ReceiptsAccess } from "./capabilities.ts";
import { hasErrorObject, mayHaveUncles } from "./find-in-bytes.ts";
import { seesTraces } from "./profile.ts";
import { PART_IDS, type PartName, parseRaw } from "./raw.ts";
import { fetchReceipts } from "./receipts-one-by-one.ts";
import { fetchUncles } from "./uncles.ts";

/**
 * Below this size an answer cannot hold a block with transactions: it is read at once, which costs microseconds and tells
 * here and now that the node lacks the block or refuses a method.
 */
const SMALL_ANSWER_BYTES = 1024;

type Parts = Record<string, Uint8Array>;
type PartCall = { readonly part: PartName; readonly call: RpcCall };

/** What fetching one node's blocks needs to know. */
export type BlockSource = {
  readonly client: JsonRpcClient;
  readonly capabilities: NodeCapabilities;
  /** Heights below which blocks may have uncles that earn rewards. */
  readonly unclesBelow: number;
};

/**
 * One block with its receipts and, in a profile with `traces`, its call frames and balance changes, as one batch: the
 * hot path. The answer is not parsed here; `verify` finds out all of it, also that the parts belong to one block.
 *
 * Methods: eth_getBlockByNumber or eth_getBlockByHash, eth_getBlockReceipts (or eth_getTransactionReceipt one by one),
 * debug_traceBlockByNumber or debug_traceBlockByHash, eth_getUncleByBlockHashAndIndex.
 * @throws HeadwaterError `node-block-missing` where that shows at once; else `verify` says it
 */
export async function fetchRawBlock(
  source: BlockSource,
  at: BlockLocator,
  profile: string,
  options?: CallOptions,
): Promise<RawBlock> {
  const access = chooseAccess(await source.capabilities.findReceipts(options), at);
  const traces = seesTraces(profile);
  const isGenesis = at.height === 0;
  const parts = await fetchParts(source.client, listCalls(at, access, traces && !isGenesis), options);
  // Genesis has no transactions, and some clients refuse to trace it.
  if (traces && isGenesis) Object.assign(parts, { calls: emptyList("calls"), diffs: emptyList("diffs") });
  const raw: RawBlock = { asked: at, profile, node: source.client.node, parts };
  if (isSmall(parts)) parseRaw({ ...raw });
  if (access === "one-by-one") parts["receipts"] = await fetchReceipts(source.client, raw, options);
  if ((at.height ?? 0) < source.unclesBelow && Object.values(parts).some(mayHaveUncles)) {
    parts["uncles"] = await fetchUncles(source.client, raw, options);
  }
  return raw;
}

function chooseAccess(access: ReceiptsAccess, at: BlockLocator): ReceiptsAccess {
  return access === "by-height" && at.height === undefined ? "one-by-one" : access;
}

function listCalls(at: BlockLocator, access: ReceiptsAccess, traces: boolean): PartCall[] {
  const byHash = "hash" in at;
  const which = byHash ? at.hash : hexHeight(at.height);
  const trace = byHash ? "debug_traceBlockByHash" : "debug_traceBlockByNumber";
  const calls: PartCall[] = [
    { part: "block", call: { method: byHash ? "eth_getBlockByHash" : "eth_getBlockByNumber", params: [which, true] } },
  ];
  if (access !== "one-by-one") {
    const receiptsOf = access === "by-height" && at.height !== undefined ? hexHeight(at.height) : which;
    calls.push({ part: "receipts", call: { method: "eth_getBlockReceipts", params: [receiptsOf] } });
  }
  if (traces) {
    calls.push({ part: "calls", call: { method: trace, params: [which, CALL_TRACER] } });
    calls.push({ part: "diffs", call: { method: trace, params: [which, DIFF_TRACER] } });
  }
  return calls;
}

async function fetchParts(client: JsonRpcClient, calls: readonly PartCall[], options?: CallOptions): Promise<Parts> {
  if (calls.length === 1 || client.batchCalls < calls.length) return await fetchSingly(client, calls, options);
  const answer = await client.postBatch(
    calls.map(({ call }) => call),
    calls.map(({ part }) => PART_IDS[part]),
    options,
  );
  // A node's cap on a batch's answer shows as an error in place of the last parts; each alone may still pass.
  const isCut = answer.kind === "answer" && answer.bytes.length >= SMALL_ANSWER_BYTES && hasErrorObject(answer.bytes);
  if (answer.kind === "answer" && !isCut) return { batch: answer.bytes };
  const parts = await fetchSingly(client, calls, options);
  if (answer.kind === "refused") client.learnBatchCalls(calls.length - 1);
  return parts;
}

/** For nodes that take no batches, or only smaller ones. */
async function fetchSingly(client: JsonRpcClient, calls: readonly PartCall[], options?: CallOptions): Promise<Parts> {
  const answers = await Promise.all(
    calls.map(async ({ part, call }) => [part, await client.postCall(call, PART_IDS[part], options)] as const),
  );
  return Object.fromEntries(answers);
}

function isSmall(parts: Parts): boolean {
  let size = 0;
  for (const bytes of Object.values(parts)) size += bytes.length;
  return size < SMALL_ANSWER_BYTES;
}

function emptyList(part: PartName): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id: PART_IDS[part], result: [] }));
}
