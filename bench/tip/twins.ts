// Two anvils with the same chain, of which one gets each block later: the one whose word decides.
import { setTimeout as sleep } from "node:timers/promises";
import { Anvil } from "../../src/testing/evm/anvil.ts";
import { callData, creationData } from "../../src/testing/evm/contracts.ts";
import { NodeClient, type RpcCall } from "../../src/testing/evm/node-client.ts";

export const CHAIN_ID = 31337;
const TOKENS = 4;
const RECEIVERS = 5_000;
const GAS_PRICE = 30n * 10n ** 9n;
/** How long the first node has a block before the deciding one gets it: the nodes of a real network differ by as much. */
const APART_MS = 200;

export type BlockSize = {
  /** Transactions of one block, and ERC-20 transfers of one transaction. */
  readonly transactions: number;
  readonly transfers: number;
};

type Mined = { readonly number: string; readonly hash: string; readonly transactions: readonly unknown[] };

export class Twins {
  readonly #anvils: readonly [Anvil, Anvil];
  readonly #clients: readonly [NodeClient, NodeClient];
  readonly #nonces = new Map<string, number>();
  readonly #senders: readonly string[];
  #tokens: readonly string[] = [];
  #timestamp: number;
  #seed = 0;
  head = 0;

  private constructor(anvils: readonly [Anvil, Anvil], senders: readonly string[], timestamp: number) {
    this.#anvils = anvils;
    this.#clients = [new NodeClient(anvils[0].url), new NodeClient(anvils[1].url)];
    this.#senders = senders;
    this.#timestamp = timestamp;
  }

  static async start(): Promise<Twins> {
    const genesisTime = Math.floor(Date.now() / 1000) - 3_600;
    const options = { chainId: CHAIN_ID, genesisTime, slotsInAnEpoch: 8, accounts: 10, port: 0 };
    const anvils = [await Anvil.start(options), await Anvil.start(options)] as const;
    const senders = (await new NodeClient(anvils[0].url).call("eth_accounts")) as string[];
    const twins = new Twins(anvils, senders, genesisTime);
    await twins.#deploy();
    return twins;
  }

  /** The first node, and the one that decides. */
  get nodes(): readonly { readonly url: string; readonly ws: string }[] {
    return this.#anvils.map(({ url, wsUrl }) => ({ url, ws: wsUrl }));
  }

  get tokens(): readonly string[] {
    return this.#tokens;
  }

  /** Gives one block to the first node, and a moment later to the deciding one. `decide` is called just before that. */
  async next({ transactions, transfers }: BlockSize, decide: (height: number) => void): Promise<void> {
    const calls: RpcCall[] = [];
    for (let i = 0; i < transactions; i++) {
      const data = callData("Erc20", "spread", this.#seed, transfers, RECEIVERS);
      this.#seed += transfers;
      const token = this.#tokens[i % TOKENS] as string;
      calls.push(this.#send(i, token, data, 100_000 + 60_000 * transfers, transactions - i));
    }
    const [first, deciding] = this.#clients;
    await Promise.all([first.batch(calls), deciding.batch(calls)]);
    const timestamp = ++this.#timestamp;
    const one = await mine(first, timestamp, calls.length);
    await sleep(APART_MS);
    decide(Number(one.number));
    const two = await mine(deciding, timestamp, calls.length);
    if (one.hash !== two.hash) throw new Error(`block ${one.number} differs: ${one.hash} and ${two.hash}`);
    this.head = Number(one.number);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#anvils.map((anvil) => anvil.stop()));
  }

  async #deploy(): Promise<void> {
    const data = creationData("Erc20", "Bench Token", "BENCH", 18);
    await this.#mineOnBoth(
      Array.from({ length: TOKENS }, (_, i) => this.#send(0, undefined, data, 2_000_000, TOKENS - i)),
    );
    const block = (await this.#clients[0].call("eth_getBlockReceipts", "latest")) as { contractAddress: string }[];
    this.#tokens = block.map(({ contractAddress }) => contractAddress);
    for (const token of this.#tokens) {
      const calls = this.#senders.map((owner, i) =>
        this.#send(i, token, callData("Erc20", "mint", owner, 10n ** 30n), 200_000, this.#senders.length - i),
      );
      await this.#mineOnBoth(calls);
    }
  }

  async #mineOnBoth(calls: readonly RpcCall[]): Promise<void> {
    const timestamp = ++this.#timestamp;
    const mined = await Promise.all(
      this.#clients.map(async (client) => {
        await client.batch(calls);
        return await mine(client, timestamp, calls.length);
      }),
    );
    if (mined[0]?.hash !== mined[1]?.hash) throw new Error("the two nodes do not have the same chain");
    this.head = Number(mined[0]?.number);
  }

  /** Dearer ones stand first in a block: so both nodes order them alike. */
  #send(sender: number, to: string | undefined, data: string, gas: number, rank: number): RpcCall {
    const from = this.#senders[sender % this.#senders.length] as string;
    const nonce = this.#nonces.get(from) ?? 0;
    this.#nonces.set(from, nonce + 1);
    const call = { from, data, nonce: hex(nonce), gas: hex(gas), gasPrice: hex(GAS_PRICE + BigInt(rank)) };
    return { method: "eth_sendTransaction", params: [to === undefined ? call : { ...call, to }] };
  }
}

async function mine(client: NodeClient, timestamp: number, transactions: number): Promise<Mined> {
  const [block] = (await client.call("evm_mine_detailed", { timestamp })) as Mined[];
  if (block?.transactions.length !== transactions) throw new Error(`block ${block?.number}: transactions are missing`);
  return block;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
