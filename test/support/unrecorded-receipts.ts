import type { DecodedBlock } from "./evm-rlp.ts";

type Transaction = {
  readonly hash: string;
  readonly type: string;
  readonly from: string;
  readonly to: string | null;
  readonly input: string;
  readonly gas: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly blobVersionedHashes?: readonly string[];
};

const PAYMENT_GAS = 21_000;
const BLOB_GAS = 131_072;
const NO_BLOOM = `0x${"0".repeat(512)}`;

export type ConcludedReceipts = {
  readonly receipts: readonly Record<string, unknown>[];
  /** Accounts whose share of the fees the block does not tell. */
  readonly undetermined: readonly string[];
};

/**
 * Receipts of a block of which none were recorded, as far as fees go: 21,000 gas pay for a transaction and leave nothing
 * to run code with, so that a payment to an account without code uses just that, and one with no more gas than that to an
 * account with code fails. What the block's header counts beyond those was used by the others. It does not matter by
 * which, if all of them pay the same price from the same account; otherwise the senders' and the recipient's fees stay
 * undetermined. The others are taken for successful, without logs and without calls that move value.
 */
export function concludeReceipts({ block }: DecodedBlock, hasCode: (account: string) => boolean): ConcludedReceipts {
  const transactions = block["transactions"] as readonly Transaction[];
  const baseFee = BigInt(String(block["baseFeePerGas"] ?? 0));
  const outcomeOf = ({ to, input, gas }: Transaction) => {
    if (to === null || input !== "0x") return "open";
    if (!hasCode(to)) return "paid";
    return Number(gas) === PAYMENT_GAS ? "failed" : "open";
  };
  const others = transactions.filter((transaction) => outcomeOf(transaction) === "open");
  const classes = new Set(others.map((other) => `${other.from} ${priceOf(other, baseFee)}`));
  let rest = Number(block["gasUsed"]) - (transactions.length - others.length) * PAYMENT_GAS;
  const receipts = transactions.map((transaction, i) => {
    const outcome = outcomeOf(transaction);
    const gasUsed = outcome === "open" ? rest : PAYMENT_GAS;
    if (outcome === "open") rest = 0;
    const blobs = transaction.blobVersionedHashes?.length ?? 0;
    return {
      transactionHash: transaction.hash,
      transactionIndex: hex(i),
      blockHash: block.hash,
      blockNumber: block.number,
      status: outcome === "failed" ? "0x0" : "0x1",
      cumulativeGasUsed: block["gasUsed"],
      gasUsed: hex(gasUsed),
      effectiveGasPrice: hex(priceOf(transaction, baseFee)),
      ...(blobs > 0 && { blobGasUsed: hex(blobs * BLOB_GAS), blobGasPrice: blobPrice(block) }),
      logs: [],
      logsBloom: NO_BLOOM,
    };
  });
  const undetermined = classes.size > 1 ? [...others.map(({ from }) => from), String(block["miner"])] : [];
  return { receipts, undetermined };
}

function priceOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: Transaction, baseFee: bigint): bigint {
  if (maxFeePerGas === undefined) return BigInt(gasPrice ?? 0);
  const offered = baseFee + BigInt(maxPriorityFeePerGas ?? 0);
  return offered < BigInt(maxFeePerGas) ? offered : BigInt(maxFeePerGas);
}

/** With as little excess as these chains have, blob gas costs the least that it can (EIP-4844). */
function blobPrice(block: DecodedBlock["block"]): string {
  if (BigInt(String(block["excessBlobGas"])) > 2_000_000n) throw new Error("the price of blob gas is not 1 wei here");
  return "0x1";
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
