import type { RpcCall } from "../json-rpc/messages.ts";

/** How sure a block is to stay, in Solana's words. */
export type Commitment = "processed" | "confirmed" | "finalized";

/** What of a block's transactions a node is asked for: as signed bytes, as accounts and balances alone, or nothing. */
export type Detail = "full" | "accounts" | "none";

/** The newest version of transactions that this plugin reads. Nodes refuse a block that holds a newer one (-32015). */
const TRANSACTION_VERSION = 0;

/** `getBlock`. The commitment is given in any case: without it nodes wait until a block is final. */
export function getBlock(slot: number, detail: Detail, commitment: Commitment): RpcCall {
  const form = detail === "full" ? { encoding: "base64" } : {};
  return {
    method: "getBlock",
    params: [
      slot,
      {
        ...form,
        transactionDetails: detail,
        rewards: detail !== "none",
        commitment,
        maxSupportedTransactionVersion: TRANSACTION_VERSION,
      },
    ],
  };
}

/** `getSlot`. */
export function getSlot(commitment: Commitment): RpcCall {
  return { method: "getSlot", params: [{ commitment }] };
}

/** `getBlocks`: both ends included. */
export function getBlocks(from: number, to: number, commitment: Commitment): RpcCall {
  return { method: "getBlocks", params: [from, to, { commitment }] };
}
