import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { RegtestNetwork as NetworkTerms } from "./node-programs.ts";
import type { RegtestNode } from "./regtest-node.ts";
import { type NodeKind, startNode } from "./start-node.ts";

/** Who runs a node, and where. */
export type RegtestSeat = { readonly name: string; readonly operator: string; readonly region: string };

export const REGTEST_SEATS: readonly RegtestSeat[] = [
  { name: "fern-eu", operator: "fern", region: "eu-west" },
  { name: "hazel-us", operator: "hazel", region: "us-east" },
];

export type SeatedNode = RegtestSeat & { readonly node: RegtestNode };

/**
 * Nodes of several operators that share one regtest chain, each connected to every other, and that can be parted and joined
 * again. Its methods may not be called at once with each other.
 */
export class RegtestNetwork {
  readonly nodes: readonly SeatedNode[];
  #isSplit = false;

  private constructor(nodes: readonly SeatedNode[]) {
    this.nodes = nodes;
  }

  /** @throws HeadwaterError `test-node-failed`; nodes that had started are removed */
  static async start(kind: NodeKind, seats: readonly RegtestSeat[] = REGTEST_SEATS): Promise<RegtestNetwork> {
    const started = await Promise.allSettled(seats.map(({ name }) => startNode(kind, name)));
    const nodes = started.flatMap((outcome, i) =>
      outcome.status === "fulfilled" ? [{ ...(seats[i] as RegtestSeat), node: outcome.value }] : [],
    );
    const network = new RegtestNetwork(nodes);
    try {
      for (const outcome of started) if (outcome.status === "rejected") throw outcome.reason;
      await network.join();
      return network;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  /** The first node that runs. @throws HeadwaterError `test-node-failed` when none does */
  get first(): RegtestNode {
    const [first] = this.#running;
    if (!first) throw new HeadwaterError("test-node-failed", "no node of this network is running");
    return first.node;
  }

  get terms(): NetworkTerms {
    return this.node(0).network;
  }

  /** A node that was ended takes no part until it is started again and joined. */
  get #running(): readonly SeatedNode[] {
    return this.nodes.filter(({ node }) => node.running);
  }

  get isSplit(): boolean {
    return this.#isSplit;
  }

  /** @throws HeadwaterError `test-node-failed` for a place that nobody has */
  node(index: number): RegtestNode {
    const seated = this.nodes[index];
    if (!seated) throw new HeadwaterError("test-node-failed", `there is no node ${index} in this network`);
    return seated.node;
  }

  /**
   * Mines blocks with what the miner's mempool holds, and waits until every running node that it is joined with follows them.
   * @returns their hashes, oldest first
   */
  async mine(count: number, address: string, miner: RegtestNode = this.first): Promise<string[]> {
    const hashes = await miner.client.call<string[]>("generatetoaddress", count, address);
    if (!this.#isSplit) await this.#waitFor(hashes.at(-1));
    return hashes;
  }

  /**
   * Gives transactions to a node and to all that it is joined with, in their order, so that no test waits for gossip.
   * @throws HeadwaterError `test-node-failed` when one is refused
   */
  async send(transactions: readonly string[], to: RegtestNode = this.first): Promise<void> {
    const receivers = this.#isSplit ? [to] : this.#running.map(({ node }) => node);
    for (const raw of transactions) {
      for (const { client } of receivers) {
        // Gossip between the nodes may have been faster: then it is there, which is what was asked for.
        await client.call("sendrawtransaction", raw).catch((error: unknown) => {
          const isKnown = error instanceof HeadwaterError && /already.in.mempool|already known/.test(error.message);
          if (!isKnown) throw error;
        });
      }
    }
  }

  /**
   * Takes the newest `depth` blocks back that all nodes stand on, for one more of new ones: one node leaves them and mines, and
   * the others follow it. What was in them is mined again, or is pending.
   * @returns the new blocks' hashes, oldest first
   */
  async reorg(depth: number, address: string, miner: RegtestNode = this.first): Promise<string[]> {
    const { client } = miner;
    const height = await client.call<number>("getblockcount");
    const left = await client.call<string>("getblockhash", height - depth + 1);
    await client.call("invalidateblock", left);
    const hashes = await this.mine(depth + 1, address, miner);
    await client.call("reconsiderblock", left);
    return hashes;
  }

  /** Ends all connections among the nodes: from now on each mines for itself. */
  async split(): Promise<void> {
    await this.#forEachPair((a, b) => a.disconnect(b));
    this.#isSplit = true;
  }

  /**
   * Connects every node to every other, and waits until all follow the longest chain.
   * @throws HeadwaterError `test-node-failed` when two chains are the longest: nobody would leave its own
   */
  async join(): Promise<void> {
    const heights = await Promise.all(this.nodes.map(({ node }) => node.client.call<number>("getblockcount")));
    const highest = Math.max(...heights);
    const leader = this.node(heights.indexOf(highest));
    const tip = await leader.client.call<string>("getbestblockhash");
    for (const [i, height] of heights.entries()) {
      if (height < highest || (await this.node(i).client.call("getbestblockhash")) === tip) continue;
      throw new HeadwaterError(
        "test-node-failed",
        `two chains have height ${highest}: mine on one of them before the join`,
      );
    }
    await this.#forEachPair((a, b) => a.connect(b));
    this.#isSplit = false;
    await this.#waitFor(tip);
  }

  /** Ends all nodes and removes what they wrote. May be called twice. */
  async remove(): Promise<void> {
    await Promise.all(this.nodes.map(({ node }) => node.remove()));
  }

  async #waitFor(hash: string | undefined): Promise<void> {
    for (const { name, node } of this.#running) {
      const tip = await node.client.call<{ hash: string }>("waitforblock", hash, LIMITS.testNodeStartMs);
      if (tip.hash === hash) continue;
      throw new HeadwaterError("test-node-failed", `${name} does not follow block ${hash}`);
    }
  }

  async #forEachPair(act: (a: RegtestNode, b: RegtestNode) => Promise<void>): Promise<void> {
    for (const [i, { node }] of this.nodes.entries()) {
      for (const other of this.nodes.slice(i + 1)) await act(node, other.node);
    }
  }
}
