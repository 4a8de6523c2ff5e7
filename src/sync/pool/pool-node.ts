import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainNode, NodeProbe, NodeTips } from "../../core/contracts/plugin.ts";
import type { NodeWire } from "../../core/contracts/wire.ts";
import type { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { HttpTransport } from "./http-transport.ts";
import { isUsable, mayVote, type NodeCause, type NodeState, stateOf } from "./node-causes.ts";

/** One configured node: its connection and all that is known of it. */
export class PoolNode {
  readonly config: NodeConfig;
  readonly client: ChainNode;
  readonly #transport: HttpTransport;
  readonly #causes = new Set<NodeCause>();
  probe: NodeProbe | undefined;
  /** When it was probed last, milliseconds since the epoch. */
  probedAt: number | undefined;
  tips: NodeTips | undefined;
  /** The newest failure, kept when the node does well again: `at` tells how old it is (milliseconds since the epoch). */
  lastError: { readonly text: string; readonly at: number } | undefined;
  /** When the node last told its tip, milliseconds since the epoch. */
  seenAt: number | undefined;
  /** The highest indexed height at which this node is known to stand on our chain; -1 where it is not known. */
  confirmedHeight = -1;

  constructor(config: NodeConfig, chain: Chain, _openWire?: (node: NodeConfig) => NodeWire) {
    this.config = config;
    this.#transport = new HttpTransport(config);
    this.client = chain.connect(this.#transport);
  }

  /** Why it is not used, or only in part. Changed by `setCause` alone. */
  get causes(): ReadonlySet<NodeCause> {
    return this.#causes;
  }

  get state(): NodeState {
    return stateOf(this.#causes);
  }

  /** Whether its word on tips, finality and balances counts. Lagging, throttled and forked nodes have a voice. */
  get mayVote(): boolean {
    return this.probe !== undefined && mayVote(this.#causes);
  }

  /** Whether it may be asked for what callers want to know. */
  get usable(): boolean {
    return this.probe !== undefined && isUsable(this.#causes);
  }

  /** Whether it can give the blocks that the decoding profile needs, too. */
  get servesBlocks(): boolean {
    return this.usable && !this.#causes.has("cannot-serve-profile");
  }

  /** Sets or clears one cause. Where coming back takes several good probes, a cleared cause stays until they are in. */
  setCause(cause: NodeCause, present: boolean): void {
    if (present) this.#causes.add(cause);
    else this.#causes.delete(cause);
  }

  noteTips(tips: NodeTips, now: number): void {
    this.tips = tips;
    this.seenAt = now;
    this.setCause("unreachable", false);
  }

  /** A pushed tip is newer than the last poll's, but says nothing of finality. */
  noteTip(tip: BlockRef, now: number): void {
    this.noteTips({ tip, safe: this.tips?.safe ?? null, finalized: this.tips?.finalized ?? null }, now);
  }

  noteFailure(error: HeadwaterError, now: number): void {
    this.lastError = { text: `${error.code}: ${error.message}`, at: now };
    if (error.code === "node-unreachable" || error.code === "node-timeout") this.setCause("unreachable", true);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}
