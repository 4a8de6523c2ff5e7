import type { NodeState } from "../../core/contracts/service.ts";

/** Why a node is not used, or only in part, gravest first. All must clear before it is called healthy again. */
export const NODE_CAUSES = [
  /** An operator's word. */
  "cordoned",
  "wrong-chain",
  /** Set by agreement: its finalized block contradicts ours. */
  "contradicts-final",
  /** Its own finalized block went back or changed. */
  "finality-violation",
  /** Set by agreement: it stands on a branch that a quorum contradicts. */
  "forked",
  "unreachable",
  "syncing",
  /** It cannot give the blocks that the decoding profile needs; all else it can. */
  "cannot-serve-profile",
  /** It asks for fewer requests, or so many failed that it is left alone for a while. */
  "throttled",
  "lagging",
  /** Its push feed is open and tells nothing. The poll tells all that is needed. */
  "silent-feed",
] as const;
export type NodeCause = (typeof NODE_CAUSES)[number];

/** A node of another chain or finality is on another branch than ours, whatever else holds. */
const STATES: Readonly<Record<NodeCause, NodeState>> = {
  cordoned: "cordoned",
  "wrong-chain": "forked",
  "contradicts-final": "forked",
  "finality-violation": "forked",
  forked: "forked",
  unreachable: "unreachable",
  syncing: "syncing",
  "cannot-serve-profile": "healthy",
  throttled: "throttled",
  lagging: "lagging",
  "silent-feed": "healthy",
};

/** How many good polls in a row it takes until a cause that no longer holds is taken away. Others go at once. */
const GOOD_POLLS_TO_RETURN: Partial<Readonly<Record<NodeCause, number>>> = {
  "finality-violation": 10,
  forked: 3,
  unreachable: 3,
  syncing: 3,
};

/** With these a node is not asked for anything, be it the last: what it says is not of our chain, or not wanted. */
const NEVER: readonly NodeCause[] = ["cordoned", "wrong-chain", "contradicts-final", "finality-violation"];
/** With these its word on tips and finality counts for nothing. A forked node has its vote: its branch may win. */
const VOTELESS: readonly NodeCause[] = [...NEVER, "unreachable", "syncing"];
const UNUSABLE: readonly NodeCause[] = [...VOTELESS, "forked"];

/** What operators are told of a node: the gravest of its causes. */
export function stateOf(causes: ReadonlySet<NodeCause>): NodeState {
  for (const cause of NODE_CAUSES) if (causes.has(cause) && STATES[cause] !== "healthy") return STATES[cause];
  return "healthy";
}

/**
 * The causes after something was learnt.
 *
 * @param conditions what holds now
 * @param before the causes until now
 * @param goodPolls how many polls in a row were good since the cause held last. Each cause has a count of its own: a node
 *   that stands on a branch of its own may come back from all else, for its branch may win
 */
export function assessCauses(
  conditions: ReadonlySet<NodeCause>,
  before: ReadonlySet<NodeCause>,
  goodPolls: (cause: NodeCause) => number,
): ReadonlySet<NodeCause> {
  return new Set(
    NODE_CAUSES.filter(
      (cause) => conditions.has(cause) || (before.has(cause) && goodPolls(cause) < (GOOD_POLLS_TO_RETURN[cause] ?? 0)),
    ),
  );
}

/** Whether a cause holds no more, but stays until enough polls were good. */
export function isReturning(conditions: ReadonlySet<NodeCause>, causes: ReadonlySet<NodeCause>): boolean {
  return [...causes].some((cause) => !conditions.has(cause));
}

export function mayVote(causes: ReadonlySet<NodeCause>): boolean {
  return !VOTELESS.some((cause) => causes.has(cause));
}

export function isUsable(causes: ReadonlySet<NodeCause>): boolean {
  return !UNUSABLE.some((cause) => causes.has(cause));
}

/** Whether the node may be asked when there is no better one. */
export function isLastResort(causes: ReadonlySet<NodeCause>): boolean {
  return !NEVER.some((cause) => causes.has(cause));
}
