import type { ChainNode, NodeTransport } from "../../core/contracts/plugin.ts";
import { JsonRpcClient } from "../json-rpc/client.ts";
import { PinnedReads } from "./block-at.ts";
import { NodeCapabilities } from "./capabilities.ts";
import { fetchRawBlock } from "./fetch-block.ts";
import { Multicall } from "./multicall.ts";
import { watchNewHeads } from "./new-heads.ts";
import { probeNode } from "./probe.ts";
import { ProofClient } from "./proof/proof-client.ts";
import { proveBalances } from "./proof/prove-balances.ts";
import type { StateRoots } from "./proof/state-roots.ts";
import type { TokenLayouts } from "./proof/token-layouts.ts";
import { readBalances } from "./read-balances.ts";
import { classifyRpcError } from "./rpc-errors.ts";
import { fetchHeader, fetchTips } from "./tips.ts";
import { readAssetInfo } from "./token-info.ts";

/** Where Multicall3 stands on most EVM chains: its creation transaction is the same everywhere. */
export const MULTICALL3_ADDRESS = "0xca11bde05977b3631167028862be2a173976ca11";

export type NodeOptions = {
  /** Whether to find out if the node traces blocks; tracing one block is not cheap for it. */
  readonly tryTraces: boolean;
  /** Heights below which blocks may have uncles that earn rewards: 0 for chains that never had any. */
  readonly unclesBelow: number;
  /** Address of Multicall3 on this chain, or null to read accounts by batches only. */
  readonly multicall: string | null;
  /** What all nodes of the chain share to check proofs. Absent where proofs are of no use. */
  readonly proofs?: ChainProofs;
};

export type ChainProofs = { readonly roots: StateRoots; readonly layouts: TokenLayouts };

/**
 * One EVM node behind its transport. What it can do is learnt as it is used, and kept as long as the object lives; a
 * node whose software was changed wants a new one.
 */
export function connectNode(options: NodeOptions, transport: NodeTransport): ChainNode {
  const client = new JsonRpcClient(transport, classifyRpcError);
  const proofs = options.proofs && new ProofClient(client, options.proofs.roots);
  const capabilities = new NodeCapabilities(client, options.tryTraces, proofs);
  const source = { client, capabilities, unclesBelow: options.unclesBelow };
  const pinned = new PinnedReads(client);
  const multicall = options.multicall === null ? undefined : new Multicall(client, options.multicall);
  const openFeed = transport.openFeed?.bind(transport);
  const readBalancesOf: ChainNode["readBalances"] = (queries, at, call) =>
    readBalances({ client, pinned, multicall }, queries, at, call);
  const prover = options.proofs && proofs && { proofs, layouts: options.proofs.layouts, readBalances: readBalancesOf };
  return {
    probe: (call) => probeNode(client, capabilities, call),
    fetchTips: (call) => fetchTips(client, call),
    fetchHeader: (at, call) => fetchHeader(client, at, call),
    fetchBlock: (at, profile, call) => fetchRawBlock(source, at, profile, call),
    readBalances: readBalancesOf,
    ...(prover && { proveBalances: (queries, at, call) => proveBalances(prover, queries, at, call) }),
    readAssetInfo: (assets, call) => readAssetInfo({ client, multicall }, assets, call),
    ...(openFeed && { watchTips: (onTip, signal) => watchNewHeads(openFeed, transport.node, onTip, signal) }),
  };
}
