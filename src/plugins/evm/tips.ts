import type { BlockLocator, CallOptions, NodeTips } from "../../core/contracts/plugin.ts";
import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { blockMissing, expectBlock, hexHeight, readBlockRef } from "./block-ref.ts";

const BY_NUMBER = "eth_getBlockByNumber";

/** Errors by which a node says that it knows no such tag, or no such block yet. */
const NO_SUCH_TAG: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "node-block-missing",
  "node-rpc-error",
  "node-method-unsupported",
]);

/** The newest block of the node. @throws HeadwaterError `node-block-missing` when it has none */
export async function fetchLatest(client: JsonRpcClient, options?: CallOptions): Promise<BlockRef> {
  return readLatest(await client.call(BY_NUMBER, ["latest", false], options), client.node);
}

/**
 * The blocks with the tags `latest`, `safe` and `finalized`, by one batch of eth_getBlockByNumber. `safe` and `finalized`
 * are null where the node does not know the tag.
 */
export async function fetchTips(client: JsonRpcClient, options?: CallOptions): Promise<NodeTips> {
  const calls = ["latest", "safe", "finalized"].map((tag) => ({ method: BY_NUMBER, params: [tag, false] }));
  const [latest, safe, finalized] = await client.batch(calls, options);
  return {
    tip: readLatest(unwrap(latest as RpcOutcome), client.node),
    safe: readTagged(safe as RpcOutcome, client.node),
    finalized: readTagged(finalized as RpcOutcome, client.node),
  };
}

function readLatest(header: unknown, node: string): BlockRef {
  if (header !== null) return readBlockRef(header, node, BY_NUMBER);
  throw new HeadwaterError("node-block-missing", `node ${node}, ${BY_NUMBER}: it does not have any block`, {
    details: { node, method: BY_NUMBER, block: "latest" },
  });
}

function readTagged(outcome: RpcOutcome, node: string): BlockRef | null {
  if (!outcome.ok) {
    if (NO_SUCH_TAG.has(outcome.error.code)) return null;
    throw outcome.error;
  }
  return outcome.result === null ? null : readBlockRef(outcome.result, node, BY_NUMBER);
}

/** @throws HeadwaterError `node-block-missing`, `node-wrong-block`, `node-bad-response` */
export async function fetchHeader(client: JsonRpcClient, at: BlockLocator, options?: CallOptions): Promise<BlockRef> {
  const method = "hash" in at ? "eth_getBlockByHash" : BY_NUMBER;
  const which = "hash" in at ? at.hash : hexHeight(at.height);
  const header = await client.call(method, [which, false], options);
  if (header === null) throw blockMissing(at, client.node, method);
  const ref = readBlockRef(header, client.node, method);
  expectBlock(ref, at, client.node, method);
  return ref;
}
