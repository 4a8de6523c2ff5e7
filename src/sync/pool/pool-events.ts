import type { WorkClass } from "../../core/contracts/plugin.ts";
import type { NodeState } from "../../core/contracts/service.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { PoolNode } from "./pool-node.ts";

/** What calls are measured by: the work they are for, or the regular question for the node's tips. */
export type CallKind = WorkClass | "poll";

/** What happens in a pool, for those who count it. Durations in milliseconds. Nothing here may throw. */
export interface PoolEvents {
  /** A call ended; `code` where it failed. Calls that were given up (a hedge's loser, a caller who left) are not told. */
  called(node: PoolNode, kind: CallKind, durationMs: number, code: ErrorCode | undefined): void;
  /** What a node gave turned out to be wrong after the call, which was told as one that succeeded. */
  faulted(node: PoolNode, code: ErrorCode): void;
  /** A node told a new block `deltaMs` after the first node; `jitterMs` is the change against its delta before. */
  headArrived(node: PoolNode, deltaMs: number, jitterMs: number): void;
  stateChanged(node: PoolNode, from: NodeState, to: NodeState): void;
  /** A second node was asked because the first was slow. */
  hedged(first: PoolNode, second: PoolNode): void;
}

export const noPoolEvents: PoolEvents = { called() {}, faulted() {}, headArrived() {}, stateChanged() {}, hedged() {} };
