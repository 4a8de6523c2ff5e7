import type { Clock } from "../core/clock.ts";
import type { Cordon, EvidenceCounts, OperationRecords, StoredEvidence } from "../core/contracts/records.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

/** One chain's records as its operators see and change them. */
export class OperatorRecords {
  readonly #chain: string;
  readonly #records: OperationRecords;
  readonly #nodes: NodePool;
  readonly #clock: Clock;
  readonly #cordons = new Map<string, Cordon>();
  /** Cordons are written one after the other: what is told last of a node is what holds. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(chain: string, records: OperationRecords, nodes: NodePool, clock: Clock) {
    this.#chain = chain;
    this.#records = records;
    this.#nodes = nodes;
    this.#clock = clock;
  }

  /** Takes the nodes out of use that were when the service stopped. To be done before any node is asked. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      for (const cordon of await this.#records.cordons(this.#chain)) {
        // A node that is no longer configured keeps its cordon for the day on which it is again.
        const node = this.#nodes.nodes.find(({ config }) => config.name === cordon.node);
        if (node) this.#apply(node, cordon);
      }
    });
  }

  cordonOf(node: string): Cordon | undefined {
    return this.#cordons.get(node);
  }

  /** @throws HeadwaterError `node-unknown`, or of the store: then nothing has changed */
  cordon(name: string, reason: string): Promise<void> {
    return this.#inTurn(async () => {
      const node = this.#find(name);
      const cordon = { node: name, since: this.#clock.now(), reason: reason.slice(0, LIMITS.recordTextCharacters) };
      await this.#records.cordon(this.#chain, cordon);
      this.#apply(node, cordon);
    });
  }

  /** @throws HeadwaterError `node-unknown`, or of the store: then nothing has changed */
  uncordon(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const node = this.#find(name);
      await this.#records.uncordon(this.#chain, name);
      this.#cordons.delete(name);
      node.setCause("cordoned", false);
    });
  }

  evidence(limit: number, before?: number): Promise<readonly StoredEvidence[]> {
    return this.#records.evidence(this.#chain, limit, before);
  }

  evidenceCounts(): Promise<EvidenceCounts> {
    return this.#records.evidenceCounts(this.#chain);
  }

  #apply(node: PoolNode, cordon: Cordon): void {
    this.#cordons.set(cordon.node, cordon);
    node.setCause("cordoned", true);
  }

  #find(name: string): PoolNode {
    const node = this.#nodes.nodes.find(({ config }) => config.name === name);
    if (node) return node;
    throw new HeadwaterError("node-unknown", `${this.#chain} has no node called "${name}"`, {
      details: { chain: this.#chain, node: name },
    });
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
