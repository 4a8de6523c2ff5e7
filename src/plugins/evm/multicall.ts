import { Interface, type Result } from "ethers/abi";
import { isError } from "ethers/utils";
import type { CallOptions } from "../../core/contracts/plugin.ts";
import type { HeadwaterError } from "../../core/errors.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { type ContractAnswer, type ContractCall, ethCall, expectHex } from "./contract-call.ts";

const MULTICALL3 = new Interface([
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
  "function getEthBalance(address addr) view returns (uint256)",
]);

/** Many reads in one eth_call, by the contract Multicall3. */
export class Multicall {
  readonly #client: JsonRpcClient;
  readonly #address: string;
  /** Code was seen at this height and none at that one. Code stays once it is there. */
  #presentFrom: number | undefined;
  #absentUntil = -1;

  constructor(client: JsonRpcClient, address: string) {
    this.#client = client;
    this.#address = address;
  }

  /**
   * Whether the contract stands at the block. `height` is infinite for the newest block. The node is asked (eth_getCode)
   * only while what it said of other heights does not tell.
   */
  async isDeployed(height: number, block: unknown, options?: CallOptions): Promise<boolean> {
    if (this.#presentFrom !== undefined && height >= this.#presentFrom) return true;
    if (height <= this.#absentUntil) return false;
    const method = "eth_getCode";
    const code = expectHex(await this.#client.call(method, [this.#address, block], options), this.#client.node, method);
    const isPresent = code.length > 2;
    if (isPresent) this.#presentFrom = Math.min(this.#presentFrom ?? height, height);
    else if (Number.isFinite(height)) this.#absentUntil = Math.max(this.#absentUntil, height);
    return isPresent;
  }

  /** The read of an account's native balance, as a call of the multicall contract itself. */
  nativeBalance(account: string): ContractCall {
    return { to: this.#address, data: MULTICALL3.encodeFunctionData("getEthBalance", [account]) };
  }

  /**
   * The answers in the order of the calls. Null for a call that failed, which may be another call's doing: one that burns
   * all gas starves those after it. Undefined when the whole failed inside the EVM: the calls are then worth a try alone.
   *
   * @throws HeadwaterError when the node failed
   */
  async read(
    calls: readonly ContractCall[],
    block: unknown,
    options?: CallOptions,
  ): Promise<ContractAnswer[] | undefined> {
    const tuples = calls.map(({ to, data }) => [to, true, data]);
    const data = MULTICALL3.encodeFunctionData("aggregate3", [tuples]);
    const [outcome] = await this.#client.batch([ethCall({ to: this.#address, data }, block)], options);
    if (outcome?.ok) return decode(expectHex(outcome.result, this.#client.node, "eth_call"), calls.length);
    if (outcome && !isOwnFailure(outcome.error)) throw outcome.error;
    return undefined;
  }
}

/** Whether the call failed for being one of so many: of gas, of size, by the contract. */
function isOwnFailure({ code, details }: HeadwaterError): boolean {
  const reason = details["reason"];
  if (code === "node-response-too-large") return true;
  return code === "node-rpc-error" && (reason === undefined || reason === "reverted");
}

function decode(answer: string, count: number): ContractAnswer[] | undefined {
  try {
    const results = MULTICALL3.decodeFunctionResult("aggregate3", answer)[0] as Result;
    if (results.length !== count) return undefined;
    return results.map((entry: Result) => (entry[0] === true ? String(entry[1]) : null));
  } catch (error) {
    // What does not decode is no Multicall3.
    if (isError(error, "BAD_DATA") || isError(error, "BUFFER_OVERRUN")) return undefined;
    throw error;
  }
}
