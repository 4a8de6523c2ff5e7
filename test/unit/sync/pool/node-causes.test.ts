import { describe, expect, it } from "vitest";
import type { NodeState } from "../../../../src/core/contracts/service.ts";
import {
  assessCauses,
  isLastResort,
  isUsable,
  mayVote,
  NODE_CAUSES,
  type NodeCause,
  stateOf,
} from "../../../../src/sync/pool/node-causes.ts";

const set = (...causes: NodeCause[]) => new Set(causes);

describe("what a cause means", () => {
  type Meaning = [cause: NodeCause, state: NodeState, votes: boolean, usable: boolean, lastResort: boolean];
  const meanings: Meaning[] = [
    ["cordoned", "cordoned", false, false, false],
    ["wrong-chain", "forked", false, false, false],
    ["contradicts-final", "forked", false, false, false],
    ["finality-violation", "forked", false, false, false],
    ["forked", "forked", true, false, true],
    ["unreachable", "unreachable", false, false, true],
    ["syncing", "syncing", false, false, true],
    ["cannot-serve-profile", "healthy", true, true, true],
    ["throttled", "throttled", true, true, true],
    ["lagging", "lagging", true, true, true],
    ["silent-feed", "healthy", true, true, true],
  ];

  it.each(meanings)("%s: state %s, vote %s, usable %s, last resort %s", (cause, state, votes, usable, lastResort) => {
    expect([stateOf, mayVote, isUsable, isLastResort].map((ask) => ask(set(cause)))).toEqual([
      state,
      votes,
      usable,
      lastResort,
    ]);
  });

  it("is written down for every cause", () => {
    expect(meanings.map(([cause]) => cause)).toEqual([...NODE_CAUSES]);
  });

  it("is nothing where there is none", () => {
    expect([stateOf(set()), mayVote(set()), isUsable(set())]).toEqual(["healthy", true, true]);
  });

  it.each([
    [["lagging", "throttled"], "throttled"],
    [["throttled", "syncing"], "syncing"],
    [["syncing", "unreachable"], "unreachable"],
    [["unreachable", "forked"], "forked"],
    [["forked", "cordoned"], "cordoned"],
    [["silent-feed", "lagging"], "lagging"],
  ] as [NodeCause[], NodeState][])("of %s the gravest is the state: %s", (causes, state) => {
    expect(stateOf(set(...causes))).toBe(state);
  });
});

describe("coming back", () => {
  const needed: Partial<Record<NodeCause, number>> = {
    "finality-violation": 10,
    forked: 3,
    unreachable: 3,
    syncing: 3,
  };

  it.each(NODE_CAUSES.map((cause) => [cause, needed[cause] ?? 0] as const))(
    "from %s takes %i good polls",
    (cause, polls) => {
      for (let good = 0; good < polls; good++) expect(assessCauses(set(), set(cause), () => good)).toEqual(set(cause));
      expect(assessCauses(set(), set(cause), () => polls)).toEqual(set());
    },
  );

  it("takes all causes to clear", () => {
    expect(assessCauses(set("lagging"), set("lagging", "unreachable"), () => 3)).toEqual(set("lagging"));
  });

  it("from one cause is not held up by another, lest nobody be left to vote on whose branch is right", () => {
    const goodPolls = (cause: NodeCause) => (cause === "finality-violation" ? 10 : 0);
    expect(assessCauses(set("forked"), set("forked", "finality-violation"), goodPolls)).toEqual(set("forked"));
  });

  it("is no matter for a cause that was never there", () => {
    expect(assessCauses(set("forked"), set(), () => 0)).toEqual(set("forked"));
    expect(assessCauses(set(), set(), () => 0)).toEqual(set());
  });
});
