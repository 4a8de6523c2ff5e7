import { HeadwaterError } from "../../core/errors.ts";

/** An error object of a JSON-RPC response, as far as it can be trusted to have a form. */
export type RpcErrorObject = { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown };

/** Puts a node's JSON-RPC error into the taxonomy. The one place where message texts of EVM nodes are matched. */
export function classifyRpcError(error: RpcErrorObject, node: string, method: string): HeadwaterError {
  return new HeadwaterError("node-rpc-error", `node ${node}, ${method}: ${String(error.message)}`);
}
