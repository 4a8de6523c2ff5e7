import type { ClusterWire } from "../../src/testing/solana/cluster-wire.ts";

export type RpcError = { readonly code: number; readonly message: string; readonly data?: unknown };

/** Asks a node without sockets. @throws the node's error as it came */
export async function askNode<T>(wire: ClusterWire, method: string, ...params: readonly unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const answer = await wire.post({ body, timeoutMs: 1_000 });
  const { result, error } = JSON.parse(Buffer.from(answer.body).toString("utf8")) as { result: T; error?: RpcError };
  if (error) throw error;
  return result;
}

/** The error that a node answers with; undefined when it has a result. */
export async function errorOf(wire: ClusterWire, method: string, ...params: readonly unknown[]): Promise<unknown> {
  try {
    await askNode(wire, method, ...params);
    return undefined;
  } catch (error) {
    return error;
  }
}
