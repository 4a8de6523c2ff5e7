import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { Chain, ChainNode, NodeProbe, NodeTips } from "../../core/contracts/plugin.ts";
import type { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { HttpTransport } from "./http-transport.ts";

/** Why a node is not used, or only in part. All causes must clear before it comes back. */
export type NodeCause = "unreachable" | "wrong-chain" | "syncing" | "cannot-serve-profile" | "contradicts-final";

/** One configured node: its connection and all that is known of it. */
export class PoolNode {
  readonly config: NodeConfig;
  readonly transport: HttpTransport;
  readonly client: ChainNode;
  readonly causes = new Set<NodeCause>();
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

  constructor(config: NodeConfig, chain: Chain) {
    this.config = config;
    this.transport = new HttpTransport(config);
    this.client = chain.connect(this.transport);
  }

  /** Whether its word on tips, finality and balances counts. */
  get usable(): boolean {
    const against = this.causes.size - (this.causes.has("cannot-serve-profile") ? 1 : 0);
    return against === 0 && this.probe !== undefined;
  }

  /** Whether it can give the blocks that the decoding profile needs, too. */
  get servesBlocks(): boolean {
    return this.usable && !this.causes.has("cannot-serve-profile");
  }

  noteTips(tips: NodeTips, now: number): void {
    this.tips = tips;
    this.seenAt = now;
    this.causes.delete("unreachable");
  }

  /** A pushed tip is newer than the last poll's, but says nothing of finality. */
  noteTip(tip: BlockRef, now: number): void {
    this.noteTips({ tip, safe: this.tips?.safe ?? null, finalized: this.tips?.finalized ?? null }, now);
  }

  noteFailure(error: HeadwaterError, now: number): void {
    this.lastError = { text: `${error.code}: ${error.message}`, at: now };
    if (error.code === "node-unreachable" || error.code === "node-timeout") this.causes.add("unreachable");
  }
}
