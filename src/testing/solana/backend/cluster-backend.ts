import { HeadwaterError } from "../../../core/errors.ts";
import { SolanaCluster } from "../cluster.ts";
import { SOLANA_SEATS, SolanaNode, type SolanaSeat } from "../solana-node.ts";
import type { SolanaBackend } from "./solana-backend.ts";

/** The local cluster with one node. Slots are made when something waits for them. */
export class ClusterBackend implements SolanaBackend {
  readonly real = false;
  readonly description =
    "a local cluster of Headwater's own making: the real virtual machine, and no validator around it";
  readonly cluster: SolanaCluster;
  readonly node: SolanaNode;

  private constructor(cluster: SolanaCluster, node: SolanaNode) {
    this.cluster = cluster;
    this.node = node;
  }

  /** @throws HeadwaterError `test-node-failed` where the virtual machine is missing */
  static async start(): Promise<ClusterBackend> {
    const cluster = new SolanaCluster();
    return new ClusterBackend(cluster, await SolanaNode.start(cluster, SOLANA_SEATS[0] as SolanaSeat));
  }

  get url(): string {
    return this.node.url;
  }

  get wsUrl(): string {
    return this.node.wsUrl;
  }

  async airdrop(address: string, lamports: bigint): Promise<string> {
    return this.#confirm(this.cluster.airdrop(address, lamports));
  }

  async latestBlockhash(): Promise<string> {
    return this.cluster.tip.blockhash;
  }

  async send(wire: Uint8Array): Promise<string> {
    return this.#confirm(this.cluster.send(wire));
  }

  async stop(): Promise<void> {
    await this.node.stop();
  }

  #confirm(signature: string): string {
    this.cluster.makeSlots(1 + this.cluster.confirmedBlocks);
    if (this.cluster.ledger.index.find(signature, this.cluster.tip)) return signature;
    throw new HeadwaterError("test-node-failed", `no block has transaction ${signature}`);
  }
}
