import type { Clock } from "../../core/clock.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { EvidenceLog } from "./evidence-log.ts";
import { voiceOf } from "./quorum.ts";
import type { Standing } from "./standing.ts";

export type ForkWatchOptions = {
  readonly nodes: NodePool;
  readonly standing: Standing;
  readonly evidence: EvidenceLog;
  readonly clock: Clock;
  /** How long a node may stand on another branch before it counts as forked: in a reorg, somebody comes last. */
  readonly graceMs: number;
};

/**
 * Finds nodes that stand on a branch which enough operators contradict, and operators whose own nodes contradict each
 * other. Being a moment late in a reorg is neither: only who still says so after the grace is found.
 */
export class ForkWatch {
  readonly #options: ForkWatchOptions;
  readonly #apartSince = new Map<PoolNode, number>();
  readonly #equivocalSince = new Map<string, number>();

  constructor(options: ForkWatchOptions) {
    this.#options = options;
  }

  /** The node has just told its tip, as seen by `standing`. */
  judge(node: PoolNode): void {
    const { standing, evidence, clock, graceMs } = this.#options;
    const relation = standing.relationOf(node);
    const now = clock.now();
    if (relation.kind === "agrees") {
      this.#apartSince.delete(node);
      node.setCause("forked", false);
    }
    if (relation.kind !== "apart") return;
    const since = this.#apartSince.get(node) ?? now;
    this.#apartSince.set(node, since);
    if (now - since < graceMs) return;
    node.setCause("forked", true);
    const { name } = node.config;
    const { theirs, ours } = relation;
    const against = ours ? standing.voicesBehind(ours) : [];
    evidence.add(
      { kind: "minority-branch", at: now, said: [voiceOf(node)], against, theirs, ours },
      `node ${name} stands on ${theirs.hash} at height ${theirs.height}, the agreed chain on ${ours?.hash ?? "no block"}`,
    );
  }

  /** Looks at what operators say of themselves. To be called after any report. */
  judgeOperators(): void {
    const { standing, evidence, clock, graceMs } = this.#options;
    const now = clock.now();
    const found = standing.equivocations;
    for (const operator of this.#equivocalSince.keys()) {
      if (!found.some((equivocation) => equivocation.operator === operator)) this.#equivocalSince.delete(operator);
    }
    for (const { operator, stands } of found) {
      const since = this.#equivocalSince.get(operator) ?? now;
      this.#equivocalSince.set(operator, since);
      if (now - since < graceMs) continue;
      const [one, other] = stands.map(({ header }) => standing.tree.bestWord(header));
      if (!one || !other) continue;
      const [theirs, ours] = standing.isAgreed(one) ? [other, one] : [one, other];
      const said = stands.map(({ voice }) => voice);
      evidence.add(
        { kind: "equivocation", at: now, said, against: standing.voicesBehind(ours), theirs, ours },
        `operator ${operator} stands on ${one.hash} and on ${other.hash}, which cannot both be of the chain: it has no vote there`,
      );
    }
  }
}
