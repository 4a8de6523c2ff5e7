import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";

/** JSON-RPC shapes as nodes give them (execution-apis). Quantities and data are hex texts; unknown fields are kept. */
export type RpcAccessListEntry = { readonly address: string; readonly storageKeys: readonly string[] };

export type RpcTransaction = {
  readonly hash: string;
  readonly type?: string;
  readonly transactionIndex: string;
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
  readonly value: string;
  readonly gas: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly maxFeePerBlobGas?: string;
  readonly blobVersionedHashes?: readonly string[];
  readonly accessList?: readonly RpcAccessListEntry[];
  readonly authorizationList?: readonly Readonly<Record<string, string>>[];
  readonly input: string;
  readonly chainId?: string;
  readonly v?: string;
  readonly r?: string;
  readonly s?: string;
  readonly yParity?: string;
  readonly [extra: string]: unknown;
};

export type RpcWithdrawal = {
  readonly index: string;
  readonly validatorIndex: string;
  readonly address: string;
  /** In gwei. */
  readonly amount: string;
};

export type RpcBlock = {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly sha3Uncles: string;
  readonly miner: string;
  readonly stateRoot: string;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
  readonly logsBloom: string;
  readonly difficulty?: string;
  readonly gasLimit: string;
  readonly gasUsed: string;
  readonly timestamp: string;
  readonly extraData: string;
  readonly mixHash?: string;
  readonly nonce?: string;
  readonly baseFeePerGas?: string;
  readonly withdrawalsRoot?: string;
  readonly blobGasUsed?: string;
  readonly excessBlobGas?: string;
  readonly parentBeaconBlockRoot?: string;
  readonly requestsHash?: string;
  readonly transactions: readonly RpcTransaction[];
  readonly uncles?: readonly string[];
  readonly withdrawals?: readonly RpcWithdrawal[];
  readonly [extra: string]: unknown;
};

export type RpcLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly logIndex: string;
  readonly blockHash?: string;
  readonly blockNumber?: string;
  readonly transactionHash?: string;
  readonly transactionIndex?: string;
  readonly removed?: boolean;
};

export type RpcReceipt = {
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly from: string;
  readonly to: string | null;
  readonly type?: string;
  readonly status?: string;
  readonly root?: string;
  readonly cumulativeGasUsed: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice?: string;
  readonly contractAddress?: string | null;
  readonly logs: readonly RpcLog[];
  readonly logsBloom: string;
  readonly blobGasUsed?: string;
  readonly blobGasPrice?: string;
  readonly [extra: string]: unknown;
};

/** A frame of the node's `callTracer`. */
export type RpcCallFrame = {
  readonly type: string;
  readonly from: string;
  readonly to?: string;
  readonly value?: string;
  readonly error?: string;
  readonly calls?: readonly RpcCallFrame[];
};

/** What the `prestateTracer` says of one transaction in diff mode. Only changed fields stand in `post`. */
export type RpcStateDiff = {
  readonly pre: Readonly<Record<string, { readonly balance?: string }>>;
  readonly post: Readonly<Record<string, { readonly balance?: string }>>;
};

export type RpcTraced<T> = { readonly txHash?: string; readonly result?: T; readonly error?: string };

/** A raw block parsed. What was not fetched is undefined. */
export type EvmBlock = {
  readonly block: RpcBlock;
  readonly receipts: readonly RpcReceipt[] | undefined;
  readonly calls: readonly RpcTraced<RpcCallFrame>[] | undefined;
  readonly diffs: readonly RpcTraced<RpcStateDiff>[] | undefined;
  /** Headers of the uncles, in the block's order. */
  readonly uncles: readonly RpcBlock[] | undefined;
};

/**
 * The parts of an EVM raw block and the JSON-RPC id under which each stands in a batch. A part's bytes are a JSON-RPC
 * response; the part `batch` is an array of them.
 */
export const PART_IDS = { block: 1, receipts: 2, calls: 3, diffs: 4, uncles: 5 } as const;
export type PartName = keyof typeof PART_IDS;

const parsed = new WeakMap<RawBlock, EvmBlock>();

/**
 * Parses once; `verify` and `decode` share the outcome.
 * @throws HeadwaterError `node-bad-response`, `node-block-missing`, `node-rpc-error`, `node-method-unsupported`, …
 */
export function parseRaw(raw: RawBlock): EvmBlock {
  const known = parsed.get(raw);
  if (known) return known;
  const block = parseParts(raw);
  parsed.set(raw, block);
  return block;
}

function parseParts(_raw: RawBlock): EvmBlock {
  throw new HeadwaterError("internal", "the parts of a raw block are not read yet");
}
