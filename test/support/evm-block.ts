import type { EvmBlock, RpcBlock, RpcReceipt, RpcTransaction } from "../../src/plugins/evm/raw.ts";

export const ACCOUNTS = {
  sender: `0x${"a".repeat(40)}`,
  target: `0x${"b".repeat(40)}`,
  other: `0x${"c".repeat(40)}`,
  miner: `0x${"d".repeat(40)}`,
} as const;

export const BLOCK_HASH = `0x${"1".repeat(64)}`;
export const TRANSACTION_HASH = `0x${"2".repeat(64)}`;
const HASH = `0x${"0".repeat(64)}`;
const BLOOM = `0x${"0".repeat(512)}`;
const HEIGHT = 20_000_000;

export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A proof-of-stake block without transactions, which no chain knows: nothing in it recomputes. */
export function buildHeader(fields: Partial<RpcBlock> = {}): RpcBlock {
  return {
    number: hex(HEIGHT),
    hash: BLOCK_HASH,
    parentHash: HASH,
    sha3Uncles: HASH,
    miner: ACCOUNTS.miner,
    stateRoot: HASH,
    transactionsRoot: HASH,
    receiptsRoot: HASH,
    logsBloom: BLOOM,
    difficulty: "0x0",
    gasLimit: "0x1c9c380",
    gasUsed: "0x5208",
    timestamp: "0x65000000",
    extraData: "0x",
    baseFeePerGas: hex(7),
    parentBeaconBlockRoot: HASH,
    transactions: [],
    uncles: [],
    ...fields,
  };
}

/** A payment of 1,000 wei for 21,000 gas of which each costs 10 wei. */
export function buildTransaction(fields: Partial<RpcTransaction> = {}): RpcTransaction {
  return {
    hash: TRANSACTION_HASH,
    type: "0x2",
    transactionIndex: "0x0",
    blockHash: BLOCK_HASH,
    blockNumber: hex(HEIGHT),
    from: ACCOUNTS.sender,
    to: ACCOUNTS.target,
    nonce: "0x5",
    value: hex(1000),
    gas: hex(21_000),
    gasPrice: hex(10),
    input: "0x",
    ...fields,
  };
}

export function buildReceipt(fields: Partial<RpcReceipt> = {}): RpcReceipt {
  return {
    transactionHash: TRANSACTION_HASH,
    transactionIndex: "0x0",
    blockHash: BLOCK_HASH,
    blockNumber: hex(HEIGHT),
    status: "0x1",
    cumulativeGasUsed: hex(21_000),
    gasUsed: hex(21_000),
    effectiveGasPrice: hex(10),
    logs: [],
    logsBloom: BLOOM,
    ...fields,
  };
}

/** The parts of a block with one transaction. */
export function buildParts(
  fields: { block?: Partial<RpcBlock>; transaction?: Partial<RpcTransaction>; receipt?: Partial<RpcReceipt> } = {},
): Pick<EvmBlock, "block" | "receipts"> {
  const transactions = [buildTransaction(fields.transaction)];
  return { block: buildHeader({ transactions, ...fields.block }), receipts: [buildReceipt(fields.receipt)] };
}
