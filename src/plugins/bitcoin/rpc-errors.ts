import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { quoteNode } from "../json-rpc/excerpt.ts";
import type { RpcErrorObject } from "../json-rpc/messages.ts";

/** What an error of a node is about, where that is known; it stands in `details.reason`. */
export type RpcErrorReason = "warming-up" | "busy" | "invalid-params" | "unauthorized" | "transaction-missing";

type Rule = {
  readonly code: ErrorCode;
  readonly reason?: RpcErrorReason;
  /** JSON-RPC codes that mean this whatever the text says. */
  readonly codes?: readonly number[];
  /** Texts that mean this whatever the code is, in lower case. */
  readonly text?: RegExp;
};

/**
 * The first rule that fits decides. Nodes of this family use few codes for much (-1, -5 and -8 mean a dozen things each), so
 * texts come first. Codes: Bitcoin Core's `rpc/protocol.h`, which its relatives keep; btcd's `btcjson`; JSON-RPC 2.0.
 */
const RULES: readonly Rule[] = [
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

/**
 * Puts an error of a node into the taxonomy. The one place where message texts of nodes are matched. Never throws, whatever
 * the object holds. The node's words are repeated shortened and without URLs; `details` hold `node`, `method`, `rpcCode`
 * and, where known, `reason` (RpcErrorReason).
 */
export function classifyRpcError(error: RpcErrorObject, node: string, method: string): HeadwaterError {
  const rpcCode = typeof error.code === "number" && Number.isFinite(error.code) ? error.code : undefined;
  const message = typeof error.message === "string" ? error.message : "";
  const rule = findRule(rpcCode, message);
  const said = quoteNode(message, LIMITS.nodeMessageCharacters) || "no message";
  return new HeadwaterError(rule?.code ?? "node-rpc-error", `node ${node}, ${method}: ${said} (code ${rpcCode})`, {
    details: { node, method, rpcCode: rpcCode ?? null, ...(rule?.reason && { reason: rule.reason }) },
  });
}

/**
 * What an HTTP error without a JSON-RPC error says: nodes refuse with a bare status or a line of text when they are busy, or
 * when they do not like the credentials or the caller's address. Undefined where it says nothing that is known.
 */
export function classifyRefusal(
  status: number,
  text: string,
  node: string,
  method: string,
): HeadwaterError | undefined {
  if (status === 401 || status === 403) {
    const message = `HTTP status ${status}: the node refuses the credentials, the address or the method`;
    return classifyRpcError({ code: status, message }, node, method);
  }
  const error = classifyRpcError({ message: text }, node, method);
  return error.code === "node-throttled" || error.code === "node-unreachable" ? error : undefined;
}

/** Whether the error is about `reason`. */
export function isRpcError(error: unknown, reason: RpcErrorReason): boolean {
  return error instanceof HeadwaterError && error.details["reason"] === reason;
}

/** Whether the node does not offer the method, or not to us. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof HeadwaterError)) return false;
  return error.code === "node-method-unsupported" || error.details["reason"] === "unauthorized";
}

function findRule(rpcCode: number | undefined, text: string): Rule | undefined {
  // A megabyte of message is matched only where it begins.
  const lower = text.slice(0, 1000).toLowerCase().trim();
  return RULES.find(
    (rule) => (rpcCode !== undefined && rule.codes?.includes(rpcCode)) || (lower !== "" && rule.text?.test(lower)),
  );
}
