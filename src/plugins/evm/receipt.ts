import { keccak256 } from "./keccak.ts";
import { encodeRlp, quantity, type RlpItem } from "./rlp.ts";
import type { RpcReceipt } from "./rpc-types.ts";

/** Deposits of the OP stack: their receipts carry two fields more (specs.optimism.io, deposits). */
const DEPOSIT_TYPE = 0x7e;

/**
 * A receipt as the receipts root commits to it: after the byte of its transaction's type (EIP-2718), its status, or
 * before Byzantium (EIP-658) the state root after the transaction; the gas used so far; the logs' bloom filter, as it was
 * recomputed from the logs; the logs.
 */
export function encodeReceipt(receipt: RpcReceipt, type: number, bloom: Uint8Array): Uint8Array {
  const logs = receipt.logs.map(({ address, topics, data }) => [address, topics, data]);
  const fields: RlpItem[] = [
    receipt.root ?? quantity(receipt.status ?? "0x0"),
    quantity(receipt.cumulativeGasUsed),
    bloom,
    logs,
  ];
  const version = quantityAt(receipt, "depositReceiptVersion");
  // Regolith told the nonce of a deposit, but by mistake left it out of the hash; Canyon put both in.
  if (type === DEPOSIT_TYPE && version !== undefined) {
    fields.push(quantityAt(receipt, "depositNonce") ?? "0x", version);
  }
  return type === 0 ? encodeRlp(fields) : encodeRlp(fields, type);
}

/** The address of the contract that a transaction without `to` creates: the sender's and its nonce's hash. */
export function createdAddress(sender: string, nonce: string): string {
  return `0x${Buffer.from(keccak256(encodeRlp([sender, quantity(nonce)])).subarray(12)).toString("hex")}`;
}

function quantityAt(receipt: RpcReceipt, name: string): string | undefined {
  const value = receipt[name];
  return typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value) ? quantity(value.toLowerCase()) : undefined;
}
