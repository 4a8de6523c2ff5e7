/** Why a node is not used, or only in part. All causes must clear before it is called healthy again. */
export const NODE_CAUSES = [
  "cordoned",
  "wrong-chain",
  "contradicts-final",
  "finality-violation",
  "forked",
  "unreachable",
  "syncing",
  "cannot-serve-profile",
  "throttled",
  "lagging",
  "silent-feed",
] as const;
export type NodeCause = (typeof NODE_CAUSES)[number];

/** What operators are told of a node: the gravest of its causes. */
export const NODE_STATES = ["healthy", "lagging", "forked", "syncing", "unreachable", "throttled", "cordoned"] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Gravest first. A node of another chain or finality is on another branch than ours, whatever else holds. */
const STATE_OF: readonly (readonly [NodeCause, NodeState])[] = [
  ["cordoned", "cordoned"],
  ["wrong-chain", "forked"],
  ["contradicts-final", "forked"],
  ["finality-violation", "forked"],
  ["forked", "forked"],
  ["unreachable", "unreachable"],
  ["syncing", "syncing"],
  ["throttled", "throttled"],
  ["lagging", "lagging"],
];

export function stateOf(causes: ReadonlySet<NodeCause>): NodeState {
  return STATE_OF.find(([cause]) => causes.has(cause))?.[1] ?? "healthy";
}

/** Causes with which a node's word on tips and finality counts for nothing. */
const VOTELESS: readonly NodeCause[] = [
  "cordoned",
  "wrong-chain",
  "contradicts-final",
  "finality-violation",
  "unreachable",
  "syncing",
];

/** Causes with which a node is asked for nothing, unless it is the last. */
const UNUSABLE: readonly NodeCause[] = [...VOTELESS, "forked"];

export function mayVote(causes: ReadonlySet<NodeCause>): boolean {
  return !VOTELESS.some((cause) => causes.has(cause));
}

export function isUsable(causes: ReadonlySet<NodeCause>): boolean {
  return !UNUSABLE.some((cause) => causes.has(cause));
}
