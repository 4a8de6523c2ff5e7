import type { CallOptions, NodeProbe } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { describe, quoteNode } from "../json-rpc/excerpt.ts";
import { type RpcCall, type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { getBlock } from "./block-request.ts";
import type { Dialect } from "./dialect.ts";
import { INGESTION_CALLS, readIngestionLag } from "./ingestion.ts";
import { readKey } from "./keys.ts";
import { clusterIdOf } from "./networks.ts";
import { isRefused, isRpcError, saysNoBlock } from "./rpc-errors.ts";
import { readSlot } from "./slots.ts";

/** Characters of a client's version that are kept. */
const VERSION_CHARACTERS = 100;

/**
 * So far above the node's slot nothing is there: a node that understands the question says so, and says it without looking for
 * a block.
 */
const SLOTS_AHEAD = 1_000_000;

/** What a node's probe says when it gives blocks before they are confirmed. */
export const PROCESSED_CAPABILITY = "processed";

type ProbedNode = {
  readonly client: JsonRpcClient;
  readonly dialect: Dialect;
  readonly ingestionLagSlots: number;
  /** Whether blocks without signatures are wanted where the node gives them. */
  readonly wantsAccounts: boolean;
};

/**
 * Which cluster the node serves, whether it is on its way to the tip, what it is and what it can do, by one batch of
 * getGenesisHash, getSlot, getMaxShredInsertSlot, getHealth, getVersion and getFirstAvailableBlock, and another of getBlock until
 * it is known which questions it understands.
 *
 * A node is syncing when it says that it is unhealthy, or when it has received many slots more than it has run: then what it
 * tells is old, though its health may be called good. A node that does not offer one of the methods is no worse for it.
 *
 * @throws HeadwaterError `node-bad-response`, what the node's refusal is classified as, and the errors of the transport
 */
export async function probeNode(
  { client, dialect, ingestionLagSlots, wantsAccounts }: ProbedNode,
  options?: CallOptions,
): Promise<NodeProbe> {
  const methods = ["getHealth", "getVersion", "getFirstAvailableBlock"];
  const calls: RpcCall[] = [
    { method: "getGenesisHash", params: [] },
    ...INGESTION_CALLS,
    ...methods.map((method) => ({ method, params: [] })),
  ];
  const outcomes = await client.batch(calls, options);
  const [genesis, slot, received, health, version, first] = outcomes as [
    RpcOutcome,
    RpcOutcome,
    RpcOutcome,
    RpcOutcome,
    RpcOutcome,
    RpcOutcome,
  ];
  const chainId = readClusterId(unwrap(genesis), client.node);
  const processed = readSlot(unwrap(slot), client.node, "getSlot");
  await findForms(client, dialect, wantsAccounts, processed + SLOTS_AHEAD, options);
  optional(received);
  const lagSlots = readIngestionLag([slot, received]);
  return {
    chainId,
    syncing: isUnhealthy(health) || (lagSlots ?? 0) > ingestionLagSlots,
    clientVersion: readVersion(optional(version)),
    capabilities: [
      ...(dialect.processed ? [PROCESSED_CAPABILITY] : []),
      ...(dialect.accounts ? ["accounts"] : []),
      ...(lagSlots !== undefined ? ["shred-slots"] : []),
      ...(optional(first) === 0 ? ["archive"] : []),
    ],
  };
}

/** Finds out which forms of blocks the node gives, of those that are of use. Method: getBlock. */
async function findForms(
  client: JsonRpcClient,
  dialect: Dialect,
  wantsAccounts: boolean,
  slot: number,
  options?: CallOptions,
): Promise<void> {
  const processed = dialect.wantsProcessed && dialect.processed === undefined;
  const accounts = wantsAccounts && dialect.accounts === undefined;
  if (!processed && !accounts) return;
  const outcomes = await client.batch(
    [
      getBlock(slot, "none", processed ? "processed" : "confirmed"),
      getBlock(slot, accounts ? "accounts" : "none", "confirmed"),
    ],
    options,
  );
  const [first, second] = outcomes as [RpcOutcome, RpcOutcome];
  if (processed) dialect.processed = understands(first);
  if (accounts) dialect.accounts = understands(second);
}

function understands(outcome: RpcOutcome): boolean {
  if (outcome.ok || saysNoBlock(outcome.error)) return true;
  if (isRefused(outcome.error)) return false;
  throw outcome.error;
}

function readClusterId(result: unknown, node: string): string {
  if (typeof result === "string" && "key" in readKey(result)) return clusterIdOf(result);
  const [expected, actual] = ["the base58 of 32 bytes", describe(result)];
  throw new HeadwaterError("node-bad-response", `node ${node}, getGenesisHash: expected ${expected}, got ${actual}`, {
    details: { node, method: "getGenesisHash", expected, actual },
  });
}

/** Whether the node says that it is not well. That it does not tell is no bad sign. */
function isUnhealthy(outcome: RpcOutcome): boolean {
  return !outcome.ok && isRpcError(outcome.error, "unhealthy");
}

/** Like `solana-core 2.1.0`: nodes name themselves by the key under which their version stands. */
function readVersion(result: unknown): string {
  const [named] = Object.entries(result ?? {}).filter(([, value]) => typeof value === "string");
  return named ? quoteNode(`${named[0]} ${named[1] as string}`, VERSION_CHARACTERS) : "unknown";
}

/** The result of what a node need not tell. @throws HeadwaterError when it is in trouble rather than unwilling */
function optional(outcome: RpcOutcome): unknown {
  if (outcome.ok) return outcome.result;
  if (isRefused(outcome.error) || outcome.error.code === "node-rpc-error") return undefined;
  throw outcome.error;
}
