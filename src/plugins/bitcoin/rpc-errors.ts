import { HeadwaterError } from "../../core/errors.ts";
import { classifyBy, type ErrorRule, isAbout, refusalBy } from "../json-rpc/error-rules.ts";

/** What an error of a node is about, where that is known; it stands in `details.reason`. */
export type RpcErrorReason = "warming-up" | "busy" | "invalid-params" | "unauthorized" | "transaction-missing";

/**
 * The first rule that fits decides. Nodes of this family use few codes for much (-1, -5 and -8 mean a dozen things each), so
 * texts come first. Codes: Bitcoin Core's `rpc/protocol.h`, which its relatives keep; btcd's `btcjson`; JSON-RPC 2.0.
 */
const RULES: readonly ErrorRule<RpcErrorReason>[] = [
  {
    code: "node-unreachable",
    reason: "warming-up",
    codes: [-28],
    text: /^(loading|rescanning|verifying blocks|rewinding|replaying|pruning|opening|starting|init)\b.*(…|\.\.\.)$|warm(ing)?[- ]?up/,
  },
  {
    code: "node-throttled",
    reason: "busy",
    codes: [429],
    text: /work queue depth exceeded|scan already in progress|too many (requests|connections)|rate.?limit|throttl|server is busy|quota exceeded/,
  },
  {
    code: "node-history-pruned",
    text: /pruned data|block .*pruned|prune mode|\bis pruned\b/,
  },
  {
    code: "node-rpc-error",
    reason: "transaction-missing",
    text: /no such (mempool |blockchain )?(or blockchain )?transaction|no information available about transaction|transaction not (found|in mempool)/,
  },
  {
    code: "node-block-missing",
    text: /block (height|number) out of range|block (hash )?not found|block not available|not fully downloaded|can't read block from disk|no such block|unknown block/,
  },
  {
    code: "node-method-unsupported",
    codes: [-32601],
    text: /method (not found|is disabled|not allowed|not supported|unavailable)|unknown (method|command)|(command|method) (is )?(un)?(available only|implemented)|command unimplemented|not whitelisted/,
  },
  {
    code: "node-rpc-error",
    reason: "unauthorized",
    codes: [401, 403],
    text: /unauthori[sz]ed|forbidden|invalid api key|limited user not authorized/,
  },
  { code: "node-timeout", text: /timed? ?out|deadline exceeded/ },
  {
    code: "node-rpc-error",
    reason: "invalid-params",
    codes: [-1, -3, -8, -32602, -32600, -22],
    text: /invalid (parameter|argument|params)|json value .* is not|expected type|must be (of )?type|wrong number of/,
  },
];

/** Puts an error of a node into the taxonomy. The one place where message texts of nodes are matched. */
export const classifyRpcError = classifyBy(RULES);

/** What an HTTP error without a JSON-RPC error says, where it is known. */
export const classifyRefusal = refusalBy(classifyRpcError, [401, 403], ["node-throttled", "node-unreachable"]);

/** Whether the error is about `reason`. */
export function isRpcError(error: unknown, reason: RpcErrorReason): boolean {
  return isAbout(error, reason);
}

/** Whether the node does not offer the method, or not to us. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof HeadwaterError)) return false;
  return error.code === "node-method-unsupported" || isRpcError(error, "unauthorized");
}
