import type { Clock } from "../../core/clock.ts";
import { TestNetwork } from "../../testing/evm/network.ts";
import { Traffic } from "../../testing/evm/traffic.ts";

/** Seconds between the demo's blocks. */
const BLOCK_SECONDS = 2;

/** Blocks of the history that is there before the service starts. */
export const HISTORY_BLOCKS = 200;

/** The demo's own chain: three operators' nodes in three regions, and traffic that does not end. */
export class DemoChain {
  readonly network: TestNetwork;
  readonly #traffic: Traffic;
  readonly #clock: Clock;

  private constructor(network: TestNetwork, clock: Clock) {
    this.network = network;
    this.#traffic = new Traffic({ chainId: network.chainId, seed: Math.floor(clock.now() / 1000) });
    this.#clock = clock;
  }

  /** @throws HeadwaterError `test-node-failed` */
  static async start(clock: Clock): Promise<DemoChain> {
    const genesisTime = Math.floor(clock.now() / 1000) - HISTORY_BLOCKS * BLOCK_SECONDS;
    return new DemoChain(await TestNetwork.start({ genesisTime, blockSeconds: BLOCK_SECONDS }), clock);
  }

  /** An account that takes part in much of the traffic. */
  get busyAccount(): string {
    return this.#traffic.senders[0] as string;
  }

  /** Makes the chain's history, as fast as the nodes can. Ends early when the signal aborts. */
  async makeHistory(onProgress: (blocks: number) => void, signal: AbortSignal): Promise<void> {
    for (const block of await this.#traffic.setup()) {
      if (signal.aborted) return;
      await this.network.mineBlock(block);
      onProgress(this.network.head.height);
    }
    while (this.network.head.height < HISTORY_BLOCKS && !signal.aborted) {
      await this.network.mineBlock(await this.#traffic.nextBlock());
      onProgress(this.network.head.height);
    }
  }

  /** Mines a block every two seconds until the signal aborts, then returns. @throws HeadwaterError `test-node-failed` */
  async keepMining(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const transactions = await this.#traffic.nextBlock();
      const timestamp = Math.max(this.network.head.timestamp + 1, Math.floor(this.#clock.now() / 1000));
      await this.network.mineBlock(transactions, { timestamp });
      // An abort ends the wait; the loop sees it.
      await this.#clock.sleep(BLOCK_SECONDS * 1000, signal).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    await this.network.stop();
  }
}
