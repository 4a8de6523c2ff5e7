import { BloomBuilder } from "./bloom.ts";
import { type EvmChecks, sameQuantity, type VerifyRules } from "./checks.ts";
import type { EvmBlock } from "./raw.ts";
import { createdAddress, encodeReceipt } from "./receipt.ts";
import type { RpcBlock, RpcLog, RpcReceipt, RpcTransaction } from "./rpc-types.ts";
import { orderedTrieRoot } from "./trie.ts";
import { verifyBlobGas, verifyGasPrices } from "./verify-fees.ts";
import type { VerifiedTransactions } from "./verify-transactions.ts";

const RECEIPT_CHECKS = [
  "receiptIndex",
  "logsBloom",
  "receiptsRoot",
  "status",
  "gasUsed",
  "effectiveGasPrice",
  "contractAddress",
] as const;

const NO_ADDRESS = `0x${"0".repeat(40)}`;

/** The transactions that a receipt belongs to, and everything in it. @throws IntegrityViolation */
export function verifyReceipts(
  { block, receipts }: EvmBlock,
  transactions: VerifiedTransactions,
  rules: VerifyRules,
  checks: EvmChecks,
): void {
  if (!receipts) {
    for (const check of RECEIPT_CHECKS) checks.skip(check, "receipts were not fetched");
    return;
  }
  checks.require("receipts", block.transactions.length, receipts.length);
  const rooted = receipts.slice(0, transactions.rooted);
  verifyPlaces(block, receipts, transactions, checks);
  verifyRoots(block, rooted, transactions, checks);
  verifyGasUsed(block, rooted, checks);
  verifyGasPrices(block, rooted, transactions.types, rules, checks);
  verifyBlobGas(block, rooted, transactions.types, rules, checks);
  verifyCreations(block, rooted, transactions.types, checks);
  if (rules.feeRules === "op-stack") checks.skip("l1Fee", "the fee for the layer below is what the node says");
}

/** That each receipt is of this block's transaction at its position, and its logs its own, numbered through the block. */
function verifyPlaces(
  block: RpcBlock,
  receipts: readonly RpcReceipt[],
  { types, rooted }: VerifiedTransactions,
  checks: EvmChecks,
): void {
  let logIndex = 0;
  for (const [i, receipt] of receipts.entries()) {
    const tx = block.transactions[i] as RpcTransaction;
    const field = `receipts[${i}]`;
    checks.require(`${field}.transactionHash`, tx.hash, receipt.transactionHash);
    checks.require(`${field}.transactionIndex`, i, Number(receipt.transactionIndex));
    checks.require(`${field}.blockHash`, block.hash, receipt.blockHash);
    checks.require(`${field}.blockNumber`, Number(block.number), Number(receipt.blockNumber));
    if (receipt.from !== undefined) checks.require(`${field}.from`, tx.from, receipt.from);
    if (receipt.to !== undefined) checks.require(`${field}.to`, tx.to ?? "none", receipt.to ?? "none");
    if (receipt.type !== undefined) checks.require(`${field}.type`, types[i] as number, Number(receipt.type));
    for (const [j, log] of receipt.logs.entries()) verifyLogPlace(log, () => `${field}.logs[${j}]`, receipt, checks);
    // The roots cover the order of the logs, but not their numbers, nor anything of Bor's last receipt.
    if (i < rooted) logIndex = verifyLogIndexes(receipt.logs, field, logIndex, checks);
  }
  checks.pass("receiptIndex");
}

/** Every log of every block comes through here: what names a field is made when it is needed. */
function verifyLogPlace(log: RpcLog, at: () => string, receipt: RpcReceipt, checks: EvmChecks): void {
  const { blockHash, transactionHash, blockNumber, transactionIndex } = log;
  if (blockHash !== undefined && blockHash !== receipt.blockHash) {
    throw checks.violation(`${at()}.blockHash`, receipt.blockHash, blockHash);
  }
  if (transactionHash !== undefined && transactionHash !== receipt.transactionHash) {
    throw checks.violation(`${at()}.transactionHash`, receipt.transactionHash, transactionHash);
  }
  if (blockNumber !== undefined && !sameQuantity(blockNumber, receipt.blockNumber)) {
    throw checks.violation(`${at()}.blockNumber`, receipt.blockNumber, blockNumber);
  }
  if (transactionIndex !== undefined && !sameQuantity(transactionIndex, receipt.transactionIndex)) {
    throw checks.violation(`${at()}.transactionIndex`, receipt.transactionIndex, transactionIndex);
  }
  if (log.removed === true) throw checks.violation(`${at()}.removed`, "false", "true");
}

function verifyLogIndexes(logs: readonly RpcLog[], field: string, first: number, checks: EvmChecks): number {
  for (const [j, log] of logs.entries()) {
    const index = Number(log.logIndex);
    if (index !== first + j) {
      checks.expect("receiptIndex", `${field}.logs[${j}].logIndex`, String(first + j), String(index));
    }
  }
  return first + logs.length;
}

function verifyRoots(
  block: RpcBlock,
  receipts: readonly RpcReceipt[],
  { types }: VerifiedTransactions,
  checks: EvmChecks,
): void {
  const blooms = new BloomBuilder();
  const encoded: Uint8Array[] = [];
  for (const [i, receipt] of receipts.entries()) {
    const bloom = blooms.build(receipt.logs);
    checks.expect("logsBloom", `receipts[${i}].logsBloom`, `0x${bloom.toString("hex")}`, receipt.logsBloom);
    verifyStatus(receipt, `receipts[${i}].status`, checks);
    encoded.push(encodeReceipt(receipt, types[i] as number, bloom));
  }
  checks.expect("logsBloom", "logsBloom", block.logsBloom, `0x${blooms.block.toString("hex")}`);
  checks.pass("logsBloom");
  checks.pass("status");
  const root = `0x${Buffer.from(orderedTrieRoot(encoded)).toString("hex")}`;
  if (checks.expect("receiptsRoot", "receiptsRoot", block.receiptsRoot, root)) checks.pass("receiptsRoot");
}

/**
 * The root covers a receipt's status, or before Byzantium (EIP-658) its state root instead: what a node says of the status
 * besides is unproven. A receipt with neither would be hashed as a failed one, and could be taken for a good one.
 */
function verifyStatus({ root, status }: RpcReceipt, field: string, checks: EvmChecks): void {
  if (root === undefined && status === undefined) throw checks.violation(field, "a status or a state root", "neither");
  if (root !== undefined && status !== undefined) checks.skip("status", "before Byzantium no root covers the status");
}

/** The root covers only the sum so far; what each transaction used is the difference. */
function verifyGasUsed(block: RpcBlock, receipts: readonly RpcReceipt[], checks: EvmChecks): void {
  let sum = 0;
  for (const [i, receipt] of receipts.entries()) {
    const cumulative = Number(receipt.cumulativeGasUsed);
    checks.expect("gasUsed", `receipts[${i}].gasUsed`, String(cumulative - sum), String(Number(receipt.gasUsed)));
    sum = cumulative;
  }
  checks.expect("gasUsed", "gasUsed", String(BigInt(block.gasUsed)), String(sum));
  checks.pass("gasUsed");
}

/** Created addresses follow from sender and nonce; there are none where there is a recipient. */
function verifyCreations(
  block: RpcBlock,
  receipts: readonly RpcReceipt[],
  types: readonly number[],
  checks: EvmChecks,
): void {
  for (const [i, receipt] of receipts.entries()) {
    const tx = block.transactions[i] as RpcTransaction;
    const field = `receipts[${i}].contractAddress`;
    if (tx.to !== null) {
      // Old nodes write zeros where no contract was created.
      const contractAddress = receipt.contractAddress ?? NO_ADDRESS;
      if (contractAddress !== NO_ADDRESS) throw checks.violation(field, "none", contractAddress);
      continue;
    }
    // A failed creation leaves no contract: some nodes tell its address all the same.
    if (!receipt.contractAddress && receipt.status !== "0x1") continue;
    const nonce = (types[i] as number) <= 4 ? tx.nonce : receipt["depositNonce"];
    if (typeof nonce !== "string")
      checks.skip("contractAddress", `the nonce by which transactions[${i}] creates is not told`);
    else checks.expect("contractAddress", field, createdAddress(tx.from, nonce), receipt.contractAddress ?? "none");
  }
  checks.pass("contractAddress");
}
