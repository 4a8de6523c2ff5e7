import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { Anvil, type AnvilOptions } from "./anvil.ts";
import { NetworkNode, type NodeSeat, type RawTransaction, type Step, type TestBlock } from "./network-node.ts";

export const SEATS: readonly NodeSeat[] = [
  { name: "alder-eu", operator: "alder", region: "eu-west" },
  { name: "birch-us", operator: "birch", region: "us-east" },
  { name: "cedar-ap", operator: "cedar", region: "ap-south" },
];

export type NetworkOptions = Partial<Omit<AnvilOptions, "port">> & {
  readonly seats?: readonly NodeSeat[];
  /** Seconds between blocks whose time is not given. */
  readonly blockSeconds?: number;
};

export type MineOptions = {
  /** Seconds since the Unix epoch, later than the head's. Default: the head's plus `blockSeconds`. */
  readonly timestamp?: number;
};

/**
 * Real EVM nodes of several operators that hold the same chain: same genesis, same signed transactions in the same
 * order, same times, so same hashes. That they are the same is checked after every block. No peer-to-peer: the network
 * itself hands each block's transactions to every node. Its methods may not be called at once with each other.
 */
export class TestNetwork {
  readonly chainId: number;
  readonly nodes: readonly NetworkNode[];
  readonly #blockSeconds: number;
  /** The blocks of the common chain, from block 1. */
  #chain: TestBlock[] = [];
  /** All that the common chain's nodes did. A node that is not at its end is left out until it rejoins. */
  readonly #log: Step[] = [];

  private constructor(chainId: number, nodes: readonly NetworkNode[], blockSeconds: number) {
    this.chainId = chainId;
    this.nodes = nodes;
    this.#blockSeconds = blockSeconds;
  }

  /** @throws HeadwaterError `test-node-failed`; nodes that had started are stopped */
  static async start(options: NetworkOptions = {}): Promise<TestNetwork> {
    const { seats = SEATS, blockSeconds = 2, ...given } = options;
    const anvilOptions = {
      chainId: 31337,
      genesisTime: 1_700_000_000,
      slotsInAnEpoch: 8,
      accounts: 20,
      port: 0,
      ...given,
    };
    const started = await Promise.allSettled(seats.map(() => Anvil.start(anvilOptions)));
    const anvils = started.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    try {
      for (const outcome of started) if (outcome.status === "rejected") throw outcome.reason;
      const nodes = anvils.map((anvil, i) => new NetworkNode(seats[i] as NodeSeat, anvil, anvilOptions));
      await Promise.all(nodes.map((node) => node.readGenesis()));
      assertSame(nodes.map((node) => node.head));
      return new TestNetwork(anvilOptions.chainId, nodes, blockSeconds);
    } catch (error) {
      await Promise.all(anvils.map((anvil) => anvil.stop()));
      throw error;
    }
  }

  /** The newest block of the common chain; the genesis block when there is none yet. */
  get head(): TestBlock {
    return this.#chain.at(-1) ?? (this.nodes[0] as NetworkNode).genesis;
  }

  /** @throws HeadwaterError `test-node-failed` for a name that is not in the network */
  node(name: string): NetworkNode {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new HeadwaterError("test-node-failed", `there is no node ${name} in this network`);
    return found;
  }

  /**
   * Mines one block with exactly these transactions, in this order, on every running node of the common chain.
   * @throws HeadwaterError `test-node-failed` when a transaction is refused or left out, or the nodes' blocks differ
   */
  async mineBlock(transactions: readonly RawTransaction[] = [], options: MineOptions = {}): Promise<TestBlock> {
    const timestamp = options.timestamp ?? this.head.timestamp + this.#blockSeconds;
    const block = assertSame(await this.#takeOnAll({ kind: "mine", transactions, timestamp }));
    this.#chain.push(block);
    return block;
  }

  /**
   * Takes the newest `depth` blocks back on every running node of the common chain and mines the given ones instead.
   * Where they would come out as the old ones, their times differ: the first comes a second later than the default.
   * @returns the new blocks
   */
  async reorg(depth: number, blocks: readonly (readonly RawTransaction[])[]): Promise<TestBlock[]> {
    const kept = this.#chain.length - depth;
    if (depth < 1 || kept < 0) {
      throw new HeadwaterError("test-node-failed", `cannot take ${depth} of ${this.#chain.length} blocks back`);
    }
    await this.#takeOnAll({ kind: "rollback", depth });
    this.#chain = this.#chain.slice(0, kept);
    const mined: TestBlock[] = [];
    for (const transactions of blocks) {
      const later = mined.length === 0 ? 1 : 0;
      const timestamp = this.head.timestamp + this.#blockSeconds + later;
      mined.push(await this.mineBlock(transactions, { timestamp }));
    }
    return mined;
  }

  /** Brings a node that was stopped, killed, paused or on a fork of its own back to the common chain, on its old port. */
  async rejoin(name: string): Promise<void> {
    const node = this.node(name);
    await node.rejoin(this.#log);
    assertSame([node.head, this.head]);
  }

  async #takeOnAll(step: Step): Promise<TestBlock[]> {
    if (this.#log.length >= LIMITS.testNetworkBlocks) {
      throw new HeadwaterError("test-node-failed", `the test network makes at most ${LIMITS.testNetworkBlocks} blocks`);
    }
    const nodes = this.nodes.filter((node) => node.isAt(this.#log.length));
    if (nodes.length === 0) throw new HeadwaterError("test-node-failed", "no node of the common chain is running");
    const heads = await settleAll(nodes.map((node) => node.take(step)));
    this.#log.push(step);
    return heads;
  }

  /** Ends all nodes and removes what they wrote. May be called twice. */
  async stop(): Promise<void> {
    await settleAll(this.nodes.map((node) => node.stop()));
  }
}

/** Waits for all, so that none goes on unwatched, then throws the first error. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

function assertSame(blocks: readonly TestBlock[]): TestBlock {
  const [first, ...others] = blocks;
  if (!first) throw new HeadwaterError("test-node-failed", "the test network has no node");
  for (const other of others) {
    if (other.hash !== first.hash) {
      const what = `block ${other.height} ${other.hash} and block ${first.height} ${first.hash}`;
      throw new HeadwaterError("test-node-failed", `two nodes of the test network differ: ${what}`);
    }
  }
  return first;
}
