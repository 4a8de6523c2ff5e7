/**
 * JSON-RPC shapes as nodes give them (execution-apis), after shape.ts has checked them: quantities and data are lower-case
 * hex texts, a field that a node gave as `null` is undefined where it is optional here, and unknown fields are kept as
 * they came.
 */
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
  /** Old nodes leave out who sent it and to whom: ask the transaction. */
  readonly from?: string;
  readonly to?: string | null;
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
