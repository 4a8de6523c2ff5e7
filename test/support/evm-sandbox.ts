import { readFileSync } from "node:fs";
import type { BlockRef } from "../../src/core/model.ts";
import { Anvil } from "../../src/testing/evm/anvil.ts";
import { type ContractName, creationData } from "../../src/testing/evm/contracts.ts";
import { devAccounts } from "../../src/testing/evm/dev-accounts.ts";
import { NodeClient } from "../../src/testing/evm/node-client.ts";
import { answerEach, type Intercept, json, type Respond } from "./scripted-node.ts";

const multicall = JSON.parse(
  readFileSync(new URL("../fixtures/evm/mds1__multicall/deployment.json", import.meta.url), "utf8"),
) as { address: string; sender: string; transaction: string };

type Transaction = { readonly to?: string; readonly data?: string; readonly value?: bigint };
type Block = Readonly<Record<"number" | "hash" | "parentHash" | "timestamp", string>> & {
  readonly transactions: readonly string[];
};

/** One real anvil with funded, unlocked accounts, and the few things that tests of one node do with it. */
export class EvmSandbox {
  readonly anvil: Anvil;
  readonly client: NodeClient;
  /** Lower-case addresses. */
  readonly accounts: readonly string[];

  private constructor(anvil: Anvil) {
    this.anvil = anvil;
    this.client = new NodeClient(anvil.url);
    this.accounts = devAccounts(4).map(({ address }) => address.toLowerCase());
  }

  static async start(): Promise<EvmSandbox> {
    const options = { chainId: 31_337, genesisTime: 1_700_000_000, slotsInAnEpoch: 2, accounts: 4, port: 0 };
    return new EvmSandbox(await Anvil.start(options));
  }

  async stop(): Promise<void> {
    await this.anvil.stop();
  }

  /** Puts a transaction into the next block. Its gas is set high, so that one that fails is mined as well. */
  async send({ to, data, value = 0n }: Transaction): Promise<void> {
    const transaction = { from: this.accounts[0], to, data, value: `0x${value.toString(16)}`, gas: "0x2dc6c0" };
    await this.client.call("eth_sendTransaction", transaction);
  }

  /** Mines one block of all that was sent. */
  async mine(): Promise<BlockRef & { readonly transactions: readonly string[] }> {
    await this.client.call("evm_mine");
    const block = (await this.client.call("eth_getBlockByNumber", "latest", false)) as Block;
    const height = Number(block.number);
    const { hash, parentHash, timestamp, transactions } = block;
    return { height, hash, parentHash, parentHeight: height - 1, time: Number(timestamp) * 1000, transactions };
  }

  /** Creates a contract in a block of its own. The address is in lower case. */
  async deploy(name: ContractName, ...args: unknown[]): Promise<string> {
    await this.send({ data: creationData(name, ...args) });
    const { transactions } = await this.mine();
    const receipt = await this.client.call("eth_getTransactionReceipt", transactions[0]);
    return (receipt as { contractAddress: string }).contractAddress;
  }

  /** Multicall3 at its usual address, by its own signed transaction, in a block of its own. */
  async deployMulticall(): Promise<string> {
    await this.client.call("anvil_setBalance", multicall.sender, "0xde0b6b3a7640000");
    await this.client.call("eth_sendRawTransaction", multicall.transaction);
    await this.mine();
    return multicall.address;
  }

  async setCode(address: string, code: string): Promise<void> {
    await this.client.call("anvil_setCode", address, code);
  }

  /**
   * A front for the node that answers some calls itself: `intercept` gives a response's result or error, or undefined to
   * let the call through. Batches are refused where the test says so.
   */
  front(intercept: Intercept, options: { takesBatches?: boolean } = {}): Respond {
    const respond = answerEach(this.anvil.url, intercept);
    return async (request) => {
      if (request.isBatch && options.takesBatches === false) {
        return json({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "batching is not supported" } });
      }
      return await respond(request);
    };
  }
}
