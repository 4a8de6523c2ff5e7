import type { Clock } from "../core/clock.ts";
import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { ContentEvidence, OperationRecords } from "../core/contracts/records.ts";
import type { BlockRef } from "../core/model.ts";
import { EvidenceLog } from "./agreement/evidence-log.ts";
import { Firewall } from "./agreement/firewall.ts";
import { ForkWatch } from "./agreement/fork-watch.ts";
import { Links } from "./agreement/links.ts";
import { voiceOf } from "./agreement/quorum.ts";
import { RecentChain } from "./agreement/recent-chain.ts";
import { Standing } from "./agreement/standing.ts";
import type { FetchedBlock } from "./block-pipeline.ts";
import type { BlockCopies } from "./content/block-copies.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";
import { settledWithin } from "./settled-within.ts";
import { TipBlocks } from "./tip-blocks.ts";

/** How long a block is waited for that would prove a link, milliseconds: then the node is asked for its header. */
const PROOF_PATIENCE_MS = 200;

export type TipWatchOptions = {
  readonly config: ChainConfig;
  readonly nodes: NodePool;
  readonly records: OperationRecords;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The usual pause between two polls of a node, milliseconds. */
  readonly pollMs: number;
  /** Fetches a block by its hash from one node, verifies and decodes it. */
  readonly fetchFrom: (node: PoolNode, at: { height: number; hash: string }) => Promise<FetchedBlock>;
  /** What is to hold the copies of a block, where those of several nodes are compared. */
  readonly gather: (at: { height: number; hash: string }) => BlockCopies | undefined;
  /** Something was learnt beside what nodes report: a link, or a block's content. */
  readonly onLearnt: () => void;
};

/** Everything that follows from a node's report: votes, missing links, blocks fetched ahead, and who is on a wrong branch. */
export class TipWatch {
  readonly recent = new RecentChain();
  readonly standing: Standing;
  readonly evidence: EvidenceLog;
  readonly firewall: Firewall;
  readonly blocks: TipBlocks;
  readonly #options: TipWatchOptions;
  readonly #links: Links;
  readonly #forks: ForkWatch;

  constructor(options: TipWatchOptions) {
    const { config, nodes, records, clock, logger, pollMs, fetchFrom, gather, onLearnt } = options;
    this.#options = options;
    const { recent } = this;
    this.standing = new Standing(nodes.nodes, recent, config.agreement);
    const { standing } = this;
    this.evidence = new EvidenceLog(config.id, records, logger);
    const { evidence } = this;
    this.firewall = new Firewall({ nodes, standing, evidence, clock });
    this.#forks = new ForkWatch({ nodes, standing, evidence, clock, graceMs: pollMs });
    this.blocks = new TipBlocks({ chainId: config.id, recent, logger, fetchFrom, gather });
    this.#links = new Links({
      chainId: config.id,
      nodes,
      standing,
      recent,
      logger,
      prove: (node, height, hash) => this.#prove(node, height, hash),
      onLinked: onLearnt,
    });
  }

  /** A node told its tips, or failed to. */
  note(node: PoolNode, signal: AbortSignal): void {
    const { standing, firewall } = this;
    standing.noteTips(node);
    firewall.noteTips(node);
    const tip = node.mayVote ? node.tips?.tip : undefined;
    if (tip) void this.blocks.prefetch(node, tip)?.catch(() => {});
    this.#links.follow(node, signal);
    this.#forks.judge(node);
    this.#forks.judgeOperators();
  }

  /** A block is fetched and looked at. Its content may have proven its hash, and with it what it stands on. */
  noteDecoded(block: FetchedBlock): void {
    const { checks } = "open" in block ? block.open : block;
    if (!checks.some(({ check, result }) => result === "passed" && /hash$/i.test(check))) return;
    if (this.standing.noteProven(block.ref)) this.#options.onLearnt();
  }

  /** The node gave a block that it was asked for by hash, and with it the block's parent; nothing proves that it is right. */
  noteTold(node: PoolNode, ref: BlockRef): void {
    const { revision } = this.standing.tree;
    this.standing.noteLink(node, ref);
    if (this.standing.tree.revision !== revision) this.#options.onLearnt();
  }

  /** As many operators as it takes gave the block alike: that is all the proof that there is. */
  noteAgreed(ref: BlockRef): void {
    if (this.standing.noteProven(ref)) this.#options.onLearnt();
  }

  noteConflict(evidence: Omit<ContentEvidence, "at">): void {
    this.evidence.addContent({ ...evidence, at: this.#options.clock.now() });
  }

  noteViolation(node: PoolNode, height: number, message: string): void {
    const said = [voiceOf(node)];
    this.evidence.addViolation({
      kind: "integrity-violation",
      at: this.#options.clock.now(),
      said,
      against: [],
      height,
      message,
    });
  }

  /** Resolves when nothing that reports have set off is under way any more. The signal given to `note` must be aborted. */
  async settled(): Promise<void> {
    await this.#links.settled();
    await this.evidence.settled();
  }

  async #prove(node: PoolNode, height: number, hash: string): Promise<boolean> {
    const fetched = this.blocks.prefetch(node, { height, hash })?.catch(() => undefined);
    // It may be on its way from another node, which may never answer: this node's vote must not wait for that one.
    const block = fetched && (await settledWithin(this.#options.clock, PROOF_PATIENCE_MS, fetched));
    const { tree, quorum } = this.standing;
    const header = block ? tree.find({ height, hash }) : undefined;
    // What proves nothing may still be this node's own word, or that of enough others.
    return header !== undefined && tree.wordFor(header, node.config.operator, quorum.operators) !== undefined;
  }
}
