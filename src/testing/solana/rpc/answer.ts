import type { NodeView } from "../node-view.ts";
import { ACCOUNT_METHODS } from "./account-methods.ts";
import { BLOCK_METHODS } from "./block-methods.ts";
import { RPC_CODES, RpcFault } from "./fault.ts";
import { HISTORY_METHODS } from "./history-methods.ts";
import { NODE_METHODS } from "./node-methods.ts";
import type { RpcMethods } from "./params.ts";
import { TRANSACTION_METHODS } from "./transaction-methods.ts";

const METHODS: RpcMethods = Object.assign(Object.create(null), {
  ...ACCOUNT_METHODS,
  ...BLOCK_METHODS,
  ...HISTORY_METHODS,
  ...NODE_METHODS,
  ...TRANSACTION_METHODS,
});

export type RpcCall = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };
export type RpcAnswer = {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
};

/** Answers a JSON-RPC request, one call or a batch of them. Nodes answer with status 200 whatever comes of it. */
export function answerRpc(view: NodeView, body: string): string {
  let request: unknown;
  try {
    request = JSON.parse(body, keepExact);
  } catch {
    return writeJson(refusal(null, RPC_CODES.parseError, "Parse error"));
  }
  if (!Array.isArray(request)) return writeJson(answerCall(view, request));
  if (request.length === 0) return writeJson(refusal(null, RPC_CODES.invalidRequest, "Invalid request"));
  return writeJson(request.map((call: unknown) => answerCall(view, call)));
}

/** A call as JSON-RPC 2.0 has it; undefined for anything else. */
export function readCall(value: unknown): RpcCall | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id = null, method, params = [] } = value as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== "string" || !Array.isArray(params)) return undefined;
  return { id, method, params };
}

/** What comes of a call: its result, or its error. */
export function answerWith(id: unknown, act: () => unknown): RpcAnswer {
  try {
    return { jsonrpc: "2.0", result: act() ?? null, id };
  } catch (error) {
    if (error instanceof RpcFault) return refusal(id, error.rpcCode, error.message, error.data);
    return refusal(id, RPC_CODES.internal, `The local cluster failed: ${error}`);
  }
}

export function refusal(id: unknown, code: number, message: string, data?: unknown): RpcAnswer {
  return { jsonrpc: "2.0", error: { code, message, ...(data !== undefined && { data }) }, id };
}

function answerCall(view: NodeView, value: unknown): RpcAnswer {
  const call = readCall(value);
  if (!call) return refusal(null, RPC_CODES.invalidRequest, "Invalid request");
  const known = METHODS[call.method];
  if (!known) return refusal(call.id, RPC_CODES.methodNotFound, "Method not found");
  return answerWith(call.id, () => known(view, call.params));
}

/** Whole numbers beyond 2^53 come in as bigints. */
function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return /^\d+$/.test(context?.source ?? "") ? BigInt(context?.source as string) : value;
}

/** `JSON.rawJSON` (ES2026), which TypeScript's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON in which a bigint is a whole number with all its digits, as nodes write u64. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? rawJSON(each.toString()) : each));
}
