import type { CallOptions } from "../../core/contracts/plugin.ts";
import type { HeadwaterError } from "../../core/errors.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import {
  type ContractAnswer,
  type ContractCall,
  encodeCalldata,
  ethCall,
  expectHex,
  SELECTORS,
} from "./contract-call.ts";

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
    return { to: this.#address, data: encodeCalldata(SELECTORS.getEthBalance, account) };
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
    // With the first read: the ABI's library is most of what this plugin would load otherwise, in each decode thread too.
    const { encodeAggregate, decodeAggregate } = await import("./multicall-abi.ts");
    const data = encodeAggregate(calls);
    const [outcome] = await this.#client.batch([ethCall({ to: this.#address, data }, block)], options);
    if (outcome?.ok) return decodeAggregate(expectHex(outcome.result, this.#client.node, "eth_call"), calls.length);
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
