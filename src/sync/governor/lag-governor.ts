import type { Clock } from "../../core/clock.ts";
import type { LoadGauge, MetricRegistry } from "../../core/contracts/metrics.ts";
import type { WorkClass } from "../../core/contracts/plugin.ts";
import type { ChainStatus } from "../../core/contracts/service.ts";
import { LIMITS } from "../../core/limits.ts";
import { assessNodes, type NodeLoad, nextDepth } from "./depth.ts";
import { GOVERNOR_METRICS } from "./metrics.ts";
import { assessLoad, nextShare } from "./share.ts";
import { allowsWork } from "./work-classes.ts";

export type LagGovernorOptions = {
  readonly chain: string;
  readonly clock: Clock;
  readonly load: LoadGauge;
  readonly metrics: MetricRegistry;
  readonly lag: { readonly targetSeconds: number; readonly maxSeconds: number };
  /** Nodes that may be asked for blocks, as measured. */
  readonly nodes: () => readonly NodeLoad[];
};

/** How often the pace is judged anew: as often as the load gauge has a window more. */
const JUDGE_EVERY_MS = 1_000;
/** What is measured looks back over two windows. Before that has passed, the last fall's effect cannot be seen. */
const FALL_AGAIN_AFTER_MS = 2_000;
/** A rest shorter than timers are exact is saved up; a longer one is cut, so that a change of the pace is soon felt. */
const REST_AT_LEAST_MS = 5;
const REST_AT_MOST_MS = 1_000;

/** How fast a chain may catch up. What the pipeline asks for with every block. */
export interface CatchUpPace {
  /** Blocks in flight: asked for and not yet committed. */
  readonly depth: number;
  /** To be awaited between two blocks of backfill. Resolves at once where nobody has to be spared. */
  rest(signal: AbortSignal): Promise<void>;
  /** Catching up begins or goes on: the time since the last block was not spent on it. */
  resume(): void;
}

/**
 * Gives out the process's and the nodes' time to one chain (DESIGN, section 8). How far blocks are asked ahead follows what
 * nodes bear; what share of the time goes into catching up follows how long the API's callers wait and whether another
 * chain's tip does. Both fall fast and rise slowly, from all that there is: without callers, and with nodes that
 * bear it, nothing is slowed.
 */
export class LagGovernor implements CatchUpPace {
  readonly #options: LagGovernorOptions;
  #depth: number = LIMITS.pipelineBlocks;
  #share = 1;
  #judgedAt: number;
  #depthFellAt = Number.NEGATIVE_INFINITY;
  #shareFellAt = Number.NEGATIVE_INFINITY;
  #workingSince: number;
  #owedMs = 0;

  constructor(options: LagGovernorOptions) {
    const { clock, chain, metrics } = options;
    this.#options = options;
    this.#judgedAt = clock.now();
    this.#workingSince = clock.now();
    const depth = metrics.gauge(GOVERNOR_METRICS.depth);
    const share = metrics.gauge(GOVERNOR_METRICS.share);
    metrics.onScrape(() => {
      depth.set({ chain }, this.#depth);
      share.set({ chain }, this.#share);
    });
  }

  get depth(): number {
    this.#judge();
    return this.#depth;
  }

  /** The share of the time that goes into catching up, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  async rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#judge();
    const workedMs = Math.max(0, clock.now() - this.#workingSince);
    this.#owedMs = Math.min(REST_AT_MOST_MS, this.#owedMs + (workedMs * (1 - this.#share)) / this.#share);
    if (this.#share === 1) this.#owedMs = 0;
    if (this.#owedMs >= REST_AT_LEAST_MS) {
      const restMs = this.#owedMs;
      this.#owedMs = 0;
      await clock.sleep(restMs, signal);
    }
    this.#workingSince = clock.now();
  }

  resume(): void {
    this.#workingSince = this.#options.clock.now();
    this.#owedMs = 0;
  }

  allows(work: WorkClass, { state, lagSeconds }: Pick<ChainStatus, "state" | "lagSeconds">): boolean {
    this.#judge();
    const lagTargetSeconds = this.#options.lag.targetSeconds;
    return allowsWork(work, { state, lagSeconds, lagTargetSeconds, atEase: this.#share === 1 });
  }

  /**
   * Tells the other chains of this process whether this one's tip waits, so that their backfill gives way. Only a chain that
   * is close to its tip is helped by that, and only for a while: one whose lag is over its maximum has another trouble.
   */
  noteStatus({ lagSeconds, lagBlocks }: Pick<ChainStatus, "lagSeconds" | "lagBlocks">): void {
    const { chain, load, lag } = this.#options;
    const close = lagBlocks !== null && lagBlocks > 0 && lagBlocks <= LIMITS.pipelineBlocks;
    load.noteTipWaits(chain, close && lagSeconds > lag.targetSeconds && lagSeconds <= lag.maxSeconds);
  }

  #judge(): void {
    const { clock, chain, load, nodes } = this.#options;
    const now = clock.now();
    if (now - this.#judgedAt < JUDGE_EVERY_MS) return;
    this.#judgedAt = now;
    const ofNodes = assessNodes(nodes());
    if (ofNodes !== "fall") this.#depth = nextDepth(this.#depth, ofNodes);
    else if (now - this.#depthFellAt >= FALL_AGAIN_AFTER_MS) {
      this.#depthFellAt = now;
      this.#depth = nextDepth(this.#depth, ofNodes);
    }
    const ofLoad = assessLoad({ apiLatencyMs: load.apiLatencyMs(), tipWaits: load.tipWaits(chain) });
    if (ofLoad !== "fall") this.#share = nextShare(this.#share, ofLoad);
    else if (now - this.#shareFellAt >= FALL_AGAIN_AFTER_MS) {
      this.#shareFellAt = now;
      this.#share = nextShare(this.#share, ofLoad);
    }
  }
}
