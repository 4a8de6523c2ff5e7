import { HeadwaterError } from "../../core/errors.ts";
import { describe } from "../json-rpc/excerpt.ts";
import type { RpcCall, RpcOutcome } from "../json-rpc/messages.ts";
import { isRpcError } from "./rpc-errors.ts";

/** A read of a contract: address, and calldata in hex. */
export type ContractCall = { readonly to: string; readonly data: string };

/** What a contract returned, in hex (`0x` when nothing); null when the call failed inside the EVM. */
export type ContractAnswer = string | null;

/** The first four bytes of the signature's hash, by function (ERC-20, ERC-721, ERC-1155, Multicall3). */
export const SELECTORS = {
  balanceOf: "0x70a08231",
  ownerOf: "0x6352211e",
  balanceOfId: "0x00fdd58e",
  symbol: "0x95d89b41",
  decimals: "0x313ce567",
  getEthBalance: "0x4d2301cc",
} as const;

/** Calldata of a function whose arguments are addresses and unsigned integers. */
export function encodeCalldata(selector: string, ...words: readonly (string | bigint)[]): string {
  const encoded = words.map((word) => (typeof word === "bigint" ? word.toString(16) : word.slice(2)).padStart(64, "0"));
  return selector + encoded.join("");
}

/** One eth_call. `block` is whatever names a block to the node. */
export function ethCall(call: ContractCall, block: unknown): RpcCall {
  return { method: "eth_call", params: [{ to: call.to, data: call.data }, block] };
}

/**
 * The answer in an eth_call's outcome.
 * @throws HeadwaterError when the node, not the contract, failed
 */
export function readCallOutcome(outcome: RpcOutcome, node: string): ContractAnswer {
  if (outcome.ok) return expectHex(outcome.result, node, "eth_call");
  if (isRpcError(outcome.error, "reverted")) return null;
  throw outcome.error;
}

/**
 * A text of hex, as nodes answer reads of state.
 * @throws HeadwaterError `node-history-pruned` for `null`, by which Besu says that it has no state of the block;
 * `node-bad-response` for anything else
 */
export function expectHex(result: unknown, node: string, method: string): string {
  if (typeof result === "string" && /^0x[0-9a-f]*$/i.test(result)) return result;
  if (result === null) {
    throw new HeadwaterError("node-history-pruned", `node ${node}, ${method}: it has no state of the block`, {
      details: { node, method },
    });
  }
  throw new HeadwaterError(
    "node-bad-response",
    `node ${node}, ${method}: expected bytes in hex, got ${describe(result)}`,
    {
      details: { node, method, actual: describe(result) },
    },
  );
}

/** The first 32 bytes as an unsigned integer; null when there are fewer. What follows is ignored, as by the ABI. */
export function readWord(answer: ContractAnswer): bigint | null {
  return answer !== null && answer.length >= 66 ? BigInt(answer.slice(0, 66)) : null;
}
