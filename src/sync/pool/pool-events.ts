import type { NodeConfig } from "../../core/contracts/chain-config.ts";
import type { WorkClass } from "../../core/contracts/plugin.ts";
import type { NodeState } from "../../core/contracts/service.ts";
import type { ErrorCode } from "../../core/errors.ts";

/** What calls are measured by: the work they are for, or the regular question for the node's tips. */
export type CallKind = WorkClass | "poll";

/** The node that something happened to. */
export type EventNode = { readonly config: NodeConfig; readonly causes: ReadonlySet<string> };

/** What happens in a pool, for those who count it. Durations in milliseconds. Nothing here may throw. */
export interface PoolEvents {
  /** A call ended; `code` where it failed. Calls that were given up (a hedge's loser, a caller who left) are not told. */
  called(node: EventNode, kind: CallKind, durationMs: number, code: ErrorCode | undefined): void;
  /** What a node gave turned out to be wrong after the call, which was told as one that succeeded. */
  faulted(node: EventNode, code: ErrorCode): void;
  /** A node told a new block `deltaMs` after the first node; `jitterMs` is the change against its delta before. */
  headArrived(node: EventNode, deltaMs: number, jitterMs: number): void;
  stateChanged(node: EventNode, from: NodeState, to: NodeState): void;
  /** A second node was asked because the first was slow. */
  hedged(first: EventNode, second: EventNode): void;
}

export const noPoolEvents: PoolEvents = { called() {}, faulted() {}, headArrived() {}, stateChanged() {}, hedged() {} };
