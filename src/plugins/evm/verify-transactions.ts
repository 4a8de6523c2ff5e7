import { type EvmChecks, sameQuantity, type VerifyRules } from "./checks.ts";
import { keccakHex } from "./keccak.ts";
import { badResponse, describe } from "./responses.ts";
import type { RpcBlock, RpcTransaction } from "./rpc-types.ts";
import { recoverSender } from "./senders.ts";
import { type EncodedTransaction, encodeTransaction, readType } from "./transaction.ts";
import { orderedTrieRoot } from "./trie.ts";
import { findImpliedFields, UnreadableField } from "./unsigned-transaction.ts";

/** What the receipts' checks need to know of the transactions. */
export type VerifiedTransactions = {
  readonly types: readonly number[];
  /** How many stand in the roots: all, or all but Bor's last one. */
  readonly rooted: number;
};

/** Positions, hashes, senders and the root of the block's transactions. @throws IntegrityViolation */
export function verifyTransactions(
  node: string,
  block: RpcBlock,
  rules: VerifyRules,
  checks: EvmChecks,
): VerifiedTransactions {
  const { transactions } = block;
  const rooted = transactions.length - (rules.feeRules === "polygon" && endsWithStateSync(block) ? 1 : 0);
  const encoded: Uint8Array[] = [];
  const types: number[] = [];
  for (const [i, tx] of transactions.entries()) {
    verifyPlace(tx, i, block, checks);
    types.push(readType(tx));
    if (i >= rooted) continue;
    const canonical = readTransaction(node, tx, i);
    if (!canonical) {
      const reason = `the encoding of transactions of type ${tx.type} is not known`;
      for (const check of ["transactionHash", "senders", "transactionsRoot"] as const) checks.skip(check, reason);
      continue;
    }
    encoded.push(canonical.bytes);
    if (checks.expect("transactionHash", `transactions[${i}].hash`, tx.hash, keccakHex(canonical.bytes))) {
      verifySender(tx, i, canonical, checks);
    } else checks.skip("senders", `what was signed is not known, since transactions[${i}].hash is not`);
  }
  if (rooted < transactions.length) {
    const reason = "the roots do not cover Bor's state-sync transaction";
    for (const check of ["transactionHash", "senders", "receiptsRoot", "logsBloom"] as const)
      checks.skip(check, reason);
  }
  checks.pass("transactionIndex");
  checks.pass("transactionHash");
  checks.pass("senders");
  verifyRoot(block, encoded, rooted, checks);
  return { types, rooted };
}

/** That the transaction says of itself what its place in this block's list says of it. */
function verifyPlace(tx: RpcTransaction, i: number, block: RpcBlock, checks: EvmChecks): void {
  const field = `transactions[${i}]`;
  checks.require(`${field}.transactionIndex`, i, Number(tx.transactionIndex));
  checks.require(`${field}.blockHash`, block.hash, tx.blockHash);
  if (!sameQuantity(block.number, tx.blockNumber)) {
    throw checks.violation(`${field}.blockNumber`, block.number, tx.blockNumber);
  }
}

function readTransaction(node: string, tx: RpcTransaction, i: number): EncodedTransaction | undefined {
  try {
    return encodeTransaction(tx);
  } catch (error) {
    if (!(error instanceof UnreadableField)) throw error;
    throw badResponse(node, `block.transactions[${i}].${error.field}`, error.expected, describe(error.value));
  }
}

function verifySender(tx: RpcTransaction, i: number, { signed }: EncodedTransaction, checks: EvmChecks): void {
  if (signed) {
    const sender = recoverSender(signed.hash, signed.signature) ?? "no valid signature";
    if (sender !== tx.from) throw checks.violation(`transactions[${i}].from`, sender, tx.from);
    return;
  }
  const implied = findImpliedFields(readType(tx));
  if (!implied) {
    checks.skip("senders", `transactions[${i}] has no signature, and its hash does not cover the sender`);
    return;
  }
  for (const [field, expected] of Object.entries(implied)) {
    checks.require(`transactions[${i}].${field}`, expected, String(tx[field]));
  }
}

function verifyRoot(block: RpcBlock, encoded: readonly Uint8Array[], rooted: number, checks: EvmChecks): void {
  if (encoded.length < rooted) return;
  const root = `0x${Buffer.from(orderedTrieRoot(encoded)).toString("hex")}`;
  if (checks.expect("transactionsRoot", "transactionsRoot", block.transactionsRoot, root))
    checks.pass("transactionsRoot");
}

/**
 * Whether the last transaction is the one that Bor's nodes append to what the header commits to: state synced from the
 * layer below, under a hash made of the block's.
 */
function endsWithStateSync(block: RpcBlock): boolean {
  const last = block.transactions.at(-1);
  if (!last || readType(last) !== 0) return false;
  const height = Buffer.alloc(8);
  height.writeBigUInt64BE(BigInt(block.number));
  const name = Buffer.concat([Buffer.from("matic-bor-receipt-"), height, Buffer.from(block.hash.slice(2), "hex")]);
  return last.hash === keccakHex(name);
}
