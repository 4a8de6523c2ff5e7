import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { checkBlock, checkReceipts, checkUncles } from "./block-shape.ts";
import { badResponse, readBatch, readList, readResponse } from "./responses.ts";
import type { RpcBlock, RpcCallFrame, RpcReceipt, RpcStateDiff, RpcTraced } from "./rpc-types.ts";
import { Shape } from "./shape.ts";
import { checkCalls, checkDiffs } from "./trace-shape.ts";

export type {
  RpcBlock,
  RpcCallFrame,
  RpcLog,
  RpcReceipt,
  RpcStateDiff,
  RpcTraced,
  RpcTransaction,
} from "./rpc-types.ts";

/** A raw block parsed. What was not fetched is undefined. */
export type EvmBlock = {
  readonly block: RpcBlock;
  readonly receipts: readonly RpcReceipt[] | undefined;
  readonly calls: readonly RpcTraced<RpcCallFrame>[] | undefined;
  readonly diffs: readonly RpcTraced<RpcStateDiff>[] | undefined;
  /** Headers of the uncles, in the block's order. */
  readonly uncles: readonly RpcBlock[] | undefined;
};

/**
 * The parts of an EVM raw block and the JSON-RPC id under which each stands in a batch. A part's bytes are a JSON-RPC
 * response; the part `batch` is an array of them.
 *
 * The parts `receipts` and `uncles` may also be arrays of responses, one a receipt or an uncle, for nodes that have to be
 * asked one by one: their ids are then positions from 0, in any order.
 */
export const PART_IDS = { block: 1, receipts: 2, calls: 3, diffs: 4, uncles: 5 } as const;
export type PartName = keyof typeof PART_IDS;

const PART_NAMES = Object.keys(PART_IDS) as PartName[];

const METHODS: Record<PartName, string> = {
  block: "eth_getBlock",
  receipts: "eth_getBlockReceipts",
  calls: "debug_traceBlockByHash",
  diffs: "debug_traceBlockByHash",
  uncles: "eth_getUncleByBlockHashAndIndex",
};

const parsed = new WeakMap<RawBlock, EvmBlock>();

/**
 * Parses once and checks the form of every field that is used; `verify` and `decode` share the outcome.
 * @throws HeadwaterError `node-bad-response`, `node-block-missing`, `node-rpc-error`, `node-method-unsupported`, …
 */
export function parseRaw(raw: RawBlock): EvmBlock {
  const known = parsed.get(raw);
  if (known) return known;
  const block = parseParts(raw);
  parsed.set(raw, block);
  return block;
}

function parseParts(raw: RawBlock): EvmBlock {
  const { node } = raw;
  const results = readParts(raw);
  const block = results.get("block");
  if (block === undefined) throw badResponse(node, "block", "a part with the block", "none");
  for (const name of ["block", "receipts"] as const) {
    if (results.get(name) === null) {
      throw new HeadwaterError("node-block-missing", `node ${node}, ${METHODS[name]}: it does not have ${asked(raw)}`, {
        details: { node, part: name },
      });
    }
  }
  const { receipts, calls, diffs, uncles } = Object.fromEntries(results);
  return {
    block: checkBlock(new Shape(node, "block"), block),
    receipts: receipts === undefined ? undefined : checkReceipts(new Shape(node, "receipts"), receipts),
    calls: calls === undefined ? undefined : checkCalls(new Shape(node, "calls"), calls),
    diffs: diffs === undefined ? undefined : checkDiffs(new Shape(node, "diffs"), diffs),
    uncles: uncles === undefined ? undefined : checkUncles(new Shape(node, "uncles"), uncles),
  };
}

/** The result of every part that the raw block has, whether it came alone or in the batch. */
function readParts(raw: RawBlock): Map<PartName, unknown> {
  const { node, parts } = raw;
  const results = new Map<PartName, unknown>();
  if (parts["batch"]) {
    const batch = readBatch(node, "batch", parts["batch"]);
    for (const name of PART_NAMES) {
      const read = batch.get(PART_IDS[name]);
      if (read) results.set(name, read(METHODS[name]));
    }
    if (batch.size > results.size) {
      throw badResponse(node, "batch", `ids among ${Object.values(PART_IDS).join(", ")}`, [...batch.keys()].join(", "));
    }
  }
  for (const name of PART_NAMES) {
    const bytes = parts[name];
    if (!bytes) continue;
    const single = name === "receipts" || name === "uncles" ? readList : readResponse;
    results.set(name, single(node, name, bytes, METHODS[name]));
  }
  return results;
}

function asked({ asked }: RawBlock): string {
  return "hash" in asked ? `block ${asked.hash}` : `block ${asked.height}`;
}
