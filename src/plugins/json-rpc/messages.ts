import type { HeadwaterError } from "../../core/errors.ts";

/** One call of JSON-RPC 2.0. `params` must survive JSON.stringify. */
export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

/** An error object of a JSON-RPC response, as far as it can be trusted to have a form. */
export type RpcErrorObject = { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown };

/** How a chain family puts a node's JSON-RPC error into the taxonomy. Must not throw. */
export type ClassifyRpcError = (error: RpcErrorObject, node: string, method: string) => HeadwaterError;

/** How a chain family puts an HTTP error without a JSON-RPC error into the taxonomy; undefined: as it is. Must not throw. */
export type ClassifyRefusal = (
  status: number,
  text: string,
  node: string,
  method: string,
) => HeadwaterError | undefined;

/**
 * How a chain family reads JSON, where numbers may be larger than a number of JavaScript is exact.
 * @param where node and method, for error texts
 * @throws HeadwaterError `node-bad-response` when the bytes are no JSON
 */
export type ParseJson = (bytes: Uint8Array, where: string) => unknown;

/** What became of one call of a batch. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: HeadwaterError };

/** The result of an outcome. @throws HeadwaterError the outcome's error */
export function unwrap(outcome: RpcOutcome): unknown {
  if (!outcome.ok) throw outcome.error;
  return outcome.result;
}

/** The body of a single request. */
export function encodeCall(call: RpcCall, id: number): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: call.method, params: call.params });
}

/** The body of a batch request. The ids stand beside the calls. */
export function encodeBatch(calls: readonly RpcCall[], ids: readonly number[]): string {
  return `[${calls.map((call, i) => encodeCall(call, ids[i] as number)).join(",")}]`;
}

/** The methods of a batch for an error's text: each once, in the order asked. */
export function nameMethods(calls: readonly RpcCall[]): string {
  return [...new Set(calls.map(({ method }) => method))].join("+");
}
