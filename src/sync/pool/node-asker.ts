import type { Clock } from "../../core/clock.ts";
import type { CallOptions, WorkClass } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { withDeadline } from "./deadline.ts";
import { type Begin, HedgeBudget, hedge } from "./hedge.ts";
import type { HistoryNeed } from "./history-bounds.ts";
import type { PoolEvents } from "./pool-events.ts";
import type { PoolNode } from "./pool-node.ts";
import { type Candidate, choose } from "./selection.ts";
import { Turns } from "./turns.ts";

/** One call to a node. `options` are to be passed on to the node's method: they carry signal and work. */
export type NodeCall<T> = (node: PoolNode, options: CallOptions) => Promise<T>;

export type NodeRequest = {
  /** What is asked, for error texts: `test:one: block 17`. */
  readonly what: string;
  readonly work: WorkClass;
  readonly signal?: AbortSignal;
  /**
   * How long it may take in all, milliseconds. Default: `LIMITS.readDeadlineMs` for a caller's read; other work ends when
   * its attempts are used up, each of which has the request's own timeout.
   */
  readonly deadlineMs?: number;
};

export type PoolRequest = NodeRequest & {
  /** Attempts over all nodes. Default: `LIMITS.requestAttempts`. */
  readonly attempts?: number;
  /** Leaves nodes out, for instance those of one operator. */
  readonly suits?: (node: PoolNode) => boolean;
  /** What of the chain's history is needed: leaves out nodes that have not reached it, or have forgotten it. */
  readonly need?: HistoryNeed;
  /** Whether a second node is asked when the first is slow. Default: true but for backfill. */
  readonly hedge?: boolean;
};

export type NodeAskerOptions = {
  readonly nodes: readonly PoolNode[];
  readonly clock: Clock;
  readonly region: string | undefined;
  readonly random: () => number;
  readonly events: PoolEvents;
};

/** A hedge before this is a waste, and after this no help; and what holds where nothing was measured. Milliseconds. */
const HEDGE_EARLIEST_MS = 50;
const HEDGE_LATEST_MS = 2_000;
const HEDGE_UNMEASURED_MS = 500;
const HEDGE_QUANTILE = 0.95;

/** From such a share of failed and refused calls on a node is asked less. */
const FAILING_SHARE = 0.3;

const NEVER = new AbortController().signal;

type Choosable = Candidate & { readonly node: PoolNode };

/** Asks nodes: chooses one, asks another beside it when it is slow, and after it where the error says that this may help. */
export class NodeAsker {
  readonly #options: NodeAskerOptions;
  readonly #hedges = new HedgeBudget();

  constructor(options: NodeAskerOptions) {
    this.#options = options;
  }

  async ask<T>(call: NodeCall<T>, request: PoolRequest): Promise<T> {
    return await this.#inTime(request, (signal) => this.#inTurns(call, request, signal));
  }

  async askOne<T>(node: PoolNode, call: NodeCall<T>, request: NodeRequest): Promise<T> {
    if (request.work !== "tip" && !node.lastResort && node.breakerState === "open") {
      throw new HeadwaterError(
        "node-unreachable",
        `${request.what}: node ${node.config.name} failed too often and is left alone for a while`,
        { details: { node: node.config.name } },
      );
    }
    return await this.#inTime(request, (signal) => callOnce(node, call, { work: request.work, signal }));
  }

  async #inTime<T>(request: NodeRequest, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { what, signal = NEVER } = request;
    const ms = request.deadlineMs ?? (request.work === "read" ? LIMITS.readDeadlineMs : undefined);
    if (ms === undefined) return await run(signal);
    const late = () => new HeadwaterError("deadline-exceeded", `${what}: no answer within ${ms} ms`);
    return await withDeadline(this.#options.clock, ms, signal, late, run);
  }

  async #inTurns<T>(call: NodeCall<T>, request: PoolRequest, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#options;
    signal.throwIfAborted();
    const turns = new Turns<PoolNode>(request.attempts ?? LIMITS.requestAttempts);
    this.#hedges.noteRequest();
    while (turns.left > 0) {
      const node = this.#choose(turns.open(this.#suited(request)), request.work);
      if (!node) {
        const waitMs = turns.nextRound(this.#suited(request), random());
        if (waitMs === undefined) break;
        await clock.sleep(waitMs, signal);
        continue;
      }
      try {
        return await this.#askHedged(node, call, request, turns, signal);
      } catch (error) {
        signal.throwIfAborted();
        const { retry } = asHeadwaterError(error);
        if (!retry.otherNode && !retry.sameNode) throw error;
      }
    }
    throw exhausted(request.what, turns);
  }

  async #askHedged<T>(
    node: PoolNode,
    call: NodeCall<T>,
    request: PoolRequest,
    turns: Turns<PoolNode>,
    signal: AbortSignal,
  ): Promise<T> {
    const { work } = request;
    const begin = (chosen: PoolNode): Begin<T> => {
      turns.begin(chosen);
      return async (inner) => {
        try {
          return await callOnce(chosen, call, { work, signal: inner });
        } catch (error) {
          // What was given up has failed in nothing.
          if (!inner.aborted) turns.fail(chosen, asHeadwaterError(error));
          throw error;
        }
      };
    };
    if (!(request.hedge ?? work !== "backfill") || this.#options.nodes.length === 1) return await begin(node)(signal);
    const second = () => {
      if (turns.left === 0) return undefined;
      const awake = turns.open(this.#suited(request)).filter((other) => !isResting(other));
      const other = this.#choose(awake, work);
      if (!other || !this.#hedges.take()) return undefined;
      this.#options.events.hedged(node, other);
      return begin(other);
    };
    return await hedge(this.#options.clock, hedgeDelayMs(node, work), signal, begin(node), second);
  }

  /** Nodes that may be asked. Where all of them seem to have forgotten what is needed, that is put to the test. */
  #suited({ suits, need }: PoolRequest): readonly PoolNode[] {
    const suited = this.#options.nodes.filter(
      (node) =>
        node.usable && (suits === undefined || suits(node)) && (need === undefined || node.hasReached(need.height)),
    );
    if (need === undefined) return suited;
    const having = suited.filter((node) => node.covers(need));
    return having.length > 0 ? having : suited;
  }

  #choose(nodes: readonly PoolNode[], work: WorkClass): PoolNode | undefined {
    if (nodes.length <= 1) return nodes[0];
    const { region, random, clock } = this.#options;
    const candidates = nodes.map(
      (node): Choosable => ({
        node,
        isNear: region === undefined || node.config.region === region,
        isImpaired: isImpaired(node),
        isResting: isResting(node),
        latencyMs: () => node.calls.latency(work, 0.5) ?? node.calls.latency("poll", 0.5),
        load: node.load,
        waitMs: node.limiter.delayMs(work, clock.now()),
      }),
    );
    return choose(candidates, random)?.node;
  }
}

function isImpaired(node: PoolNode): boolean {
  const { errorRate, throttleRate } = node.calls.shares();
  return node.causes.has("lagging") || (errorRate ?? 0) + (throttleRate ?? 0) > FAILING_SHARE;
}

function isResting(node: PoolNode): boolean {
  return node.lastResort || node.isPaused || node.breakerState !== "closed";
}

/** A second node is asked when the first is slower than it usually is. */
function hedgeDelayMs(node: PoolNode, work: WorkClass): number {
  const usualMs = node.calls.latency(work, HEDGE_QUANTILE) ?? HEDGE_UNMEASURED_MS;
  return Math.min(Math.max(usualMs, HEDGE_EARLIEST_MS), HEDGE_LATEST_MS);
}

async function callOnce<T>(node: PoolNode, call: NodeCall<T>, options: CallOptions): Promise<T> {
  try {
    return await call(node, options);
  } catch (error) {
    if (!options.signal?.aborted) node.noteFault(asHeadwaterError(error), options.work ?? "read");
    throw error;
  }
}

function exhausted(what: string, { asked, last }: Turns<PoolNode>): HeadwaterError {
  const said = last
    ? `no node could answer after ${asked} attempts; the last said: ${last.message}`
    : "no node is usable";
  return new HeadwaterError("nodes-exhausted", `${what}: ${said}`, {
    ...(last && { cause: last, details: { lastCode: last.code } }),
  });
}
