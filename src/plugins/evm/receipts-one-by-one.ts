import type { CallOptions, RawBlock } from "../../core/contracts/plugin.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { joinBatches } from "./join-batches.ts";
import { parseRaw } from "./raw.ts";

/**
 * The receipts of a block whose other parts were fetched, as a part of responses, ids from 0: for nodes without
 * eth_getBlockReceipts. The block is parsed here for its transactions' hashes; receipts that belong to another block
 * (a reorg in between) are refused by `verify`.
 */
export async function fetchReceipts(client: JsonRpcClient, raw: RawBlock, options?: CallOptions): Promise<Uint8Array> {
  const { block } = parseRaw({ ...raw });
  const calls = block.transactions.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
  return await joinBatches(client, calls, options);
}
