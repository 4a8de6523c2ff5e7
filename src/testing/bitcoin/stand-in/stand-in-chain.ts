import type { Clock } from "../../../core/clock.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import { assembleBlock } from "./assemble-block.ts";
import { BlockTree, type ChainChange, type TreeBlock } from "./block-tree.ts";
import { Mempool } from "./mempool.ts";
import { type ParsedBlock, type ParsedTransaction, parseBlock, parseTransaction } from "./parsed.ts";
import { subsidyAt } from "./rules.ts";

/**
 * A node of a regtest network without a network: blocks, unspent outputs and unconfirmed transactions in memory, peers in the
 * same process. It is no real node: it runs no scripts and checks no signatures, so it takes transactions that nodes refuse.
 */
export class StandInChain {
  readonly name: string;
  readonly tree: BlockTree;
  readonly mempool: Mempool;
  readonly #clock: Clock;
  readonly #peers = new Set<StandInChain>();
  readonly #waiting = new Set<() => void>();
  #mockTime = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
    this.tree = new BlockTree((change) => this.#onChange(change));
    this.mempool = new Mempool(this.tree.coins);
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** The node's clock, seconds since the Unix epoch. */
  get now(): number {
    return this.#mockTime > 0 ? this.#mockTime : Math.floor(this.#clock.now() / 1000);
  }

  /** From now on the node's clock stands at this time, seconds since the Unix epoch; 0 lets it go again. */
  set mockTime(seconds: number) {
    this.#mockTime = seconds;
  }

  get peers(): readonly StandInChain[] {
    return [...this.#peers];
  }

  /** Shares blocks and transactions from now on, first all that one has and the other has not. */
  connect(peer: StandInChain): void {
    if (peer === this || this.#peers.has(peer)) return;
    this.#peers.add(peer);
    peer.#peers.add(this);
    this.#shareAllWith(peer);
    peer.#shareAllWith(this);
  }

  disconnect(peer: StandInChain): void {
    this.#peers.delete(peer);
    peer.#peers.delete(this);
  }

  disconnectAll(): void {
    for (const peer of this.#peers) this.disconnect(peer);
  }

  /**
   * Mines one block upon the tip and hands it to the peers.
   * @param transactions default: those of the mempool
   * @throws HeadwaterError where one of the transactions does not fit
   */
  mine(script: Uint8Array, transactions: readonly ParsedTransaction[] = this.mempool.choose()): TreeBlock {
    const { tip } = this.tree;
    const height = tip.height + 1;
    const fees = transactions.reduce((sum, { id }) => sum + (this.mempool.get(id)?.fee ?? 0n), 0n);
    const block = assembleBlock({
      parentHash: tip.hash,
      height,
      time: Math.max(tip.medianTime + 1, this.now),
      script,
      reward: subsidyAt(height) + fees,
      transactions,
      tag: this.name,
    });
    return this.submitBlock(block);
  }

  /** @throws HeadwaterError with the reason why it is refused */
  submitBlock(given: ParsedBlock | string): TreeBlock {
    const block = typeof given === "string" ? parseBlock(given) : given;
    const isNew = this.tree.find(block.hash) === undefined;
    const taken = this.tree.submit(block, this.now);
    if (isNew) for (const peer of this.#peers) peer.#take(taken);
    return taken;
  }

  /** @throws HeadwaterError with the reason why it is refused */
  submitTransaction(given: ParsedTransaction | string): ParsedTransaction {
    const transaction = typeof given === "string" ? parseTransaction(given) : given;
    const entry = this.mempool.accept(transaction, this.tree.tip.height, this.now);
    for (const peer of this.#peers) peer.#takeTransaction(entry);
    return entry;
  }

  /** Waits until the condition holds, which is looked at when the chain changes, or for `timeoutMs` where that is not 0. */
  async waitUntil(condition: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (condition()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = new AbortController();
    const look = () => {
      if (condition()) resolve();
    };
    const onAbort = () => reject(signal?.reason);
    this.#waiting.add(look);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (timeoutMs > 0) this.#clock.sleep(timeoutMs, done.signal).then(resolve, () => undefined);
    try {
      await promise;
    } finally {
      this.#waiting.delete(look);
      signal?.removeEventListener("abort", onAbort);
      done.abort();
    }
  }

  /** Calls whenever the chain changes, until what it gives back is called. */
  watch(look: () => void): () => void {
    this.#waiting.add(look);
    return () => this.#waiting.delete(look);
  }

  #onChange(change: ChainChange): void {
    this.mempool.follow(change, this.tree.tip, this.now);
    for (const look of this.#waiting) look();
  }

  #shareAllWith(peer: StandInChain): void {
    peer.#take(this.tree.tip);
    for (const entry of this.mempool.entries()) peer.#takeTransaction(entry);
  }

  /** Takes a peer's block and those below that it does not know. What it finds wrong it leaves. */
  #take(block: TreeBlock): void {
    const missing: TreeBlock[] = [];
    for (let at: TreeBlock | undefined = block; at && !this.tree.find(at.hash); at = at.parent) missing.unshift(at);
    for (const each of missing) {
      try {
        this.submitBlock(each);
      } catch (error) {
        if (!(error instanceof HeadwaterError)) throw error;
        return;
      }
    }
  }

  #takeTransaction(transaction: ParsedTransaction): void {
    if (this.mempool.get(transaction.id)) return;
    try {
      this.submitTransaction(transaction);
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error;
    }
  }
}
