import type { RpcBlock, RpcReceipt, RpcTransaction } from "./rpc-types.ts";
import { ADDRESS, BLOOM, COUNT, DATA, HASH, type Json, NONCE, QUANTITY, type Shape, TAG } from "./shape.ts";

/** The answer to eth_getBlockBy… with whole transactions. @throws HeadwaterError `node-bad-response` */
export function checkBlock(shape: Shape, value: unknown): RpcBlock {
  const block = shape.record(value);
  checkHeaderFields(shape, block);
  const transactions = block["transactions"];
  if (Array.isArray(transactions) && typeof transactions[0] === "string") {
    throw shape.refuse("transactions[0]", "a whole transaction", transactions[0]);
  }
  shape.objects(block, "transactions", checkTransaction);
  shape.present(block, "uncles", (key) => shape.texts(block, key, HASH));
  shape.present(block, "withdrawals", (key) => shape.objects(block, key, checkWithdrawal));
  return block as unknown as RpcBlock;
}

export function checkUncles(shape: Shape, value: unknown): readonly RpcBlock[] {
  if (!Array.isArray(value)) throw shape.refuse(undefined, "an array of headers", value);
  shape.entries(value, checkHeaderFields);
  return value as readonly RpcBlock[];
}

/** The answer to eth_getBlockBy…, whatever it says of transactions. @throws HeadwaterError `node-bad-response` */
export function checkHeader(shape: Shape, value: unknown): RpcBlock {
  const header = shape.record(value);
  checkHeaderFields(shape, header);
  return header as unknown as RpcBlock;
}

function checkHeaderFields(shape: Shape, header: Json): void {
  shape.required(header, "number", COUNT);
  for (const key of ["hash", "parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot"]) {
    shape.required(header, key, HASH);
  }
  shape.required(header, "miner", ADDRESS);
  shape.required(header, "logsBloom", BLOOM);
  shape.required(header, "gasLimit", QUANTITY);
  shape.required(header, "gasUsed", QUANTITY);
  shape.required(header, "timestamp", COUNT);
  shape.required(header, "extraData", DATA);
  shape.optional(header, "nonce", NONCE);
  for (const key of ["difficulty", "baseFeePerGas", "blobGasUsed", "excessBlobGas", "slotNumber"])
    shape.optional(header, key, QUANTITY);
  for (const key of ["mixHash", "withdrawalsRoot", "parentBeaconBlockRoot", "requestsHash", "blockAccessListHash"]) {
    shape.optional(header, key, HASH);
  }
}

function checkWithdrawal(shape: Shape, withdrawal: Json): void {
  for (const key of ["index", "validatorIndex", "amount"]) shape.required(withdrawal, key, QUANTITY);
  shape.required(withdrawal, "address", ADDRESS);
}

const TRANSACTION_QUANTITIES = [
  "gasPrice",
  "maxFeePerGas",
  "maxPriorityFeePerGas",
  "maxFeePerBlobGas",
  "chainId",
  "v",
  "r",
  "s",
  "yParity",
] as const satisfies readonly (keyof RpcTransaction)[];

function checkTransaction(shape: Shape, transaction: Json): void {
  shape.required(transaction, "hash", HASH);
  shape.required(transaction, "blockHash", HASH);
  shape.required(transaction, "blockNumber", COUNT);
  shape.required(transaction, "transactionIndex", COUNT);
  shape.required(transaction, "from", ADDRESS);
  shape.nullable(transaction, "to", ADDRESS);
  for (const key of ["nonce", "value", "gas"]) shape.required(transaction, key, QUANTITY);
  shape.optional(transaction, "type", TAG);
  for (const key of TRANSACTION_QUANTITIES) shape.optional(transaction, key, QUANTITY);
  shape.required(transaction, "input", DATA);
  shape.present(transaction, "accessList", (key) => shape.objects(transaction, key, checkAccessListEntry));
  shape.present(transaction, "blobVersionedHashes", (key) => shape.texts(transaction, key, HASH));
  shape.present(transaction, "authorizationList", (key) => shape.objects(transaction, key, checkAuthorization));
}

function checkAccessListEntry(shape: Shape, entry: Json): void {
  shape.required(entry, "address", ADDRESS);
  shape.texts(entry, "storageKeys", HASH);
}

function checkAuthorization(shape: Shape, entry: Json): void {
  shape.required(entry, "address", ADDRESS);
  for (const key of ["chainId", "nonce", "r", "s"]) shape.required(entry, key, QUANTITY);
  for (const key of ["yParity", "v"]) shape.optional(entry, key, QUANTITY);
}

export function checkReceipts(shape: Shape, value: unknown): readonly RpcReceipt[] {
  if (!Array.isArray(value)) throw shape.refuse(undefined, "an array of receipts", value);
  shape.entries(value, checkReceipt);
  return value as readonly RpcReceipt[];
}

const RECEIPT_QUANTITIES = ["effectiveGasPrice", "blobGasUsed", "blobGasPrice"] as const;

function checkReceipt(shape: Shape, receipt: Json): void {
  shape.required(receipt, "transactionHash", HASH);
  shape.required(receipt, "transactionIndex", COUNT);
  shape.required(receipt, "blockHash", HASH);
  shape.required(receipt, "blockNumber", COUNT);
  shape.optional(receipt, "from", ADDRESS);
  shape.optional(receipt, "to", ADDRESS);
  shape.optional(receipt, "contractAddress", ADDRESS);
  shape.required(receipt, "cumulativeGasUsed", COUNT);
  shape.required(receipt, "gasUsed", COUNT);
  shape.optional(receipt, "type", TAG);
  shape.optional(receipt, "status", TAG);
  for (const key of RECEIPT_QUANTITIES) shape.optional(receipt, key, QUANTITY);
  // Some nodes write an empty state root after Byzantium, where the status has taken its place (EIP-658).
  if (receipt["root"] === "0x" || receipt["root"] === "") receipt["root"] = undefined;
  shape.optional(receipt, "root", HASH);
  shape.required(receipt, "logsBloom", BLOOM);
  shape.objects(receipt, "logs", checkLog);
}

function checkLog(shape: Shape, log: Json): void {
  shape.required(log, "address", ADDRESS);
  shape.texts(log, "topics", HASH);
  shape.required(log, "data", DATA);
  shape.required(log, "logIndex", COUNT);
  shape.optional(log, "blockHash", HASH);
  shape.optional(log, "blockNumber", COUNT);
  shape.optional(log, "transactionHash", HASH);
  shape.optional(log, "transactionIndex", COUNT);
}
