import type { Clock } from "../../core/clock.ts";
import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainNode, NodeProbe, NodeTips } from "../../core/contracts/plugin.ts";
import type { NodeMeasurements, NodeState } from "../../core/contracts/service.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import type { ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { ArrivalMeter } from "./arrival-meter.ts";
import { CallMeter, timeCall } from "./call-meter.ts";
import { failureKind } from "./call-outcome.ts";
import { type BreakerState, CircuitBreaker } from "./circuit-breaker.ts";
import { HistoryBounds, type HistoryNeed } from "./history-bounds.ts";
import { type CallFacts, meterClient } from "./metered-client.ts";
import { MeteredTransport } from "./metered-transport.ts";
import { assessCauses, isReturning, isUsable, mayVote, NODE_CAUSES, type NodeCause, stateOf } from "./node-causes.ts";
import type { CallKind, PoolEvents } from "./pool-events.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Lag } from "./reference-head.ts";

/** So many failed polls more than good ones make a node unreachable; one, if it never answered. */
const FAILED_POLLS = 3;
/** A block missing so far below the node's own tip is one that it no longer has. */
const SURELY_PRUNED_BLOCKS = 64;

export type PoolNodeOptions = {
  readonly config: NodeConfig;
  readonly chain: Chain;
  readonly wire: NodeWire;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly events: PoolEvents;
  /** Its causes have changed. */
  readonly onCauses: (node: PoolNode) => void;
};

export type FeedState = NonNullable<NodeMeasurements["feed"]>;

/** One configured node: its connection and all that is known of it. */
export class PoolNode {
  readonly config: NodeConfig;
  /** Every call of it is measured, whoever makes it. */
  readonly client: ChainNode;
  readonly calls: CallMeter;
  readonly arrivals = new ArrivalMeter();
  readonly limiter: RateLimiter;
  readonly #breaker = new CircuitBreaker();
  readonly #history = new HistoryBounds();
  readonly #transport: MeteredTransport;
  readonly #options: PoolNodeOptions;
  readonly #conditions = new Set<NodeCause>();
  #causes: ReadonlySet<NodeCause> = new Set();
  /** Failures that are counted already, so that none is counted twice. */
  readonly #counted = new WeakSet<HeadwaterError>();
  #failedPolls = 0;
  /** By cause, how many polls in a row were good since it held last. */
  readonly #goodPolls = new Map<NodeCause, number>();
  /** When its state changed last, milliseconds since the epoch; undefined while it is `unknown`. */
  since: number | undefined;
  probe: NodeProbe | undefined;
  /** When it was probed last, milliseconds since the epoch. */
  probedAt: number | undefined;
  tips: NodeTips | undefined;
  /** The newest failure, kept when the node does well again: `at` tells how old it is (milliseconds since the epoch). */
  lastError: { readonly code: ErrorCode; readonly text: string; readonly at: number } | undefined;
  /** When the node last told its tip, milliseconds since the epoch. */
  seenAt: number | undefined;
  /** How far it is behind what enough operators have reached; undefined while that is not known. */
  lag: Lag | undefined;
  feed: FeedState;
  /** There is no better node: this one stays in use, whatever its causes are. Set by the pool. */
  lastResort = false;

  constructor(options: PoolNodeOptions) {
    const { config, chain, wire, clock, limiter } = options;
    this.#options = options;
    this.config = config;
    this.limiter = limiter;
    this.calls = new CallMeter(clock);
    this.#transport = new MeteredTransport({ node: config.name, wire, clock, limiter });
    this.client = meterClient(chain.connect(this.#transport), (call, facts) =>
      timeCall(clock, call, facts.signal, (durationMs, error) => this.#noteCall(facts, durationMs, error)),
    );
    this.feed = this.client.watchTips ? "closed" : "none";
  }

  /** Why it is not used, or only in part. Changed by `setCause` alone. */
  get causes(): ReadonlySet<NodeCause> {
    return this.#causes;
  }

  get state(): NodeState {
    return this.probe === undefined && this.#causes.size === 0 ? "unknown" : stateOf(this.#causes);
  }

  /** Whether its word on tips and finality counts. Lagging, throttled and forked nodes have a vote. */
  get mayVote(): boolean {
    return this.probe !== undefined && mayVote(this.#causes);
  }

  /** Whether it may be asked for what callers want to know. */
  get usable(): boolean {
    return this.probe !== undefined && (this.lastResort || isUsable(this.#causes));
  }

  /** Whether it can give the blocks that the decoding profile needs, too. */
  get servesBlocks(): boolean {
    return this.usable && !this.#causes.has("cannot-serve-profile");
  }

  /** It does well again, and has to show it for a few polls more. */
  get isReturning(): boolean {
    return isReturning(this.#conditions, this.#causes);
  }

  /** Requests that wait or are under way, as a share of those that may be under way at once. */
  get load(): number {
    return this.#transport.load;
  }

  /** Whether it asks to be left alone at this moment. */
  get isPaused(): boolean {
    return this.limiter.pauseMs(this.#options.clock.now()) > 0;
  }

  get breakerState(): BreakerState {
    return this.#breaker.state(this.#options.clock.now());
  }

  hasReached(height: number): boolean {
    return (this.tips?.tip.height ?? -1) >= height;
  }

  /** Whether it is not known to have forgotten what is needed. */
  covers(need: HistoryNeed): boolean {
    return this.#history.covers(need, this.#options.clock.now());
  }

  /** Sets or clears one cause. Where coming back takes several good polls, a cleared cause stays until they are in. */
  setCause(cause: NodeCause, present: boolean): void {
    if (present === this.#conditions.has(cause)) return;
    if (present) this.#conditions.add(cause);
    else this.#conditions.delete(cause);
    this.#goodPolls.set(cause, 0);
    this.#assess();
  }

  /** A poll was answered: one step towards coming back. */
  notePolled(): void {
    this.#failedPolls = Math.max(0, this.#failedPolls - 1);
    if (this.#failedPolls < FAILED_POLLS) this.setCause("unreachable", false);
    for (const cause of NODE_CAUSES) {
      this.#goodPolls.set(cause, this.#conditions.has(cause) ? 0 : (this.#goodPolls.get(cause) ?? 0) + 1);
    }
    this.#noteRest();
    this.#assess();
  }

  /** A poll failed. Failures are worked off one by one, so that a node that fails more often than not does not come back. */
  notePollFailed(error: HeadwaterError): void {
    this.#keepError(error);
    if (failureKind(error) === "throttled") return;
    this.#failedPolls = Math.min(this.probe === undefined ? FAILED_POLLS : this.#failedPolls + 1, FAILED_POLLS);
    this.#goodPolls.clear();
    this.setCause("unreachable", this.#failedPolls >= FAILED_POLLS);
  }

  /** The node told its tips, by poll or push. */
  noteTips(tips: NodeTips): void {
    this.tips = tips;
    this.seenAt = this.#options.clock.now();
  }

  /** What the node gave turned out to be wrong after the call. A call's own failures are counted without this. */
  noteFault(error: HeadwaterError, kind: CallKind): void {
    const outcome = failureKind(error);
    if (outcome === "ours" || outcome === "answered" || this.#counted.has(error)) return;
    this.#keepError(error);
    this.calls.failed(kind, 0, error);
    this.#options.events.faulted(this, error.code);
  }

  measurements(): NodeMeasurements {
    const now = this.#options.clock.now();
    return {
      latencyMs: this.calls.latencyMs,
      jitterMs: this.arrivals.jitterMs(now),
      firstSeenDeltaMs: this.arrivals.firstSeenDeltaMs(now),
      ...this.calls.shares(),
      allowedRequestsPerSecond: this.limiter.allowedRate,
      queue: { waiting: this.#transport.waiting, running: this.#transport.running },
      breaker: this.breakerState,
      servesFromHeight: this.#history.from("blocks", now),
      feed: this.feed,
    };
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  #noteCall(facts: CallFacts, durationMs: number, error: HeadwaterError | "given-up" | undefined): void {
    const { kind, need } = facts;
    const now = this.#options.clock.now();
    if (error === "given-up") {
      this.calls.givenUp(kind, durationMs);
      return;
    }
    const outcome = error && failureKind(error);
    if (error === undefined || outcome === "answered") {
      this.#options.events.called(this, kind, durationMs, undefined);
      this.calls.served(kind, durationMs);
      this.limiter.noteServed();
      this.#breaker.succeeded(now);
      if (need && !error) this.#history.noteServed(need, now);
      return;
    }
    this.#options.events.called(this, kind, durationMs, error.code);
    this.calls.failed(kind, durationMs, error);
    if (need && this.#hasForgotten(need, error, facts.isSureToBe ?? true)) this.#history.noteRefused(need, now);
    if (outcome === "ours") return;
    this.#keepError(error);
    // The plugin knows a refusal that comes as a good answer; one that the transport knew is not counted again.
    if (outcome === "throttled") this.limiter.noteThrottled(now);
    if (error.code === "node-timeout") this.limiter.noteTimeout(now);
    if (outcome === "failed") this.#breaker.failed(now);
    else this.#breaker.succeeded(now);
    this.#noteRest();
  }

  #keepError(error: HeadwaterError): void {
    this.#counted.add(error);
    this.lastError = { code: error.code, text: `${error.code}: ${error.message}`, at: this.#options.clock.now() };
  }

  #noteRest(): void {
    this.setCause("throttled", this.isPaused || this.breakerState !== "closed");
  }

  #hasForgotten(need: HistoryNeed, error: HeadwaterError, isSureToBe: boolean): boolean {
    if (error.code === "node-history-pruned") return true;
    const tip = this.tips?.tip.height ?? -1;
    return isSureToBe && error.code === "node-block-missing" && need.height < tip - SURELY_PRUNED_BLOCKS;
  }

  #assess(): void {
    const before = this.state;
    const causes = assessCauses(this.#conditions, this.#causes, (cause) => this.#goodPolls.get(cause) ?? 0);
    if (causes.size === this.#causes.size && [...causes].every((cause) => this.#causes.has(cause))) return;
    this.#causes = causes;
    this.#options.onCauses(this);
    const after = this.state;
    if (before !== after) this.#enter(before, after);
  }

  #enter(before: NodeState, after: NodeState): void {
    this.since = this.#options.clock.now();
    this.#options.events.stateChanged(this, before, after);
  }

  /** It was asked for the first time what it is and can. */
  noteProbe(probe: NodeProbe): void {
    const before = this.state;
    this.probe = probe;
    this.probedAt = this.#options.clock.now();
    this.#options.onCauses(this);
    if (before === "unknown") this.#enter(before, this.state);
  }
}
