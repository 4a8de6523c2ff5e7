import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain, WorkClass } from "../core/contracts/plugin.ts";
import type { ConflictRecord } from "../core/contracts/records.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { Mismatch } from "../core/ledger/account.ts";
import type { SealedBlock } from "../core/ledger/seal.ts";
import type { BlockRef } from "../core/model.ts";
import { confirmBlock, type Verdict } from "./agreement/confirmation.ts";
import type { EvidenceLog } from "./agreement/evidence-log.ts";
import { assessFinality } from "./agreement/finality.ts";
import type { Firewall } from "./agreement/firewall.ts";
import { voiceOf } from "./agreement/quorum.ts";
import type { RecentChain } from "./agreement/recent-chain.ts";
import { Reorganizer } from "./agreement/reorganizer.ts";
import type { Standing } from "./agreement/standing.ts";
import { BatchWriter } from "./batch-writer.ts";
import { BlockCompleter, RefusedBlock } from "./block-completer.ts";
import {
  type FetchedBlock,
  type Obtain,
  type ObtainedBlock,
  type PipelineOptions,
  pipeBlocks,
} from "./block-pipeline.ts";
import type { BlockSource } from "./block-source.ts";
import type { BlockDecoder } from "./decode-pool.ts";
import type { CatchUpPace } from "./governor/lag-governor.ts";
import { badList, listHeights } from "./height-lists.ts";
import { DensePlan } from "./height-plan.ts";
import type { LagMeter } from "./lag-meter.ts";
import { fetchLeftOut } from "./left-out.ts";
import { ListedPlan } from "./listed-plan.ts";
import type { CheckCounter } from "./meters/check-counter.ts";
import type { LivePendingPool } from "./pending/pending-pool.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { SkipWords } from "./skip-words.ts";
import type { Trails } from "./trails.ts";

export type FollowerOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly recent: RecentChain;
  readonly standing: Standing;
  readonly firewall: Firewall;
  readonly evidence: EvidenceLog;
  readonly lag: LagMeter;
  readonly obtain: Obtain;
  readonly blocks: Pick<BlockSource, "refuse" | "forgive">;
  readonly skips: SkipWords;
  readonly decoder: BlockDecoder;
  readonly trails: Trails;
  readonly checks: CheckCounter;
  /** Undefined where the chain has none. */
  readonly pending: Pick<LivePendingPool, "announce" | "withdraw" | "noteRollback"> | undefined;
  readonly pace: CatchUpPace;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** A block that was fetched is not of the agreed chain: it is thrown away, and with it what stands on it. */
class WrongBranch extends HeadwaterError {
  constructor(chainId: string, { ref, node }: FetchedBlock, instead: BlockRef) {
    super(
      "agreement-insufficient",
      `${chainId}: block ${ref.height} ${ref.hash} of node ${node.config.name} is contradicted: enough operators have ${instead.height} ${instead.hash} in its place`,
      { details: { height: ref.height, hash: ref.hash, instead: instead.hash, node: node.config.name } },
    );
  }
}

/** Branches that one step leaves, and nodes of others that it finds, before it is given up until there is news. */
const BRANCHES_PER_STEP = 8;

/**
 * Brings one chain's ledger to the agreed tip and keeps it there: backfill and following are the same way of a block. One
 * step at a time; a step that throws leaves the ledger at its last commit.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #reorganizer: Reorganizer;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#reorganizer = new Reorganizer({
      ...options,
      confirm: (ref, signal) => this.#confirm(ref, "tip", signal),
      onRollback: (height) => options.pending?.noteRollback(height),
    });
  }

  /**
   * One step: blocks up to the agreed tip, through a reorg where it takes one, then finality.
   * @returns the conflict with which the chain must stop, or undefined
   * @throws HeadwaterError: worth another step
   */
  async step(signal: AbortSignal): Promise<ConflictRecord | undefined> {
    this.#options.blocks.forgive();
    let refused: RefusedBlock | undefined;
    for (let branches = 0; ; branches++) {
      try {
        const conflict = await this.#follow(signal);
        return conflict ?? (await this.#markFinality());
      } catch (error) {
        // Every node's block was refused: why tells more than that none is left.
        if (refused && error instanceof HeadwaterError && error.code === "nodes-exhausted") throw refused;
        if (error instanceof RefusedBlock) refused = error;
        // The node is set aside: what it gave is fetched again from others.
        else if (!(error instanceof WrongBranch)) throw error;
        if (branches >= BRANCHES_PER_STEP) throw error;
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<ConflictRecord | undefined> {
    const { ledger, standing, recent } = this.#options;
    for (let reorgs = 0; reorgs < BRANCHES_PER_STEP; reorgs++) {
      const agreed = standing.agreed?.ref;
      if (!agreed || recent.has(agreed)) return undefined;
      const tip = ledger.position?.tip;
      const { join } = standing.chain;
      // Where the way down is not known, going on tells whether the agreed tip stands on ours.
      const leaves = tip && (join ? join.hash !== tip.hash : agreed.height <= tip.height);
      const branch = leaves
        ? agreed
        : await this.#advance((tip?.height ?? ledger.terms.startHeight - 1) + 1, agreed, signal);
      if (!branch) return undefined;
      const conflict = await this.#reorganizer.leave(branch, signal);
      if (conflict) return conflict;
    }
    return undefined;
  }

  /** @returns a block of the agreed chain that does not stand on our newest block */
  async #advance(from: number, target: BlockRef, signal: AbortSignal): Promise<BlockRef | undefined> {
    const { ledger, obtain, pace } = this.#options;
    await this.#loadTrails();
    const { completer, writer } = this.#makeStages(target.height, signal);
    const closing = new AbortController();
    let last = ledger.position?.tip;
    let apart: FetchedBlock | undefined;
    try {
      const way = this.#plan(from, target, signal, closing.signal);
      const heldBytes = () => completer.heldBytes;
      for await (const block of pipeBlocks({ obtain, ...way, passed: from - 1, pace, heldBytes, signal })) {
        const { ref } = block;
        if (last && ref.parentHash !== last.hash) {
          apart = block;
          break;
        }
        last = ref;
        await completer.push(block);
      }
    } finally {
      closing.abort(new Error("the way is at its end"));
      try {
        await completer.flush();
      } finally {
        await writer.flush();
      }
    }
    if (!apart) return undefined;
    // All that it should stand on is agreed and committed: it is a reorg when this block is agreed, too.
    await this.#confirmObtained(apart, target.height, signal);
    return apart.ref;
  }

  /** Which blocks lead to the target, and what is done about those that were left out. */
  #plan(
    from: number,
    target: BlockRef,
    signal: AbortSignal,
    closing: AbortSignal,
  ): Pick<PipelineOptions, "plan" | "sparse"> {
    const { ledger, nodes, standing, obtain, skips } = this.#options;
    const { ahead } = standing.chain;
    if (!nodes.skipsHeights) {
      const hashes = new Map(ahead.map(({ height, hash }) => [height, hash]));
      return { plan: new DensePlan(from, target.height, (height) => hashes.get(height)) };
    }
    const inner = AbortSignal.any([signal, closing]);
    const plan = new ListedPlan({
      from,
      links: ahead.toReversed(),
      list: async (low, high, without) =>
        await listHeights(nodes, ledger.terms.chain, low, high, { without, target: target.height, signal: inner }),
      onBadList: (node) => node.noteFault(badList(node), "backfill"),
    });
    const confirm = (block: FetchedBlock) => this.#confirmObtained(block, target.height, signal);
    const options = { obtain, plan, skips, confirm };
    return {
      plan,
      sparse: {
        plan,
        fetchLeftOut: (...gap) => fetchLeftOut(options, ...gap, signal),
        isDoubted: (height) => skips.has(height),
      },
    };
  }

  /** What blocks go through on their way from the pipeline into the ledger. */
  #makeStages(target: number, signal: AbortSignal): { completer: BlockCompleter; writer: BatchWriter } {
    const { clock, ledger, decoder, trails, checks, blocks } = this.#options;
    const writer = new BatchWriter({
      clock,
      target,
      confirm: (block) => this.#confirmObtained(block, target, signal),
      commit: async (batch, durable) => {
        await this.#commit(batch, durable);
        completer.noteCommitted((batch.at(-1) as ObtainedBlock).ref.height);
      },
    });
    const completer: BlockCompleter = new BlockCompleter({
      ledger,
      decoder,
      trails,
      checks,
      refuse: (block, failure) => blocks.refuse(block, failure),
      deliver: (block) => writer.push(block),
    });
    return { completer, writer };
  }

  async #loadTrails(): Promise<void> {
    if (!this.#options.trails.areKept) return;
    using view = this.#options.ledger.view();
    await this.#options.trails.load(view);
  }

  /** @throws WrongBranch, HeadwaterError `agreement-insufficient` */
  async #confirmObtained(block: FetchedBlock, target: number, signal: AbortSignal): Promise<void> {
    const { ledger, standing, evidence, clock } = this.#options;
    const { ref } = block;
    const { chain } = ledger.terms;
    // Each of them says that this block is of its chain.
    const shown = block.byHeight ? [block.node, ...(block.alike ?? [])] : [];
    for (const node of shown) standing.noteShown(node, ref);
    const verdict = await this.#confirm(ref, target - ref.height < 2 ? "tip" : "backfill", signal);
    if (verdict.kind === "agreed") return;
    if (verdict.kind === "contradicted") {
      for (const node of shown) {
        node.setCause("forked", true);
        evidence.add(
          {
            kind: "minority-branch",
            at: clock.now(),
            said: [voiceOf(node)],
            against: verdict.against,
            theirs: ref,
            ours: verdict.instead,
          },
          `node ${node.config.name} gave block ${ref.height} ${ref.hash}, enough operators have ${verdict.instead.height} ${verdict.instead.hash} in its place`,
        );
      }
      throw new WrongBranch(chain, block, verdict.instead);
    }
    throw new HeadwaterError(
      "agreement-insufficient",
      `${chain}: block ${ref.height} ${ref.hash} has ${verdict.operators} operators from ${verdict.regions} regions behind it, it needs ${standing.quorum.operators} from ${standing.quorum.regions} (${verdict.why})`,
      { details: { height: ref.height, hash: ref.hash, operators: verdict.operators } },
    );
  }

  async #confirm(ref: BlockRef, work: WorkClass, signal: AbortSignal): Promise<Verdict> {
    const { ledger, nodes, standing, skips } = this.#options;
    return await confirmBlock({ chainId: ledger.terms.chain, nodes, standing, skips, work, signal }, ref);
  }

  async #commit(batch: readonly ObtainedBlock[], durable: boolean): Promise<void> {
    const { ledger, standing, skips, lag, clock, logger } = this.#options;
    const { chain } = ledger.terms;
    const blocks = batch.map(({ sealed }) => sealed);
    const mismatches = await this.#write(blocks, durable);
    const finalized = ledger.position?.finalized ?? null;
    for (const { sealed } of batch) {
      standing.noteIndexed(sealed.ref, finalized);
      skips.settle(sealed.ref);
    }
    lag.noteIndexed((batch.at(-1) as ObtainedBlock).sealed.ref.height, clock.now());
    for (const { account, asset, height, expected, actual } of mismatches) {
      logger.warn(
        { chain, account, asset, height, expected: `${expected}`, actual: `${actual}` },
        "an observed balance contradicts the ledger: this balance is served from nodes",
      );
    }
  }

  async #write(blocks: readonly SealedBlock[], durable: boolean): Promise<readonly Mismatch[]> {
    const { ledger, pending } = this.#options;
    if (!pending) return await ledger.commit(blocks, undefined, durable);
    // Near the target every commit is durable: only these can concern what is pending now.
    await pending.announce(blocks, durable);
    try {
      return await ledger.commit(blocks, undefined, durable);
    } finally {
      pending.withdraw();
    }
  }

  async #markFinality(): Promise<ConflictRecord | undefined> {
    const { chain, ledger, nodes, standing, firewall } = this.#options;
    using view = ledger.view();
    const found = await firewall.check(view);
    if (found) {
      const message = `${ledger.terms.chain}: ${found.said.length} nodes contradict what is final: at height ${found.theirs.height} they have ${found.theirs.hash}, the index ${found.ours?.hash ?? "nothing"}`;
      return { since: found.at, message, evidence: found };
    }
    const marks = await assessFinality(
      {
        rule: chain.info.finality,
        skipsHeights: nodes.skipsHeights,
        nodes: nodes.nodes,
        quorum: standing.quorum,
        heightOf: (node) => standing.heightOf(node),
      },
      view,
    );
    if (isNews(marks.safe, view, "safe") || isNews(marks.finalized, view, "finalized")) await ledger.mark(marks);
    return undefined;
  }
}

function isNews(mark: BlockRef | null, view: LedgerView, which: "safe" | "finalized"): boolean {
  return mark !== null && mark.height > (view.position?.[which]?.height ?? -1);
}
