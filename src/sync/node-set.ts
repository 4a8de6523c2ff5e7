import type { Clock } from "../core/clock.ts";
import type { ChainConfig, NodeConfig } from "../core/contracts/chain-config.ts";
import type { Chain, ChainNode, NodeProbe, NodeTips } from "../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import { HttpTransport } from "./http-transport.ts";

/** Why a node is not used, or only in part. All causes must clear before it comes back. */
export type NodeCause = "unreachable" | "wrong-chain" | "syncing" | "cannot-serve-profile" | "contradicts-final";

/** One configured node: its connection and all that is known of it. */
export class SyncNode {
  readonly config: NodeConfig;
  readonly transport: HttpTransport;
  readonly client: ChainNode;
  readonly causes = new Set<NodeCause>();
  probe: NodeProbe | undefined;
  /** When it was probed last, milliseconds since the epoch. */
  probedAt: number | undefined;
  tips: NodeTips | undefined;
  /** The newest failure, kept when the node does well again: `at` tells how old it is (milliseconds since the epoch). */
  lastError: { readonly text: string; readonly at: number } | undefined;
  /** When the node last told its tip, milliseconds since the epoch. */
  seenAt: number | undefined;
  /** The highest indexed height at which this node is known to stand on our chain; -1 where it is not known. */
  confirmedHeight = -1;

  constructor(config: NodeConfig, chain: Chain) {
    this.config = config;
    this.transport = new HttpTransport(config);
    this.client = chain.connect(this.transport);
  }

  /** Whether its word on tips, finality and balances counts. */
  get usable(): boolean {
    const against = this.causes.size - (this.causes.has("cannot-serve-profile") ? 1 : 0);
    return against === 0 && this.probe !== undefined;
  }

  /** Whether it can give the blocks that the decoding profile needs, too. */
  get servesBlocks(): boolean {
    return this.usable && !this.causes.has("cannot-serve-profile");
  }

  noteTips(tips: NodeTips, now: number): void {
    this.tips = tips;
    this.seenAt = now;
    this.causes.delete("unreachable");
  }

  /** A pushed tip is newer than the last poll's, but says nothing of finality. */
  noteTip(tip: BlockRef, now: number): void {
    this.noteTips({ tip, safe: this.tips?.safe ?? null, finalized: this.tips?.finalized ?? null }, now);
  }

  noteFailure(error: HeadwaterError, now: number): void {
    this.lastError = { text: `${error.code}: ${error.message}`, at: now };
    if (error.code === "node-unreachable" || error.code === "node-timeout") this.causes.add("unreachable");
  }
}

export type Attempt<T> = (node: SyncNode) => Promise<T>;

/**
 * The nodes of one chain, asked in turn, with fail-over to the next as the error's `retry` says. The pool with health
 * states, measured selection and hedging takes this class's place; its callers see `attempt` alone.
 */
export class NodeSet {
  readonly nodes: readonly SyncNode[];
  readonly #clock: Clock;
  #turn = 0;

  constructor(config: ChainConfig, chain: Chain, clock: Clock) {
    this.nodes = config.nodes.map((node) => new SyncNode(node, chain));
    this.#clock = clock;
  }

  get operators(): number {
    return new Set(this.nodes.map(({ config }) => config.operator)).size;
  }

  /**
   * Calls one node after the other until one succeeds, at most `attempts` in all, waiting where errors ask for it after
   * every node had its turn. An error that no other node can mend is thrown at once.
   *
   * @param suits leaves nodes out, for instance those that have not reached a height
   * @throws HeadwaterError `nodes-exhausted` with the last error as its cause
   */
  async attempt<T>(
    call: Attempt<T>,
    options: { attempts: number; signal?: AbortSignal; suits?: (node: SyncNode) => boolean; what: string },
  ): Promise<T> {
    let last: HeadwaterError | undefined;
    let asked = 0;
    while (asked < options.attempts) {
      const candidates = this.#inTurn(options.suits);
      if (candidates.length === 0) break;
      let waitMs = 0;
      for (const node of candidates) {
        if (asked++ >= options.attempts) break;
        options.signal?.throwIfAborted();
        try {
          return await call(node);
        } catch (error) {
          options.signal?.throwIfAborted();
          last = asHeadwaterError(error);
          if (last.fault === "node" || last.fault === "data") node.noteFailure(last, this.#clock.now());
          if (!last.retry.otherNode && !last.retry.sameNode) throw last;
          waitMs = Math.max(waitMs, last.retry.afterMs ?? 0);
        }
      }
      if (asked < options.attempts) await this.#clock.sleep(Math.max(waitMs, 50), options.signal);
    }
    throw new HeadwaterError(
      "nodes-exhausted",
      `${options.what}: ${last ? `no node could answer after ${asked} attempts; the last said: ${last.message}` : "no node is usable"}`,
      { ...(last && { cause: last, details: { lastCode: last.code } }) },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ transport }) => transport.close()));
  }

  #inTurn(suits: ((node: SyncNode) => boolean) | undefined): SyncNode[] {
    const start = this.#turn++;
    const rotated = this.nodes.map((_, i) => this.nodes[(start + i) % this.nodes.length] as SyncNode);
    return rotated.filter((node) => node.usable && (suits === undefined || suits(node)));
  }
}
