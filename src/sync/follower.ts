import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlockRef } from "../core/model.ts";
import { assessFinality, contradictingFinal } from "./agreement/finality.ts";
import { findForkPoint } from "./agreement/fork-point.ts";
import { countVoices, isQuorate } from "./agreement/quorum.ts";
import type { RecentChain } from "./agreement/recent-chain.ts";
import type { Standing } from "./agreement/standing.ts";
import { type Obtain, type ObtainedBlock, pipeBlocks } from "./block-pipeline.ts";
import type { LagMeter } from "./lag-meter.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { TipTracker } from "./pool/tip-tracker.ts";

export type FollowerOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly tracker: TipTracker;
  readonly recent: RecentChain;
  readonly standing: Standing;
  readonly lag: LagMeter;
  readonly obtain: Obtain;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Within so many blocks of the target every commit is made durable; further behind the import's speed matters more. */
const DURABLE_DISTANCE = 8;

/**
 * Brings one chain's ledger to the tip and keeps it there: backfill and following are the same way of a block. One step
 * at a time; a step that throws leaves the ledger at its last commit.
 */
export class Follower {
  readonly #options: FollowerOptions;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /**
   * One step: blocks up to the best tip, or a reorg, then finality.
   * @throws HeadwaterError `finality-conflict` when the chain must stop; others are worth another step
   */
  async step(signal: AbortSignal): Promise<void> {
    const { ledger, tracker, standing } = this.#options;
    const target = tracker.best();
    if (!target) return;
    const next = (ledger.position?.tip.height ?? ledger.terms.startHeight - 1) + 1;
    if (target.height >= next) await this.#advance(next, target.height, signal);
    else if (standing.alone) await this.#reorganize(target, signal);
    await this.#markFinality();
  }

  async #advance(from: number, to: number, signal: AbortSignal): Promise<void> {
    const { ledger } = this.#options;
    const writer = new BatchWriter(this.#options, to);
    let last = ledger.position?.tip;
    let branch: BlockRef | undefined;
    try {
      for await (const block of pipeBlocks(this.#options.obtain, from, to, signal)) {
        const { ref } = block.sealed;
        if (last && ref.parentHash !== last.hash) {
          branch = ref;
          break;
        }
        last = ref;
        await writer.push(block);
      }
    } finally {
      await writer.flush();
    }
    if (branch) await this.#reorganize(branch, signal);
  }

  /** Leaves our branch for another, when enough operators stand on a block of it. */
  async #reorganize(branch: BlockRef, signal: AbortSignal): Promise<void> {
    const { ledger, nodes, recent, standing, logger, lag } = this.#options;
    await this.#confirmBranch(branch, signal);
    const fetchHeader = (at: { hash: string; height?: number } | { height: number }) =>
      nodes.request((node, call) => node.client.fetchHeader(at, call), {
        work: "tip",
        attempts: LIMITS.blockAttempts,
        signal,
        what: `${ledger.terms.chain}: a header of the branch of ${branch.hash}`,
      });
    using view = ledger.view();
    const fork = await findForkPoint(view, branch, ledger.terms.startHeight, fetchHeader);
    const left = view.position?.tip;
    if (!left || left.hash === fork.hash) return;
    await ledger.rollback(fork);
    recent.truncate(fork.height);
    standing.noteRollback(fork.height);
    lag.noteTip(branch.height, fork.height, this.#options.clock.now());
    logger.info(
      { chain: ledger.terms.chain, depth: left.height - fork.height, fork: fork.hash, left: left.hash },
      `reorg: ${left.height - fork.height} blocks above ${fork.height} taken back`,
    );
  }

  async #confirmBranch(branch: BlockRef, signal: AbortSignal): Promise<void> {
    const { nodes, standing, ledger } = this.#options;
    const usable = nodes.nodes.filter((node) => node.usable);
    const headers = await Promise.allSettled(
      usable.map((node) => node.client.fetchHeader({ height: branch.height }, { signal, work: "tip" })),
    );
    const behind = usable.filter((_, i) => {
      const header = headers[i];
      return header?.status === "fulfilled" && header.value.hash === branch.hash;
    });
    const voices = countVoices(behind);
    const { quorum } = standing;
    if (isQuorate(voices, quorum)) return;
    throw new HeadwaterError(
      "agreement-insufficient",
      `${ledger.terms.chain}: a branch with ${branch.hash} at height ${branch.height} has ${voices.operators} operators from ${voices.regions} regions behind it, a reorg needs ${quorum.operators} from ${quorum.regions}`,
      { details: { height: branch.height, hash: branch.hash, ...voices, required: quorum.operators } },
    );
  }

  async #markFinality(): Promise<void> {
    const { chain, ledger, nodes, standing } = this.#options;
    using view = ledger.view();
    const against = await contradictingFinal(nodes.nodes, view);
    for (const node of against) node.setCause("contradicts-final", true);
    const voices = countVoices(against);
    if (isQuorate(voices, standing.quorum)) {
      throw new HeadwaterError(
        "finality-conflict",
        `${ledger.terms.chain}: ${voices.operators} operators call blocks final that contradict ours at or below height ${view.position?.finalized?.height}`,
        { details: { operators: voices.operators, nodes: against.map(({ config }) => config.name) } },
      );
    }
    const marks = await assessFinality(chain.info.finality, nodes.nodes, standing.quorum, view);
    const { position } = view;
    const higher = (mark: BlockRef | null, known: BlockRef | null | undefined) =>
      mark !== null && mark.height > (known?.height ?? -1);
    if (higher(marks.safe, position?.safe) || higher(marks.finalized, position?.finalized)) await ledger.mark(marks);
  }
}

/**
 * Groups blocks into commits: while one is written the next gathers, so the batch is as large as the store is slow. Far
 * from the target it gathers for a moment in any case: accounts come again and again, and each is written once a batch.
 */
class BatchWriter {
  readonly #options: FollowerOptions;
  readonly #target: number;
  #batch: ObtainedBlock[] = [];
  #movements = 0;
  #gatheringSince = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: FollowerOptions, target: number) {
    this.#options = options;
    this.#target = target;
  }

  async push(block: ObtainedBlock): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const now = this.#options.clock.now();
    if (this.#batch.length === 0) this.#gatheringSince = now;
    this.#batch.push(block);
    this.#movements += block.sealed.changes.movements;
    const full = this.#batch.length >= LIMITS.commitBlocks || this.#movements >= LIMITS.commitMovements;
    if (this.#writing && full) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
    const near = this.#target - block.sealed.ref.height < DURABLE_DISTANCE;
    const gathered = full || near || now - this.#gatheringSince >= LIMITS.commitGatherMs;
    if (!this.#writing && gathered) this.#start();
  }

  /** Resolves when all that was pushed is committed. @throws the first failure of a commit */
  async flush(): Promise<void> {
    while (this.#writing || (this.#batch.length > 0 && this.#failure === undefined)) {
      if (!this.#writing) this.#start();
      await this.#writing;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#movements = 0;
    this.#writing = this.#commit(batch).then(
      () => {
        this.#writing = undefined;
      },
      (error: unknown) => {
        this.#writing = undefined;
        this.#failure ??= error;
      },
    );
  }

  async #commit(batch: readonly ObtainedBlock[]): Promise<void> {
    const { ledger, recent, standing, lag, nodes, clock, logger } = this.#options;
    const tip = (batch.at(-1) as ObtainedBlock).sealed.ref;
    const mismatches = await ledger.commit(
      batch.map(({ sealed }) => sealed),
      undefined,
      this.#target - tip.height < DURABLE_DISTANCE,
    );
    for (const { sealed, node } of batch) {
      recent.append(sealed.ref);
      standing.noteServed(node, sealed.ref.height);
    }
    for (const node of nodes.nodes) standing.noteTips(node);
    lag.noteIndexed(tip.height, clock.now());
    for (const { account, asset, height, expected, actual } of mismatches) {
      logger.warn(
        { chain: ledger.terms.chain, account, asset, height, expected: `${expected}`, actual: `${actual}` },
        "an observed balance contradicts the ledger: this balance is served from nodes",
      );
    }
  }
}
