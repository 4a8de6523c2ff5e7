import type { ChainNode, NodeTransport } from "../../core/contracts/plugin.ts";
import type { Asset } from "../../core/model.ts";
import { JsonRpcClient } from "../json-rpc/client.ts";
import { Dialect } from "./dialect.ts";
import { fetchRawBlock } from "./fetch-block.ts";
import type { LocalBlocks } from "./local/local-blocks.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import { fetchPending, listPending } from "./pending-source.ts";
import { probeNode } from "./probe.ts";
import { watchPublished } from "./published-tips.ts";
import { classifyRefusal, classifyRpcError } from "./rpc-errors.ts";
import { BalanceScans } from "./scan-balances.ts";
import { NodeHeaders } from "./tips.ts";

export type NodeOptions = {
  readonly network: BitcoinNetwork;
  readonly asset: Asset;
  /** Whether to find out how the node tells what blocks spend. */
  readonly needsSpent: boolean;
  /** Whether the node may be asked to scan its unspent outputs. */
  readonly scans: boolean;
  /** What all nodes of the chain share where a node's files are at hand. */
  readonly local: LocalBlocks | undefined;
};

/**
 * One node of the family behind its transport. What it understands is learnt as it is used, and kept as long as the object
 * lives.
 */
export function connectNode(
  { network, asset, needsSpent, local, scans }: NodeOptions,
  transport: NodeTransport,
): ChainNode {
  const client = new JsonRpcClient(transport, classifyRpcError, classifyRefusal);
  const dialect = new Dialect();
  const headers = new NodeHeaders(client, dialect);
  if (!scans) dialect.noteNoScanning();
  const balances = new BalanceScans(client, dialect, asset);
  const subscribe = transport.subscribe?.bind(transport);
  const source = { transport, client, dialect, headers, network, local };
  return {
    probe: (call) => probeNode({ client, dialect, network, needsSpent }, call),
    fetchTips: (call) => headers.fetchTips(call),
    watchTips: (onTip, signal) =>
      subscribe ? watchPublished(subscribe, headers, transport.node, onTip, signal) : headers.watch(onTip, signal),
    fetchHeader: (at, call) => headers.fetch(at, call),
    fetchBlock: (at, profile, call) => fetchRawBlock(source, at, profile, call),
    readBalances: (queries, at, call) => balances.read(queries, at, call),
    readAssetInfo: async (assets) => {
      return assets.map((one) =>
        one === asset ? { symbol: network.symbol, decimals: 8 } : { symbol: null, decimals: null },
      );
    },
    listPending: (call) => listPending(client, call),
    fetchPending: (ids, call) => fetchPending(client, dialect, ids, call),
  };
}
