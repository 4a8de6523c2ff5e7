import type { ChainStatus, NodeStatus } from "../core/contracts/service.ts";
import type { BlockRef } from "../core/model.ts";
import { assessSync, type SyncState } from "../core/sync-state.ts";
import { describeMissingQuorum } from "./agreement/missing-quorum.ts";
import { quorumHeardAt } from "./agreement/quorum.ts";
import type { Standing } from "./agreement/standing.ts";
import type { LagMeter } from "./lag-meter.ts";
import type { OperatorRecords } from "./operator-records.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { TipTracker } from "./pool/tip-tracker.ts";

export type StatusSources = {
  readonly nodes: NodePool;
  readonly tracker: TipTracker;
  readonly standing: Standing;
  readonly operator: OperatorRecords;
  readonly lag: LagMeter;
  /** How many agreed blocks there are above one height up to another. */
  readonly blocksBetween: (low: number, high: number) => number;
  readonly expectedIntervalSeconds: number;
  readonly lagTargetSeconds: number;
  readonly lagMaxSeconds: number;
};

/** What the engine itself knows beside its parts. */
export type EngineFacts = {
  readonly indexed: BlockRef | undefined;
  /** Why the chain was stopped for good. */
  readonly conflict: string | undefined;
  /** Why the last step did not succeed. */
  readonly failure: string | undefined;
};

/** Makes what operators are told of one chain, always from the same measurements. */
export class StatusReport {
  readonly #sources: StatusSources;
  #state: SyncState = "unknown";
  /** Enough operators agreed on a block since the start. What an earlier run has committed says nothing of today's nodes. */
  #wasAgreed = false;
  #since: number;

  constructor(sources: StatusSources, now: number) {
    this.#sources = sources;
    this.#since = now;
  }

  make(facts: EngineFacts, now: number): ChainStatus {
    const { nodes, tracker, standing, lag, blocksBetween, expectedIntervalSeconds, lagTargetSeconds, lagMaxSeconds } =
      this.#sources;
    const { indexed } = facts;
    const tip = tracker.best();
    this.#wasAgreed ||= standing.agreed !== undefined;
    const agreed = this.#wasAgreed ? standing.chain.tip : undefined;
    const heardAt = quorumHeardAt(
      nodes.nodes.filter(({ mayVote }) => mayVote),
      standing.quorum,
    );
    const tipAgeSeconds = agreed && (now - agreed.time) / 1000;
    const lagSeconds = lag.lagSeconds(now);
    const lagBlocks = agreed && indexed ? Math.max(0, blocksBetween(indexed.height, agreed.height)) : undefined;
    const state = assessSync({
      conflict: facts.conflict !== undefined,
      agreedHeight: agreed?.height,
      agreedAgeSeconds: tipAgeSeconds,
      indexedHeight: indexed?.height,
      missingBlocks: lagBlocks,
      indexedAgeSeconds: indexed && (now - indexed.time) / 1000,
      lagSeconds,
      idleSeconds: lag.idleSeconds(now),
      quorumSilenceSeconds: heardAt === undefined ? undefined : (now - heardAt) / 1000,
      expectedIntervalSeconds,
      lagTargetSeconds,
      lagMaxSeconds,
    });
    if (state !== this.#state) {
      this.#state = state;
      this.#since = now;
    }
    return {
      state,
      since: this.#since,
      reason: state === "synced" ? null : this.#explain(facts, agreed, tipAgeSeconds),
      lagBlocks: lagBlocks ?? null,
      lagSeconds,
      tipAgeSeconds: tipAgeSeconds === undefined ? null : Math.max(0, tipAgeSeconds),
      tip: tip ? { ...tip, agreement: standing.agreementOf(tip) } : null,
      agreedTip: agreed ? { ...agreed, agreement: standing.agreementOf(agreed) } : null,
    };
  }

  nodes(): NodeStatus[] {
    const { nodes, operator } = this.#sources;
    return nodes.nodes.map((node): NodeStatus => {
      const { name, operator: company, region } = node.config;
      const cordon = operator.cordonOf(name);
      return {
        ...node.measurements(),
        name,
        operator: company,
        region,
        state: node.state,
        causes: [...node.causes],
        lastResort: node.lastResort,
        since: node.since ?? null,
        cordon: cordon ? { since: cordon.since, reason: cordon.reason } : null,
        clientVersion: node.probe?.clientVersion ?? null,
        tip: node.tips?.tip ?? null,
        lagBlocks: node.lag?.blocks ?? null,
        lagSeconds: node.lag?.seconds ?? null,
        lastError: node.lastError?.text ?? null,
        lastErrorAt: node.lastError?.at ?? null,
      };
    });
  }

  #explain(facts: EngineFacts, agreed: BlockRef | undefined, tipAgeSeconds: number | undefined): string {
    if (facts.conflict !== undefined) return facts.conflict;
    const { nodes, standing } = this.#sources;
    const missing = describeMissingQuorum(nodes.nodes, standing);
    if (missing !== undefined) return missing;
    if (facts.failure !== undefined) return facts.failure;
    if (agreed && facts.indexed?.height === agreed.height) {
      return `the newest block that enough operators stand behind is ${Math.round(tipAgeSeconds ?? 0)} s old`;
    }
    return `indexed ${facts.indexed?.height ?? "nothing"} of ${agreed?.height ?? "a chain without an agreed tip"}`;
  }
}
