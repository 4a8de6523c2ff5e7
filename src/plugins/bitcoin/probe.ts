import type { CallOptions, NodeProbe } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { quoteNode } from "../json-rpc/excerpt.ts";
import { type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { type Dialect, isNotTold, isSyncing } from "./dialect.ts";
import { NETWORKS } from "./networks/find-network.ts";
import { type BitcoinNetwork, isOwnNetwork } from "./networks/network.ts";
import { RpcShape } from "./rpc-shape.ts";

/** Characters of a client's version that are kept. */
const VERSION_CHARACTERS = 100;

type ProbedNode = {
  readonly client: JsonRpcClient;
  readonly dialect: Dialect;
  readonly network: BitcoinNetwork;
  readonly needsSpent: boolean;
};

/**
 * Which chain the node serves, whether it is on its way to the tip, what it is and what it can do, by one batch of
 * getblockhash, getblockchaininfo, getnetworkinfo and help. A node that hides its version or its help is no worse for it. One
 * that does not tell what blocks spend is asked for the newest coinbase, which it finds only with an index of transactions.
 *
 * @throws HeadwaterError `node-bad-response`, what the node's refusal is classified as, and the errors of the transport
 */
export async function probeNode(
  { client, dialect, network, needsSpent }: ProbedNode,
  options?: CallOptions,
): Promise<NodeProbe> {
  const hashes = [0, ...network.splits.map(({ height }) => height)];
  const calls = [...hashes.map((height) => ({ method: "getblockhash", params: [height] })), ...dialect.probes];
  const outcomes = await client.batch(calls, options);
  const shape = new RpcShape(client.node, "getblockhash");
  const genesis = shape.hash(unwrap(outcomes[0] as RpcOutcome), "the hash");
  const [chain, about, ...help] = outcomes.slice(hashes.length) as [RpcOutcome, RpcOutcome, ...RpcOutcome[]];
  const info = new RpcShape(client.node, "getblockchaininfo").record(unwrap(chain), "the answer");
  const told = optional(about) as { readonly subversion?: unknown; readonly version?: unknown } | undefined;
  const version = typeof told?.version === "number" ? told.version : undefined;
  dialect.noteHelp(
    help.map((outcome) => optional(outcome)).map((text) => (typeof text === "string" ? text : undefined)),
    version,
  );
  const indexed =
    needsSpent && !dialect.tellsSpent && (await hasIndex(client, dialect, info["bestblockhash"], options));
  return {
    chainId: chainIdOf(genesis, outcomes.slice(1, hashes.length), network, shape),
    syncing: isSyncing(info, isOwnNetwork(network)),
    clientVersion:
      typeof told?.subversion === "string"
        ? quoteNode(told.subversion.slice(0, LIMITS.nodeMessageCharacters), VERSION_CHARACTERS)
        : "unknown",
    capabilities: [
      ...(dialect.tellsSpent ? ["prevouts"] : []),
      ...(indexed ? ["txindex"] : []),
      ...(dialect.scans ? ["scan"] : []),
      ...(dialect.waits ? ["long-polling"] : []),
      ...(info["pruned"] === true ? ["pruned"] : []),
    ],
  };
}

/**
 * The CAIP-2 id of the chain with that genesis block. Chains that split share it: those are told apart by the blocks after
 * the splits, which a node that is not there yet does not have.
 */
function chainIdOf(
  genesis: string,
  afterSplits: readonly RpcOutcome[],
  network: BitcoinNetwork,
  shape: RpcShape,
): string {
  if (genesis !== network.genesisHash) return idOfHash(genesis);
  for (const [i, { hash }] of network.splits.entries()) {
    const outcome = afterSplits[i] as RpcOutcome;
    const told = outcome.ok ? shape.hash(outcome.result, "the hash") : hash;
    if (told === hash) continue;
    return NETWORKS.find(({ splits }) => splits.some((split) => split.hash === told))?.id ?? idOfHash(told);
  }
  return network.id;
}

/** Whether the node finds transactions wherever they are. Methods: getblock, getrawtransaction. */
async function hasIndex(
  client: JsonRpcClient,
  dialect: Dialect,
  newest: unknown,
  options?: CallOptions,
): Promise<boolean> {
  const call = dialect.blockWithIds(new RpcShape(client.node, "getblockchaininfo").hash(newest, "bestblockhash"));
  const shape = new RpcShape(client.node, call.method);
  const block = shape.record(await client.call(call.method, call.params, options), "the block");
  const [coinbase] = shape.list(block["tx"], "tx");
  const [outcome] = await client.batch([dialect.transaction(shape.hash(coinbase, "tx[0]"))], options);
  return optional(outcome as RpcOutcome) !== undefined;
}

function idOfHash(hash: string): string {
  return `bip122:${hash.slice(0, 32)}`;
}

/** The result of what a node need not tell. @throws HeadwaterError when it is in trouble rather than unwilling */
function optional(outcome: RpcOutcome): unknown {
  if (outcome.ok) return outcome.result;
  if (isNotTold(outcome.error)) return undefined;
  throw outcome.error;
}
