import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { ConflictRecord } from "../../core/contracts/records.ts";
import type { ChainLedger, LedgerView } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { Obtain } from "../block-pipeline.ts";
import type { LagMeter } from "../lag-meter.ts";
import type { NodePool } from "../pool/node-pool.ts";
import type { Verdict } from "./confirmation.ts";
import type { Firewall } from "./firewall.ts";
import { type ForkPoint, findForkPoint } from "./fork-point.ts";
import { countVoices } from "./quorum.ts";
import type { Standing } from "./standing.ts";

export type ReorganizerOptions = {
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly standing: Standing;
  readonly firewall: Firewall;
  readonly lag: LagMeter;
  readonly obtain: Obtain;
  readonly confirm: (ref: BlockRef, signal: AbortSignal) => Promise<Verdict>;
  /** Every block above the height was taken back. */
  readonly onRollback: (height: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Leaves our branch for the agreed one, down to the block that both share; never at or below what is final. */
export class Reorganizer {
  readonly #options: ReorganizerOptions;

  constructor(options: ReorganizerOptions) {
    this.#options = options;
  }

  /**
   * Takes our blocks back that are not of the agreed chain.
   * @param agreed a block that enough operators stand behind, and that is not ours
   * @returns the conflict, when enough operators contradict what is final here; then nothing is taken back
   * @throws HeadwaterError `agreement-insufficient` and what nodes and store throw: worth another try
   */
  async leave(agreed: BlockRef, signal: AbortSignal): Promise<ConflictRecord | undefined> {
    const { ledger } = this.#options;
    using view = ledger.view();
    const tip = view.position?.tip;
    if (!tip || (await view.block(agreed.hash))) return undefined;
    const fork = await this.#findFork(view, agreed, signal);
    const finalized = view.position?.finalized;
    if (fork.kind === "shared") {
      if (fork.ref.hash === tip.hash) return undefined;
      const lowest = (await view.nearestBlock(fork.ref.height + 1, "above"))?.ref ?? tip;
      if (!this.#isProven(fork.ref)) await this.#assertContradicted(lowest, agreed, signal, fork.theirs);
      await this.#rollback(fork.ref, tip);
      return undefined;
    }
    const ours = finalized ?? (await view.nearestBlock(ledger.terms.startHeight, "above"))?.ref;
    if (!ours) return undefined;
    const verdict = await this.#assertContradicted(ours, agreed, signal);
    if (!finalized) {
      await this.#rollback(null, tip);
      return undefined;
    }
    const { chain } = ledger.terms;
    const evidence = this.#options.firewall.conflict(verdict.instead, ours, verdict.against);
    const message = `${chain}: at height ${ours.height}, where the index holds ${ours.hash} final, ${verdict.against.length} operators have ${verdict.instead.hash}`;
    return { since: this.#options.clock.now(), message, evidence };
  }

  async #findFork(view: LedgerView, agreed: BlockRef, signal: AbortSignal): Promise<ForkPoint> {
    const { nodes, standing, ledger } = this.#options;
    return await findForkPoint(view, agreed, ledger.terms.startHeight, async (below) => {
      const header = standing.tree.find({ height: below.parentHeight, hash: below.parentHash });
      if (header) return standing.tree.bestWord(header);
      const at = { height: below.parentHeight, hash: below.parentHash };
      return await nodes.request((node, call) => node.client.fetchHeader(at, call), {
        work: "tip",
        attempts: LIMITS.blockAttempts,
        signal,
        what: `${ledger.terms.chain}: header ${at.hash} of the branch of ${agreed.hash}`,
      });
    });
  }

  /** Whether the blocks from the agreed one down to the fork were all fetched, so that nothing rests on what was told. */
  #isProven(fork: BlockRef): boolean {
    const { tree, chain } = this.#options.standing;
    if (chain.join?.hash !== fork.hash) return false;
    return chain.ahead.every((ref) => {
      const header = tree.find(ref);
      return header !== undefined && tree.isProven(header);
    });
  }

  /**
   * Headers that lead from an agreed block to where it leaves our chain are told, not proven: before anything is taken back
   * the operators are asked whether our block is really none of theirs. Where it is, the liar is found out.
   * @param theirs the branch's block where it leaves ours, where that is known
   */
  async #assertContradicted(
    ours: BlockRef,
    agreed: BlockRef,
    signal: AbortSignal,
    theirs?: BlockRef,
  ): Promise<Extract<Verdict, { kind: "contradicted" }>> {
    const { ledger, standing } = this.#options;
    // Beyond skipped heights ours may be higher than all that they have.
    const isHigher = theirs !== undefined && ours.height > agreed.height;
    const verdict = isHigher
      ? await this.#confirmInstead(theirs, ours, signal)
      : await this.#options.confirm(ours, signal);
    if (verdict.kind === "contradicted") return verdict;
    const { chain } = ledger.terms;
    if (verdict.kind === "agreed") await this.#prove(agreed, signal);
    const why = verdict.kind === "undecided" ? verdict.why : "they stand behind our block as well";
    throw new HeadwaterError(
      "agreement-insufficient",
      `${chain}: a branch with ${agreed.hash} at height ${agreed.height} leaves the index below ${ours.height} ${ours.hash}, a reorg needs ${standing.quorum.operators} operators from ${standing.quorum.regions} regions that contradict it (${why})`,
      { details: { height: agreed.height, hash: agreed.hash, ours: ours.hash } },
    );
  }

  /** Whether enough operators have a block where ours skips the height: then ours is none of theirs. */
  async #confirmInstead(theirs: BlockRef, ours: BlockRef, signal: AbortSignal): Promise<Verdict> {
    const { confirm, standing } = this.#options;
    const verdict = await confirm(theirs, signal);
    const isPassed = theirs.height > ours.parentHeight && theirs.height < ours.height;
    if (verdict.kind !== "agreed" || !isPassed) {
      return {
        kind: "undecided",
        ...countVoices(standing.voicesBehind(theirs)),
        why: "too few have the branch's block",
      };
    }
    return { kind: "contradicted", instead: theirs, against: standing.voicesBehind(theirs) };
  }

  /** Fetches the blocks of the way down one by one until one of them proves that somebody told a falsehood of its parent. */
  async #prove(agreed: BlockRef, signal: AbortSignal): Promise<void> {
    const { standing, obtain } = this.#options;
    let header = standing.tree.find(agreed);
    for (let proven = 0; header && proven < LIMITS.provenLinks; proven++) {
      const told = standing.tree.bestWord(header);
      if (!standing.tree.isProven(header)) {
        const { ref } = await obtain({ height: header.height, hash: header.hash }, "tip", signal);
        standing.noteProven(ref);
        if (ref.parentHash !== told.parentHash) return;
      }
      header = standing.tree.parentBy(told);
    }
  }

  async #rollback(to: BlockRef | null, tip: BlockRef): Promise<void> {
    const { ledger, standing, lag, onRollback, clock, logger } = this.#options;
    const height = to?.height ?? ledger.terms.startHeight - 1;
    const depth = await ledger.rollback(to);
    standing.noteRollback(height);
    onRollback(height);
    lag.noteTip(tip.height, height, clock.now());
    logger.info(
      { chain: ledger.terms.chain, depth, fork: to?.hash ?? null, left: tip.hash },
      `reorg: ${depth} blocks above ${height} taken back`,
    );
  }
}
