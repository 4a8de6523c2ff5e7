import type { Branch } from "./branch.ts";
import type { SolanaCluster } from "./cluster.ts";
import { type Bank, bankAtHeight, isAncestor } from "./ledger/bank.ts";

export type Commitment = "processed" | "confirmed" | "finalized";

export type ViewOptions = {
  /** What its identity's key is made of. Default `node`; a `SolanaNode` takes its name. */
  readonly name?: string;
  /** Blocks that it is behind the branch that it follows. Default 0. */
  readonly behindBlocks?: number;
  /** Blocks that it keeps, itself included; older ones are pruned. Default: all that the cluster keeps. */
  readonly keptBlocks?: number;
  /** Whether it can read pruned blocks from a long-term storage. Default false. */
  readonly longTermStorage?: boolean;
  /** Whether it gives blocks before they are confirmed, which Agave's nodes do not. Default false. */
  readonly givesProcessed?: boolean;
  /** Newest blocks of which it has not written down yet what their transactions did. Default 0. */
  readonly unwrittenBlocks?: number;
};

/**
 * The chain as one node has it: which branch it follows, how far it has come, what it has pruned. All may be changed at any
 * time by the methods; answers change at once.
 */
export class NodeView {
  readonly cluster: SolanaCluster;
  readonly name: string;
  longTermStorage: boolean;
  givesProcessed: boolean;
  unwrittenBlocks: number;
  #behindBlocks: number;
  #keptBlocks: number | undefined;
  #branch: Branch | undefined;
  #frozen: Bank | undefined;
  #finalized: Bank;
  #processed: Bank;
  readonly #listeners = new Set<() => void>();

  constructor(cluster: SolanaCluster, options: ViewOptions = {}) {
    this.cluster = cluster;
    this.name = options.name ?? "node";
    this.longTermStorage = options.longTermStorage ?? false;
    this.givesProcessed = options.givesProcessed ?? false;
    this.unwrittenBlocks = options.unwrittenBlocks ?? 0;
    this.#behindBlocks = options.behindBlocks ?? 0;
    this.#keptBlocks = options.keptBlocks;
    this.#processed = cluster.oldest;
    this.#finalized = cluster.oldest;
    cluster.onChange(() => this.#advance());
    this.#advance();
  }

  get processed(): Bank {
    return this.#processed;
  }

  get confirmed(): Bank {
    const confirmed = this.#below(this.cluster.confirmedBlocks);
    return confirmed.height > this.#finalized.height ? confirmed : this.#finalized;
  }

  /** It never goes back, but to a branch that does not have it. */
  get finalized(): Bank {
    return this.#finalized;
  }

  bank(commitment: Commitment): Bank {
    if (commitment === "processed") return this.processed;
    return commitment === "confirmed" ? this.confirmed : this.finalized;
  }

  /** The newest slot of which it has received anything, though it need not have processed it. */
  get receivedSlot(): number {
    return (this.#branch ?? this.cluster.followed).nextSlot - 1;
  }

  /** The newest block of which it has written down what its transactions did. */
  get written(): Bank {
    return this.#below(this.unwrittenBlocks);
  }

  /** The oldest block that it has itself. */
  get firstAvailable(): Bank {
    const { oldest } = this.cluster;
    if (this.#keptBlocks === undefined) return oldest;
    return (
      bankAtHeight(this.#processed, Math.max(oldest.height, this.#processed.height - this.#keptBlocks + 1)) ?? oldest
    );
  }

  /** Blocks between it and the cluster, as it knows itself; its health is judged by them. */
  get blocksBehind(): number {
    return this.#frozen ? 0 : this.#behindBlocks;
  }

  /** Stops processing while it goes on receiving, and does not know it: `getHealth` says ok. */
  freeze(): void {
    this.#frozen = this.#processed;
    this.#advance();
  }

  /** Goes on at the newest block. */
  thaw(): void {
    this.#frozen = undefined;
    this.#advance();
  }

  /** Stays so many blocks behind, and knows it. */
  fallBehind(blocks: number): void {
    this.#behindBlocks = blocks;
    this.#advance();
  }

  /** Keeps the newest blocks only; undefined: all that the cluster keeps. */
  prune(keptBlocks: number | undefined): void {
    this.#keptBlocks = keptBlocks;
  }

  /** Follows one branch whatever the cluster follows; undefined: the cluster's. */
  stayOn(branch: Branch | undefined): void {
    this.#branch = branch;
    this.#advance();
  }

  /** @param listener told whenever it has processed something or left a branch. @returns ends it */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #advance(): void {
    const { tip } = this.#branch ?? this.cluster.followed;
    const { oldest, finalizedBlocks } = this.cluster;
    const target =
      this.#frozen ?? bankAtHeight(tip, Math.max(oldest.height, tip.height - this.#behindBlocks)) ?? oldest;
    if (target === this.#processed) return;
    this.#processed = target;
    const finalized = this.#below(finalizedBlocks);
    const isKept = isAncestor(this.#finalized, target) && this.#finalized.height >= oldest.height;
    if (!isKept || finalized.height > this.#finalized.height) this.#finalized = finalized;
    for (const listener of this.#listeners) listener();
  }

  #below(blocks: number): Bank {
    const { oldest } = this.cluster;
    return bankAtHeight(this.#processed, Math.max(oldest.height, this.#processed.height - blocks)) ?? oldest;
  }
}
