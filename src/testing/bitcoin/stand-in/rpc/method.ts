import type { TreeBlock } from "../block-tree.ts";
import { RPC_CODES, refuse } from "../rules.ts";
import type { StandInChain } from "../stand-in-chain.ts";

/** One method of the node's RPC. Its result is JSON. @throws HeadwaterError with `details.rpcCode` */
export type RpcMethod = (chain: StandInChain, params: readonly unknown[], signal: AbortSignal | undefined) => unknown;

export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** `JSON.rawJSON` (ES2026), which TypeScript's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** An amount as nodes write it: whole coins with eight places after the point. */
export function coinsJson(amount: bigint): unknown {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(9, "0");
  return rawJSON(`${amount < 0n ? "-" : ""}${digits.slice(0, -8)}.${digits.slice(-8)}`);
}

/** The block with this hash. */
export function findBlock(chain: StandInChain, hash: unknown): TreeBlock {
  if (typeof hash !== "string") throw refuse(RPC_CODES.typeError, "JSON value is not a string as expected");
  if (!/^[0-9a-fA-F]{64}$/.test(hash)) {
    throw refuse(RPC_CODES.invalidParameter, `blockhash must be of length 64 (not ${hash.length}, for '${hash}')`);
  }
  const block = chain.tree.find(hash.toLowerCase());
  if (!block) throw refuse(RPC_CODES.invalidAddressOrKey, "Block not found");
  return block;
}

export function readText(value: unknown): string {
  if (typeof value !== "string") throw refuse(RPC_CODES.typeError, "JSON value is not a string as expected");
  return value;
}

export function readWhole(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw refuse(RPC_CODES.typeError, "JSON value is not an integer as expected");
  }
  return value;
}
