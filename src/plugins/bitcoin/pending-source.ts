import type { CallOptions, RawPending } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import type { RpcOutcome } from "../json-rpc/messages.ts";
import type { Dialect } from "./dialect.ts";
import { isRpcError } from "./rpc-errors.ts";
import { RpcShape } from "./rpc-shape.ts";

/** The ids of all transactions in the node's mempool. Method: getrawmempool. */
export async function listPending(client: JsonRpcClient, options?: CallOptions): Promise<readonly string[]> {
  const method = "getrawmempool";
  const shape = new RpcShape(client.node, method);
  const ids = shape.list(await client.call(method, [], options), "the answer");
  return ids.map((id, i) => shape.hash(id, `[${i}]`));
}

/**
 * The transactions that the node still has. One that it does not know any more was mined or dropped, and is left out.
 * Method: getrawtransaction, in batches.
 */
export async function fetchPending(
  client: JsonRpcClient,
  dialect: Dialect,
  ids: readonly string[],
  options?: CallOptions,
): Promise<readonly RawPending[]> {
  const calls = ids.map((id) => dialect.transaction(id));
  const outcomes = await client.batch(calls, options);
  const shape = new RpcShape(client.node, "getrawtransaction");
  return ids.flatMap((id, i): RawPending[] => {
    const outcome = outcomes[i] as RpcOutcome;
    if (!outcome.ok) {
      if (isRpcError(outcome.error, "transaction-missing")) return [];
      throw outcome.error;
    }
    return [{ id, node: client.node, bytes: Buffer.from(shape.hex(outcome.result, "the transaction"), "hex") }];
  });
}
