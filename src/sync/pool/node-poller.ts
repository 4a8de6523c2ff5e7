import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/contracts/logger.ts";
import type { NodeProbe } from "../../core/contracts/plugin.ts";
import { asHeadwaterError, type HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import { FeedWatch } from "./feed-watch.ts";
import { Nap } from "./nap.ts";
import type { NodePool } from "./node-pool.ts";
import { PollPace } from "./poll-pace.ts";
import type { PoolNode } from "./pool-node.ts";

/** What a node can do is looked at again after so long: nodes are upgraded, and a first try may have been unclear. */
const PROBE_INTERVAL_MS = 5 * 60_000;
/** A broken push feed is opened again after so many polls. */
const FEED_RETRY_POLLS = 5;

export type NodePollerOptions = {
  readonly node: PoolNode;
  readonly nodes: NodePool;
  readonly chainId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly canServe: (probe: NodeProbe) => boolean;
  readonly pollMs: number;
  /** How much later than the poll a feed may tell a block. */
  readonly feedGraceMs: number;
  readonly onNews: () => void;
};

/** Asks one node for its tips, again and again, and keeps its push feed open. */
export class NodePoller {
  readonly #options: NodePollerOptions;
  readonly #pace: PollPace;
  readonly #nap: Nap;
  readonly #feedNap: Nap;
  /** The feed that is open, with the way to close it. */
  #feed: { readonly watch: FeedWatch; readonly close: AbortController } | undefined;
  #polledAt = Number.NEGATIVE_INFINITY;
  /** The highest block that others have told. */
  #expected = -1;
  /** Counts pushes, so that a poll knows whether one came while it was under way. */
  #pushes = 0;
  /** Whether it was told that the feed cannot run here at all. */
  #toldUnsupported = false;

  constructor(options: NodePollerOptions) {
    this.#options = options;
    this.#pace = new PollPace(options.pollMs, options.random);
    this.#nap = new Nap(options.clock);
    this.#feedNap = new Nap(options.clock);
  }

  run(signal: AbortSignal): { readonly first: Promise<void>; readonly finished: Promise<unknown> } {
    const first = this.#poll(signal).then(() => undefined);
    const finished = first.then(() => Promise.all([this.#pollOn(signal), this.#feedOn(signal)]));
    return { first, finished };
  }

  /** Some node told a block of this height: this one is asked for it soon, unless its feed will tell. */
  expect(height: number): void {
    const { node, clock } = this.#options;
    if (node.feed === "open" || !node.mayVote || node.hasReached(height)) return;
    this.#expected = height;
    this.#pace.expectNews();
    if (clock.now() - this.#polledAt >= this.#pace.shortestMs) this.#nap.wake();
  }

  async #pollOn(signal: AbortSignal): Promise<void> {
    await this.#nap.sleep(this.#pace.phaseMs(), signal);
    while (!signal.aborted) {
      const succeeded = await this.#poll(signal);
      const { node } = this.#options;
      await this.#nap.sleep(this.#pace.nextMs(node, succeeded, !node.hasReached(this.#expected)), signal);
    }
  }

  async #poll(signal: AbortSignal): Promise<boolean> {
    const { node, nodes, clock, onNews } = this.#options;
    const pushes = this.#pushes;
    this.#polledAt = clock.now();
    let succeeded = false;
    try {
      const probeIsOld = clock.now() - (node.probedAt ?? 0) > PROBE_INTERVAL_MS;
      if (node.probe === undefined || probeIsOld || asksForProbe(node)) await this.#probe(signal);
      const tips = await node.client.fetchTips({ signal, work: "tip", timeoutMs: LIMITS.nodePollTimeoutMs });
      const pushed = node.tips?.tip;
      // A push that came while the poll was under way is newer than its answer.
      const overtaken = pushed && pushes !== this.#pushes && pushed.height > tips.tip.height;
      nodes.noteTips(node, overtaken ? { ...tips, tip: pushed } : tips);
      // That it is no more is for the next probe to say, which knows more than tips do.
      if (tips.syncing) node.setCause("syncing", true);
      node.notePolled();
      this.#checkFeed(tips.tip.height);
      succeeded = true;
    } catch (error) {
      if (signal.aborted) return false;
      node.notePollFailed(asHeadwaterError(error));
    }
    onNews();
    return succeeded;
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { node, chainId, logger, canServe } = this.#options;
    const probe = await node.client.probe({ signal, work: "tip" });
    const wrongChain = probe.chainId !== chainId;
    if (wrongChain && !node.causes.has("wrong-chain")) {
      const message = `node ${node.config.name} serves ${probe.chainId}, expected ${chainId}: it is left out`;
      logger.error({ chain: chainId, node: node.config.name, code: "node-wrong-chain" }, message);
    }
    node.setCause("wrong-chain", wrongChain);
    node.setCause("syncing", probe.syncing);
    node.setCause("cannot-serve-profile", !wrongChain && !canServe(probe));
    node.noteProbe(probe);
  }

  async #feedOn(signal: AbortSignal): Promise<void> {
    const { node, pollMs } = this.#options;
    if (!node.client.watchTips || node.feed === "none") return;
    while (!signal.aborted) {
      const wasSilent = node.mayVote && (await this.#watch(signal));
      // A feed that fell silent is opened again at once: it was the line, more often than not.
      if (!wasSilent) await this.#feedNap.sleep(pollMs * FEED_RETRY_POLLS, signal);
    }
  }

  /** Listens until the feed breaks or falls silent. @returns whether it told something, and then fell silent */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const { node, nodes, feedGraceMs, onNews } = this.#options;
    const feed = { watch: new FeedWatch(feedGraceMs), close: new AbortController() };
    this.#feed = feed;
    let told = false;
    const onTip = (tip: BlockRef) => {
      if (this.#feed !== feed) return;
      told = true;
      this.#pushes++;
      feed.watch.notePush(tip.height);
      node.feed = "open";
      node.setCause("silent-feed", false);
      nodes.notePush(node, tip);
      onNews();
    };
    if (node.feed !== "silent") node.feed = "open";
    try {
      await node.client.watchTips?.(onTip, AbortSignal.any([signal, feed.close.signal]));
    } catch (error) {
      const failure = asHeadwaterError(error);
      if (!signal.aborted) this.#logFailure(failure);
    } finally {
      this.#feed = undefined;
      if (node.feed === "open") node.feed = "closed";
    }
    return told && feed.close.signal.aborted;
  }

  /** Feeds come and go, which their state tells; that one never will is told once for all to see. */
  #logFailure({ code, message }: HeadwaterError): void {
    const { node, chainId, logger } = this.#options;
    const level = code === "unsupported" && !this.#toldUnsupported ? "warn" : "debug";
    this.#toldUnsupported ||= code === "unsupported";
    logger[level]({ chain: chainId, node: node.config.name, code }, message);
  }

  #checkFeed(polledHeight: number): void {
    const { node, clock, chainId, logger } = this.#options;
    if (!this.#feed?.watch.isSilent(polledHeight, clock.now())) return;
    if (!node.causes.has("silent-feed")) {
      const message = `node ${node.config.name}: the push feed is open but silent: it is opened again`;
      logger.warn({ chain: chainId, node: node.config.name }, message);
    }
    node.feed = "silent";
    node.setCause("silent-feed", true);
    this.#feed.close.abort();
  }
}

/** Whether what it is and can do is to be looked at with every poll, because it may have come into order. */
function asksForProbe({ causes }: PoolNode): boolean {
  const probed = ["wrong-chain", "syncing", "unreachable", "cannot-serve-profile"] as const;
  return probed.some((cause) => causes.has(cause));
}
