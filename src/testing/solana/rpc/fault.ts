import { HeadwaterError } from "../../../core/errors.ts";

/** Codes of JSON-RPC 2.0, and those that Solana's nodes add (rpc-client-api, custom_error). */
export const RPC_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  blockCleanedUp: -32001,
  preflightFailure: -32002,
  signatureFailure: -32003,
  blockNotAvailable: -32004,
  nodeUnhealthy: -32005,
  slotSkipped: -32007,
  longTermStorageSlotSkipped: -32009,
  blockStatusNotAvailable: -32014,
  unsupportedVersion: -32015,
  minContextSlot: -32016,
} as const;

/** A refusal as a node gives it. */
export class RpcFault extends HeadwaterError {
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(rpcCode: number, message: string, data?: unknown) {
    super("node-rpc-error", message, { details: { rpcCode } });
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

export function invalidParams(message: string): RpcFault {
  return new RpcFault(RPC_CODES.invalidParams, message);
}

export const FAULTS = {
  blockCleanedUp: (slot: number, first: number) =>
    new RpcFault(
      RPC_CODES.blockCleanedUp,
      `Block ${slot} cleaned up, does not exist on node. First available block: ${first}`,
    ),
  blockNotAvailable: (slot: number) =>
    new RpcFault(RPC_CODES.blockNotAvailable, `Block not available for slot ${slot}`),
  slotSkipped: (slot: number) =>
    new RpcFault(RPC_CODES.slotSkipped, `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`),
  longTermStorageSlotSkipped: (slot: number) =>
    new RpcFault(RPC_CODES.longTermStorageSlotSkipped, `Slot ${slot} was skipped, or missing in long-term storage`),
  blockStatusNotAvailable: (slot: number) =>
    new RpcFault(RPC_CODES.blockStatusNotAvailable, `Block status not yet available for slot ${slot}`),
  unsupportedVersion: (version: number) =>
    new RpcFault(
      RPC_CODES.unsupportedVersion,
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the ` +
        `following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    ),
  minContextSlot: (contextSlot: number) =>
    new RpcFault(RPC_CODES.minContextSlot, "Minimum context slot has not been reached", { contextSlot }),
  nodeUnhealthy: (numSlotsBehind: number) =>
    new RpcFault(RPC_CODES.nodeUnhealthy, `Node is behind by ${numSlotsBehind} slots`, { numSlotsBehind }),
  signatureFailure: () => new RpcFault(RPC_CODES.signatureFailure, "Transaction signature verification failure"),
} as const;
