import { Interface, type Result } from "ethers/abi";
import { isError } from "ethers/utils";
import type { ContractAnswer, ContractCall } from "./contract-call.ts";

const MULTICALL3 = new Interface([
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
]);

/** The data of one call that makes all of these, each of which may fail alone. */
export function encodeAggregate(calls: readonly ContractCall[]): string {
  return MULTICALL3.encodeFunctionData("aggregate3", [calls.map(({ to, data }) => [to, true, data])]);
}

/** What the calls came to, null for one that failed; undefined for an answer that is no Multicall3's to `count` calls. */
export function decodeAggregate(answer: string, count: number): ContractAnswer[] | undefined {
  try {
    const results = MULTICALL3.decodeFunctionResult("aggregate3", answer)[0] as Result;
    if (results.length !== count) return undefined;
    return results.map((entry: Result) => (entry[0] === true ? String(entry[1]) : null));
  } catch (error) {
    if (isError(error, "BAD_DATA") || isError(error, "BUFFER_OVERRUN")) return undefined;
    throw error;
  }
}
