import type { Clock } from "../../core/clock.ts";
import { TestNetwork } from "../../testing/evm/network.ts";
import { Traffic } from "../../testing/evm/traffic.ts";
import type { DemoOffer, DemoPart } from "./demo-part.ts";

/** Seconds between the demo's blocks. */
const BLOCK_SECONDS = 2;
const HISTORY_BLOCKS = 200;

export const EVM_OFFER: DemoOffer = {
  text: "Starting three EVM nodes (anvil): operators alder, birch and cedar, in eu-west, us-east and ap-south.",
  start: (clock) => DemoChain.start(clock),
};

/** The demo's own EVM chain: three operators' nodes in three regions, and traffic that does not end. */
class DemoChain implements DemoPart {
  readonly alias = "demo";
  readonly historyHeight = HISTORY_BLOCKS;
  readonly pace = `a block every ${BLOCK_SECONDS} s`;
  readonly #network: TestNetwork;
  readonly #traffic: Traffic;
  readonly #clock: Clock;

  private constructor(network: TestNetwork, clock: Clock) {
    this.#network = network;
    this.#traffic = new Traffic({ chainId: network.chainId, seed: Math.floor(clock.now() / 1000) });
    this.#clock = clock;
  }

  /** @throws HeadwaterError `test-node-failed` */
  static async start(clock: Clock): Promise<DemoChain> {
    const genesisTime = Math.floor(clock.now() / 1000) - HISTORY_BLOCKS * BLOCK_SECONDS;
    return new DemoChain(await TestNetwork.start({ genesisTime, blockSeconds: BLOCK_SECONDS }), clock);
  }

  get variables(): Record<string, string> {
    const pairs = this.#network.nodes.flatMap(({ url, wsUrl }, i) => [
      [`DEMO_NODE_${i + 1}`, url],
      [`DEMO_NODE_${i + 1}_WS`, wsUrl],
    ]);
    return Object.fromEntries(pairs);
  }

  paths(chain: string): string[] {
    // An account that takes part in much of the traffic.
    const account = `/v1/accounts/${chain}:${this.#traffic.senders[0]}`;
    return [`/v1/chains/${this.alias}`, `${account}/balances`, `${account}/transactions?limit=3`];
  }

  async makeHistory(signal: AbortSignal, onProgress: (text: string) => void): Promise<void> {
    const mine = async (block: Parameters<TestNetwork["mineBlock"]>[0]) => {
      await this.#network.mineBlock(block);
      onProgress(`Making a history: block ${this.#network.head.height} of ${HISTORY_BLOCKS}`);
    };
    for (const block of await this.#traffic.setup()) {
      if (signal.aborted) return;
      await mine(block);
    }
    while (this.#network.head.height < HISTORY_BLOCKS && !signal.aborted) await mine(await this.#traffic.nextBlock());
  }

  async keepGoing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const transactions = await this.#traffic.nextBlock();
      const timestamp = Math.max(this.#network.head.timestamp + 1, Math.floor(this.#clock.now() / 1000));
      await this.#network.mineBlock(transactions, { timestamp });
      // An abort ends the wait; the loop sees it.
      await this.#clock.sleep(BLOCK_SECONDS * 1000, signal).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    await this.#network.stop();
  }
}
