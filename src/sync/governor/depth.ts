import type { NodeMeasurements } from "../../core/contracts/service.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Verdict } from "./share.ts";

/** What the pool measures of one node that may be asked for blocks. */
export type NodeLoad = {
  /** Share of its answers that say "fewer, please", 0 to 1; null where too little was asked. */
  readonly throttleRate: number | null;
  /** 95th percentile of its answers with their wait in our own queue, milliseconds; null where too little was asked. */
  readonly latencyMs: number | null;
};

export function loadOf({ throttleRate, latencyMs }: Pick<NodeMeasurements, "throttleRate" | "latencyMs">): NodeLoad {
  return { throttleRate, latencyMs: latencyMs?.p95 ?? null };
}

/** From such a share of refusals fewer blocks are asked ahead; below the other, more. */
const MANY_REFUSALS = 0.05;
const FEW_REFUSALS = 0.01;

/** Blocks that wait longer than this were asked for too early: a quarter of what a request may take. */
const LATE_MS = LIMITS.nodeRequestTimeoutMs / 4;

/** Fewer blocks than this ahead would leave nodes idle between two answers. */
export const LEAST_DEPTH = 4;
const FALL = 0.7;
const RISE_BLOCKS = 4;

/**
 * Whether the nodes take what is asked of them ahead. Judged by the best of them: a node that refuses or is slow is asked
 * less by the pool, and holds up nobody else.
 */
export function assessNodes(nodes: readonly NodeLoad[]): Verdict {
  const refusals = Math.min(1, ...nodes.map(({ throttleRate }) => throttleRate ?? 0));
  const waits = Math.min(Number.POSITIVE_INFINITY, ...nodes.map(({ latencyMs }) => latencyMs ?? 0));
  if (nodes.length === 0) return "hold";
  if (refusals > MANY_REFUSALS || waits > LATE_MS) return "fall";
  return refusals < FEW_REFUSALS && waits < LATE_MS / 2 ? "rise" : "hold";
}

/** How many blocks may be in flight next, `LEAST_DEPTH` to `LIMITS.pipelineBlocks`: it falls fast and rises slowly. */
export function nextDepth(depth: number, verdict: Verdict): number {
  if (verdict === "fall") return Math.max(LEAST_DEPTH, Math.floor(depth * FALL));
  return verdict === "rise" ? Math.min(LIMITS.pipelineBlocks, depth + RISE_BLOCKS) : depth;
}
