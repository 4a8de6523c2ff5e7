import type { CallOptions } from "../../../core/contracts/plugin.ts";
import type { ListedTransaction } from "../../../core/contracts/wallet.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import type { RpcCall } from "../../json-rpc/messages.ts";

/** `getBlock` for the list of its signatures alone. */
function getSignatures(slot: number): RpcCall {
  const config = {
    transactionDetails: "signatures",
    rewards: false,
    commitment: "confirmed",
    maxSupportedTransactionVersion: 0,
  };
  return { method: "getBlock", params: [slot, config] };
}

/**
 * The transactions by slot from the newest, within a slot by their place in the block from the last. The blocks are asked for where
 * several are of one slot, the newest `LIMITS.listedBlocks` of them; what a node does not tell stays without a place, by its id.
 * Method: getBlock, one batch.
 */
export async function orderWithinBlocks(
  client: JsonRpcClient,
  transactions: readonly ListedTransaction[],
  options?: CallOptions,
): Promise<readonly ListedTransaction[]> {
  const slots = [...Map.groupBy(transactions, ({ height }) => height)].sort(([a], [b]) => b - a);
  const shared = slots.filter(([, entries]) => entries.length > 1).slice(0, LIMITS.listedBlocks);
  const outcomes = await client.batch(
    shared.map(([slot]) => getSignatures(slot)),
    options,
  );
  const places = new Map<string, number>();
  for (const outcome of outcomes) {
    const { signatures } = ((outcome.ok ? outcome.result : undefined) ?? {}) as { signatures?: unknown };
    if (!Array.isArray(signatures)) continue;
    for (const [index, id] of signatures.entries()) if (typeof id === "string") places.set(id, index);
  }
  return slots.flatMap(([, entries]) =>
    entries
      .map((entry) => ({ ...entry, index: places.get(entry.id) ?? null }))
      .sort((a, b) => (b.index ?? -1) - (a.index ?? -1) || (a.id < b.id ? -1 : 1)),
  );
}
