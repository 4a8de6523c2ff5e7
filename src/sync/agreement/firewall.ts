import type { Clock } from "../../core/clock.ts";
import type { HeaderEvidence, Voice } from "../../core/contracts/records.ts";
import type { LedgerView } from "../../core/contracts/store.ts";
import type { BlockRef } from "../../core/model.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { PoolNode } from "../pool/pool-node.ts";
import type { EvidenceLog } from "./evidence-log.ts";
import { countVoices, isQuorate, voiceOf } from "./quorum.ts";
import type { Standing } from "./standing.ts";

export type FirewallOptions = {
  readonly nodes: NodePool;
  readonly standing: Standing;
  readonly evidence: EvidenceLog;
  readonly clock: Clock;
};

/** Nodes whose word and ours at or below our finalized block cannot both be true. */
type Opposition = { readonly node: PoolNode; readonly theirs: BlockRef; readonly ours: BlockRef };

/**
 * Guards what is final. A node that takes back its own word on finality is set aside at once, and so is one that
 * contradicts ours; only when enough operators contradict it is that more than these nodes' fault.
 */
export class Firewall {
  readonly #options: FirewallOptions;
  readonly #told = new Map<PoolNode, BlockRef>();

  constructor(options: FirewallOptions) {
    this.#options = options;
  }

  /** The node has told its tips: its finalized block must not go back, nor change. */
  noteTips(node: PoolNode): void {
    const told = node.tips?.finalized;
    const before = this.#told.get(node);
    // A push repeats the last poll's word.
    if (!told || told === before) return;
    this.#told.set(node, told);
    const changed = before?.height === told.height && before.hash !== told.hash;
    const broken = before !== undefined && (told.height < before.height || changed);
    node.setCause("finality-violation", broken);
    if (!broken) return;
    this.#options.evidence.add(
      {
        kind: "finality-violation",
        at: this.#options.clock.now(),
        said: [voiceOf(node)],
        against: [],
        theirs: told,
        ours: before,
      },
      `node ${node.config.name} called block ${before.height} ${before.hash} final, and now ${told.height} ${told.hash}`,
    );
  }

  /**
   * Sets nodes aside that contradict what is final here, and takes those back that do so no more.
   * @returns the conflict, when enough operators contradict us
   */
  async check(view: LedgerView): Promise<HeaderEvidence | undefined> {
    const { nodes, standing, evidence, clock } = this.#options;
    const finalized = view.position?.finalized;
    if (!finalized) return undefined;
    const opposed: Opposition[] = [];
    for (const node of nodes.nodes) {
      const found = await this.#opposition(node, finalized, view);
      node.setCause("contradicts-final", found !== undefined);
      if (found) opposed.push(found);
    }
    const [first] = opposed;
    if (!first) return undefined;
    const at = clock.now();
    const said = opposed.map(({ node }) => voiceOf(node));
    if (isQuorate(countVoices(said), standing.quorum)) return this.conflict(first.theirs, first.ours, said);
    for (const { node, theirs, ours } of opposed) {
      const against = standing.voicesBehind(ours);
      evidence.add(
        { kind: "final-conflict", at, said: [voiceOf(node)], against, theirs, ours },
        `node ${node.config.name} contradicts what is final: at height ${theirs.height} it has ${theirs.hash}`,
      );
    }
    return undefined;
  }

  /** What is to be recorded when enough operators contradict our block. */
  conflict(theirs: BlockRef, ours: BlockRef | null, said: readonly Voice[]): HeaderEvidence {
    const { standing, clock } = this.#options;
    const against = ours ? standing.voicesBehind(ours) : [];
    return { kind: "final-conflict", at: clock.now(), said, against, theirs, ours };
  }

  async #opposition(node: PoolNode, finalized: BlockRef, view: LedgerView): Promise<Opposition | undefined> {
    // A node of another chain says nothing of ours, and a cordoned one is not listened to.
    if (!node.probe || node.causes.has("wrong-chain") || node.causes.has("cordoned")) return undefined;
    const told = node.tips?.finalized;
    if (told && told.height <= finalized.height) {
      const ours = await oursAt(view, told.height, finalized);
      if (ours && ours.hash !== told.hash) return { node, theirs: told, ours };
    }
    const relation = node.causes.has("forked") ? this.#options.standing.relationOf(node) : undefined;
    if (relation?.kind !== "apart" || relation.from > finalized.height) return undefined;
    const { theirs } = relation;
    const ours = theirs.height > finalized.height ? finalized : await oursAt(view, theirs.height, finalized);
    return ours && { node, theirs, ours };
  }
}

/**
 * Our block at a final height, or the one above whose parent lies below it: it says as much of the height that it passes
 * over. Undefined below the first indexed block.
 */
async function oursAt(view: LedgerView, height: number, finalized: BlockRef): Promise<BlockRef | undefined> {
  const ref = (await view.nearestBlock(height, "above"))?.ref;
  const isPassed = ref && ref.height <= finalized.height && ref.parentHeight < height;
  return ref?.height === height || isPassed ? ref : undefined;
}
