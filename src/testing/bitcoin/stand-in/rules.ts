import { HeadwaterError } from "../../../core/errors.ts";

/** Bitcoin's regtest rules, as far as the stand-in keeps them. Amounts are in the smallest unit. */
export const COIN = 100_000_000n;
const FIRST_SUBSIDY = 50n * COIN;
const HALVING_BLOCKS = 150;
/** How many blocks, its own included, a coinbase waits before it may be spent. */
export const MATURITY_BLOCKS = 100;
/** The only target there is. */
export const BITS = 0x207fffff;
export const MAX_BLOCK_WEIGHT = 4_000_000;
export const MAX_AMOUNT = 21_000_000n * COIN;
/** A block's time may be ahead of the node's clock by so much, seconds. */
export const MAX_FUTURE_SECONDS = 2 * 60 * 60;

/** The parts of Bitcoin Core's list of RPC error codes (src/rpc/protocol.h) that occur here. */
export const RPC_CODES = {
  misc: -1,
  typeError: -3,
  invalidAddressOrKey: -5,
  invalidParameter: -8,
  deserialization: -22,
  verify: -25,
  verifyRejected: -26,
  alreadyInChain: -27,
  methodNotFound: -32601,
  parseError: -32700,
} as const;

export type RpcCode = (typeof RPC_CODES)[keyof typeof RPC_CODES];

/** A refusal, with the code and the reason that a node would give. */
export function refuse(code: RpcCode, reason: string): HeadwaterError {
  return new HeadwaterError("test-node-failed", reason, { details: { rpcCode: code } });
}

export function subsidyAt(height: number): bigint {
  const halvings = Math.floor(height / HALVING_BLOCKS);
  return halvings >= 64 ? 0n : FIRST_SUBSIDY >> BigInt(halvings);
}

/** Whether what is sent to the script can never be spent: nodes do not keep such outputs. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === 0x6a || script.length > 10_000;
}
