import type { ChainNode, NodeTransport } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { JsonRpcClient } from "../json-rpc/client.ts";
import type { ClassifyRpcError } from "../json-rpc/messages.ts";
import { parseExact } from "./codec/exact-json.ts";
import { Dialect } from "./dialect.ts";
import { fetchRawBlock } from "./fetch-block.ts";
import { IngestionWatch } from "./ingestion.ts";
import { probeNode } from "./probe.ts";
import { needsInstructions } from "./profile.ts";
import { listHoldings } from "./reads/holdings.ts";
import { readRecentBalances } from "./reads/recent-balances.ts";
import { classifyRefusal, classifyRpcError, isRpcError } from "./rpc-errors.ts";
import { watchSlots } from "./slot-feed.ts";
import { fetchSlots } from "./slots.ts";
import { NodeHeaders } from "./tips.ts";
import { readAssetInfo } from "./token-info.ts";
import { broadcast } from "./wallet/broadcast.ts";
import { estimateFees } from "./wallet/fees.ts";
import { listTransactions } from "./wallet/list-transactions.ts";
import { web3 } from "./web3.ts";

export type NodeOptions = {
  /** Whether blocks are wanted before they are confirmed. */
  readonly wantsProcessed: boolean;
  /** Whether blocks are wanted with the bytes that are signed. */
  readonly wantsSignatures: boolean;
  readonly ingestionLagSlots: number;
};

/**
 * One node of a Solana cluster behind its transport. What it understands is learnt as it is used, and kept as long as the
 * object lives.
 */
export function connectNode(options: NodeOptions, transport: NodeTransport): ChainNode {
  const { wantsProcessed, wantsSignatures, ingestionLagSlots } = options;
  // Reading keys must not be what the first caller waits for.
  web3();
  const dialect = new Dialect(wantsProcessed);
  const classify: ClassifyRpcError = (error, node, method) => {
    const classified = classifyRpcError(error, node, method);
    // The server may have been changed for one that does not: it is asked for confirmed blocks from now on.
    if (isRpcError(classified, "commitment")) dialect.processed = false;
    return classified;
  };
  const client = new JsonRpcClient(transport, classify, classifyRefusal, parseExact);
  const headers = new NodeHeaders(client, dialect, new IngestionWatch(ingestionLagSlots));
  const openFeed = transport.openFeed?.bind(transport);
  return {
    probe: (call) => probeNode({ client, dialect, ingestionLagSlots, wantsAccounts: !wantsSignatures }, call),
    fetchTips: (call) => headers.fetchTips(call),
    ...(openFeed && {
      watchTips: (onTip, signal) =>
        watchSlots(openFeed, (call) => headers.fetchTip(call), transport.node, onTip, signal),
    }),
    listHeights: (from, to, call) => fetchSlots(client, from, to, dialect.commitment, call),
    fetchHeader: (at, call) => headers.fetch(at, call),
    fetchBlock: (at, profile, call) => {
      const enough = wantsSignatures || needsInstructions(profile) ? "full" : "accounts";
      return fetchRawBlock({ client, dialect, headers }, at, profile, enough, call);
    },
    readBalances: async (_queries, at) => {
      const text = `node ${transport.node}: nodes know the newest state only, not that after slot ${at.height}`;
      throw new HeadwaterError("node-method-unsupported", text, { details: { node: transport.node, slot: at.height } });
    },
    readRecentBalances: (queries, notBefore, call) =>
      readRecentBalances({ client, commitment: dialect.commitment, notBefore }, queries, call),
    listHoldings: (queries, notBefore, call) =>
      listHoldings({ client, commitment: dialect.commitment, notBefore }, queries, call),
    broadcast: (raw, call) => broadcast(client, raw, call),
    estimateFees: (query, call) => estimateFees(client, query, call),
    listTransactions: (account, before, limit, call) => listTransactions(client, { account, before, limit }, call),
    readAssetInfo: (assets, call) => readAssetInfo(client, assets, call),
  };
}
