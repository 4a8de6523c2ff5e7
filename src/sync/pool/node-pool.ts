import type { Clock } from "../../core/clock.ts";
import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { Chain } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../../core/errors.ts";
import { PoolNode } from "./pool-node.ts";

export type Attempt<T> = (node: PoolNode) => Promise<T>;

/**
 * The nodes of one chain, asked in turn, with fail-over to the next as the error's `retry` says. The pool with health
 * states, measured selection and hedging takes this class's place; its callers see `attempt` alone.
 */
export class NodePool {
  readonly nodes: readonly PoolNode[];
  readonly #clock: Clock;
  #turn = 0;

  constructor(config: ChainConfig, chain: Chain, clock: Clock) {
    this.nodes = config.nodes.map((node) => new PoolNode(node, chain));
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
    options: { attempts: number; signal?: AbortSignal; suits?: (node: PoolNode) => boolean; what: string },
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

  #inTurn(suits: ((node: PoolNode) => boolean) | undefined): PoolNode[] {
    const start = this.#turn++;
    const rotated = this.nodes.map((_, i) => this.nodes[(start + i) % this.nodes.length] as PoolNode);
    return rotated.filter((node) => node.usable && (suits === undefined || suits(node)));
  }
}
