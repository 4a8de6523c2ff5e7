import type { CallOptions, NodeProbe } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { describe, quoteNode } from "../json-rpc/excerpt.ts";
import { type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import { type NodeCapabilities, PROOFS_CAPABILITY } from "./capabilities.ts";

/** Characters of a client's version that are kept. */
const VERSION_CHARACTERS = 100;

/**
 * Chain id (`eip155:N`), sync state and client version by one batch of eth_chainId, eth_syncing and web3_clientVersion,
 * then the node's capabilities, which are asked for only until they are known. A node that hides its version or its sync
 * state is no worse for it: `unknown`, and not syncing.
 *
 * @throws HeadwaterError `node-bad-response` when the chain id is none, and the errors of the transport
 */
export async function probeNode(
  client: JsonRpcClient,
  capabilities: NodeCapabilities,
  options?: CallOptions,
): Promise<NodeProbe> {
  const methods = ["eth_chainId", "eth_syncing", "web3_clientVersion"];
  const outcomes = await client.batch(
    methods.map((method) => ({ method, params: [] })),
    options,
  );
  const [chainId, syncing, version] = outcomes as [RpcOutcome, RpcOutcome, RpcOutcome];
  const words = await capabilities.find(options);
  return {
    chainId: readChainId(unwrap(chainId), client.node),
    // The standard's answers are `false` and an object with the progress.
    syncing: syncing.ok && syncing.result !== false && syncing.result !== null,
    clientVersion:
      version.ok && typeof version.result === "string" ? quoteNode(version.result, VERSION_CHARACTERS) : "unknown",
    capabilities: words,
    proves: words.includes(PROOFS_CAPABILITY),
  };
}

function readChainId(result: unknown, node: string): string {
  if (typeof result === "string" && /^0x[0-9a-f]{1,16}$/i.test(result)) return `eip155:${BigInt(result)}`;
  throw new HeadwaterError(
    "node-bad-response",
    `node ${node}, eth_chainId: expected a hex quantity of at most 8 bytes, got ${describe(result)}`,
    { details: { node, method: "eth_chainId", actual: describe(result) } },
  );
}
