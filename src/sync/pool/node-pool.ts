import type { Clock } from "../../core/clock.ts";
import type { ChainConfig, NodeConfig } from "../../core/contracts/chain-config.ts";
import type { CallOptions, Chain, WorkClass } from "../../core/contracts/plugin.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import { asHeadwaterError, HeadwaterError } from "../../core/errors.ts";
import { PoolNode } from "./pool-node.ts";

/** One call to a node. `options` are to be passed on to the node's method: they carry signal and work. */
export type NodeCall<T> = (node: PoolNode, options: CallOptions) => Promise<T>;

export type NodeRequest = {
  /** What is asked, for error texts: `eip155:1: block 17`. */
  readonly what: string;
  readonly work: WorkClass;
  readonly signal?: AbortSignal;
  /** How long the request may take in all, milliseconds. */
  readonly deadlineMs?: number;
};

export type PoolRequest = NodeRequest & {
  /** Attempts over all nodes. */
  readonly attempts?: number;
  /** Leaves nodes out, for instance those that have not reached a height. */
  readonly suits?: (node: PoolNode) => boolean;
  /** Whether a second node is asked when the first is slow. Default: true but for backfill. */
  readonly hedge?: boolean;
};

export type NodePoolOptions = {
  readonly config: ChainConfig;
  readonly chain: Chain;
  readonly clock: Clock;
  /** Default: over HTTP. */
  readonly openWire?: (node: NodeConfig) => NodeWire;
};

/** The nodes of one chain: chooses whom to ask, and asks another where that may help. */
export class NodePool {
  readonly nodes: readonly PoolNode[];
  readonly #clock: Clock;
  #turn = 0;

  constructor({ config, chain, clock, openWire }: NodePoolOptions) {
    this.nodes = config.nodes.map((node) => new PoolNode(node, chain, openWire));
    this.#clock = clock;
  }

  get operators(): number {
    return new Set(this.nodes.map(({ config }) => config.operator)).size;
  }

  /**
   * Calls one node after the other until one succeeds, at most `attempts` in all, waiting where errors ask for it after
   * every node had its turn. An error that no other node can mend is thrown at once.
   *
   * @throws HeadwaterError `nodes-exhausted` with the last error as its cause
   */
  async request<T>(call: NodeCall<T>, request: PoolRequest): Promise<T> {
    const { signal, work } = request;
    const attempts = request.attempts ?? this.nodes.length * 2;
    let last: HeadwaterError | undefined;
    let asked = 0;
    while (asked < attempts) {
      const candidates = this.#inTurn(request.suits);
      if (candidates.length === 0) break;
      let waitMs = 0;
      for (const node of candidates) {
        if (asked++ >= attempts) break;
        signal?.throwIfAborted();
        try {
          return await call(node, { work, ...(signal && { signal }) });
        } catch (error) {
          signal?.throwIfAborted();
          last = asHeadwaterError(error);
          if (last.fault === "node" || last.fault === "data") node.noteFailure(last, this.#clock.now());
          if (!last.retry.otherNode && !last.retry.sameNode) throw last;
          waitMs = Math.max(waitMs, last.retry.afterMs ?? 0);
        }
      }
      if (asked < attempts) await this.#clock.sleep(Math.max(waitMs, 50), signal);
    }
    throw new HeadwaterError(
      "nodes-exhausted",
      `${request.what}: ${last ? `no node could answer after ${asked} attempts; the last said: ${last.message}` : "no node is usable"}`,
      { ...(last && { cause: last, details: { lastCode: last.code } }) },
    );
  }

  /** Calls one given node once, whether or not it would be chosen. @throws what the call throws */
  async requestFrom<T>(node: PoolNode, call: NodeCall<T>, { work, signal }: NodeRequest): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await call(node, { work, ...(signal && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      const failure = asHeadwaterError(error);
      if (failure.fault === "node" || failure.fault === "data") node.noteFailure(failure, this.#clock.now());
      throw failure;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  #inTurn(suits: ((node: PoolNode) => boolean) | undefined): PoolNode[] {
    const start = this.#turn++;
    const rotated = this.nodes.map((_, i) => this.nodes[(start + i) % this.nodes.length] as PoolNode);
    return rotated.filter((node) => node.usable && (suits === undefined || suits(node)));
  }
}
