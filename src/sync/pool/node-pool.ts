import type { Clock } from "../../core/clock.ts";
import type { ChainConfig, NodeConfig } from "../../core/contracts/chain-config.ts";
import { type Logger, silentLogger } from "../../core/contracts/logger.ts";
import type { Chain, NodeTips } from "../../core/contracts/plugin.ts";
import type { NodeState } from "../../core/contracts/service.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import type { BlockRef } from "../../core/model.ts";
import { HeadWatch } from "./head-watch.ts";
import { HttpWire } from "./http-wire.ts";
import { NodeAsker, type NodeCall, type NodeRequest, type PoolRequest } from "./node-asker.ts";
import { isLastResort, isUsable } from "./node-causes.ts";
import { type EventNode, noPoolEvents, type PoolEvents } from "./pool-events.ts";
import { PoolNode } from "./pool-node.ts";
import type { RateBudgets } from "./rate-budgets.ts";
import { RateLimiter } from "./rate-limiter.ts";

export type NodePoolOptions = {
  readonly config: ChainConfig;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** The region of this replica, whose nodes are preferred. */
  readonly region?: string;
  /** What nodes share with others of their operator. */
  readonly budgets?: RateBudgets;
  /** Numbers from 0 (included) to 1 (excluded). Default: Math.random. */
  readonly random?: () => number;
  /** Default: over HTTP and websocket. */
  readonly openWire?: (node: NodeConfig) => NodeWire;
  readonly events?: PoolEvents;
  /** How many blocks there are above one height up to another, where heights may be skipped. Default: one each. */
  readonly blocksBetween?: (low: number, high: number) => number;
};

/** The nodes of one chain: knows how each does, chooses whom to ask, and asks another where that may help. */
export class NodePool {
  readonly nodes: readonly PoolNode[];
  readonly #options: NodePoolOptions;
  readonly #logger: Logger;
  readonly #asker: NodeAsker;
  readonly #heads: HeadWatch;

  constructor(options: NodePoolOptions) {
    const { config, chain, clock, region, random = Math.random } = options;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    const told = options.events ?? noPoolEvents;
    const events: PoolEvents = {
      called: (...what) => told.called(...what),
      faulted: (...what) => told.faulted(...what),
      headArrived: (...what) => told.headArrived(...what),
      hedged: (...what) => told.hedged(...what),
      stateChanged: (node, from, to) => {
        this.#logState(node, from, to);
        told.stateChanged(node, from, to);
      },
    };
    this.nodes = config.nodes.map((node) => this.#open(node, chain, events));
    this.#asker = new NodeAsker({ nodes: this.nodes, clock, region, random, events });
    this.#heads = new HeadWatch({
      nodes: this.nodes,
      clock,
      events,
      requiredOperators: config.agreement.operators ?? Math.floor(this.operators / 2) + 1,
      expectedIntervalMs: chain.info.expectedIntervalMs,
      ...(options.blocksBetween && { blocksBetween: options.blocksBetween }),
    });
  }

  /** Whether there may be heights without a block. */
  get skipsHeights(): boolean {
    return this.nodes.some(({ client }) => client.listHeights !== undefined);
  }

  get operators(): number {
    return new Set(this.nodes.map(({ config }) => config.operator)).size;
  }

  /**
   * Asks one node, by health, region, latency and chance; another one beside it when it is slower than usual, unless the
   * work is backfill; and another, or the same a little later, where the error says that this may help. Calls must be
   * safe to make more than once.
   *
   * @throws HeadwaterError `nodes-exhausted` with the last error as its cause, `deadline-exceeded`, or the error of a call
   *   that no node can mend; the signal's reason when it aborts
   */
  async request<T>(call: NodeCall<T>, request: PoolRequest): Promise<T> {
    return await this.#asker.ask(call, request);
  }

  /**
   * Asks one given node once, whatever its state.
   * @throws what the call throws; `deadline-exceeded`; `node-unreachable` without asking where the node failed so often
   *   that it is left alone, unless the work is for the tip
   */
  async requestFrom<T>(node: PoolNode, call: NodeCall<T>, request: NodeRequest): Promise<T> {
    return await this.#asker.askOne(node, call, request);
  }

  /** A node told its tips. */
  noteTips(node: PoolNode, tips: NodeTips): void {
    node.noteTips(tips);
    this.#heads.noteHead(node);
  }

  /** A node pushed a new tip: newer than the last poll's, but it says nothing of finality. */
  notePush(node: PoolNode, tip: BlockRef): void {
    this.noteTips(node, { tip, safe: node.tips?.safe ?? null, finalized: node.tips?.finalized ?? null });
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  #open(config: NodeConfig, chain: Chain, events: PoolEvents): PoolNode {
    const { clock, budgets, openWire = (node) => new HttpWire(node) } = this.#options;
    const shared = budgets?.of(config.operator);
    const limiter = new RateLimiter({
      now: clock.now(),
      ...(config.requestsPerSecond !== undefined && { ceiling: config.requestsPerSecond }),
      ...(shared && { shared }),
    });
    const onCauses = () => this.#markLastResorts();
    return new PoolNode({ config, chain, wire: openWire(config), clock, limiter, events, onCauses });
  }

  /** Where no node is left that may be used, those that are the least bad stay in use: the ones that answer, if any does. */
  #markLastResorts(): void {
    const known = this.nodes.filter(({ probe }) => probe !== undefined);
    const someUsable = known.some(({ causes }) => isUsable(causes));
    const eligible = someUsable ? [] : known.filter(({ causes }) => isLastResort(causes));
    const answering = eligible.filter(({ causes }) => !causes.has("unreachable"));
    const last = answering.length > 0 ? answering : eligible;
    for (const node of this.nodes) node.lastResort = last.includes(node);
  }

  #logState(node: EventNode, from: NodeState, to: NodeState): void {
    const { name: nodeName, operator, region } = node.config;
    const facts = {
      chain: this.#options.config.id,
      node: nodeName,
      operator,
      region,
      from,
      to,
      causes: [...node.causes],
    };
    const why = node.causes.size > 0 ? ` (${[...node.causes].join(", ")})` : "";
    const message = `node ${nodeName}: ${from} → ${to}${why}`;
    if (to === "healthy") this.#logger.info(facts, message);
    else this.#logger.warn(facts, message);
  }
}
