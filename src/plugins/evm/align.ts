import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import type { EvmBlock, RpcCallFrame, RpcReceipt, RpcTransaction } from "./raw.ts";

/** Where the parts come from, for errors. All functions here throw `node-bad-response` and `integrity-violation`. */
export type AlignContext = { readonly node: string; readonly blockHash: string };

/** The receipts of the transactions, in their order. */
export function alignReceipts({ block, receipts }: EvmBlock, at: AlignContext): readonly RpcReceipt[] {
  const hashes = (receipts ?? []).map((receipt) => receipt.transactionHash);
  if (!receipts && block.transactions.length > 0) throw missing("receipts", at);
  requireAligned("receipts", hashes, block.transactions, at);
  return receipts ?? [];
}

/** The top call frame of each transaction, in their order. */
export function alignCalls(parsed: EvmBlock, at: AlignContext): RpcCallFrame[] {
  return alignTraces(parsed, "calls", at).map(({ result, error }, i) => {
    if (result) return result;
    throw new HeadwaterError(
      "node-bad-response",
      `node ${at.node}: calls[${i}] has no result: ${error ?? "no error either"}`,
    );
  });
}

/** What one tracer said of each transaction, in their order. */
export function alignTraces<Part extends "calls" | "diffs">(
  parsed: EvmBlock,
  part: Part,
  at: AlignContext,
): NonNullable<EvmBlock[Part]> | [] {
  const { transactions } = parsed.block;
  const traces = parsed[part];
  if (!traces) {
    if (transactions.length > 0) throw missing(part, at);
    return [];
  }
  requireAligned(
    part,
    traces.map(({ txHash }) => txHash),
    transactions,
    at,
  );
  return traces;
}

/** One entry a transaction, in the same order; an entry that does not name its transaction is taken by its place. */
function requireAligned(
  part: string,
  hashes: readonly (string | undefined)[],
  transactions: readonly RpcTransaction[],
  { node, blockHash }: AlignContext,
): void {
  const where = `node ${node}, block ${blockHash}`;
  if (hashes.length !== transactions.length) {
    throw new IntegrityViolation(`${part} count`, String(transactions.length), String(hashes.length), where);
  }
  for (const [i, { hash }] of transactions.entries()) {
    const named = hashes[i];
    if (named !== undefined && named !== hash)
      throw new IntegrityViolation(`${part}[${i}] transaction`, hash, named, where);
  }
}

function missing(part: string, { node, blockHash }: AlignContext): HeadwaterError {
  return new HeadwaterError("node-bad-response", `node ${node}: ${part} of block ${blockHash} are missing`);
}
