import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Voice } from "../../../../src/core/contracts/records.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { type Header, HeaderTree } from "../../../../src/sync/agreement/header-tree.ts";
import type { Quorum } from "../../../../src/sync/agreement/quorum.ts";
import { findAgreed, findEquivocations, type Stand, type VoteRules } from "../../../../src/sync/agreement/votes.ts";
import { header } from "../../../support/headers.ts";

function voice(node: string, operator = node, region = "r"): Voice {
  return { node, operator, region };
}

/** A tree in which every operator has shown these headers, and the node stands on them. */
function setUp(headers: readonly BlockRef[], stands: Readonly<Record<string, string>>) {
  const tree = new HeaderTree({ roots: () => [] });
  const made: Stand[] = [];
  for (const ref of headers) tree.prove(ref);
  for (const [node, name] of Object.entries(stands)) {
    const found = tree.find(header(name));
    if (!found) throw new Error(`no header ${name}`);
    made.push({ voice: voice(node, node[0]), header: found });
  }
  return { tree, stands: made };
}

function agreedOn(headers: readonly BlockRef[], at: Readonly<Record<string, string>>, quorum: Quorum, ours?: string) {
  const { tree, stands } = setUp(headers, at);
  const caps = new Map(findEquivocations(tree, stands, quorum).map(({ operator, height }) => [operator, height]));
  const operators = new Set(stands.map(({ voice: { operator } }) => operator)).size;
  return findAgreed({ tree, quorum, operators, caps, isOurs: ({ hash }) => hash === ours }, stands);
}

/** Of three operators in all. */
function rules(tree: HeaderTree, quorum: Quorum, caps: ReadonlyMap<string, number> = new Map()): VoteRules {
  return { tree, quorum, operators: 3, caps, isOurs: () => false };
}

const TRUNK = ["1a", "2a", "3a", "4a", "5a"].map((name) => header(name));
const TWO = { operators: 2, regions: 1 };

describe("the agreed block", () => {
  it("is the highest that enough operators stand on or above", () => {
    expect(agreedOn(TRUNK, { x: "5a", y: "4a", z: "2a" }, TWO)?.header.hash).toBe("4a");
    expect(agreedOn(TRUNK, { x: "5a", y: "4a", z: "2a" }, { operators: 3, regions: 1 })?.header.hash).toBe("2a");
  });

  it("names those behind it, and nobody below", () => {
    const agreed = agreedOn(TRUNK, { x: "5a", y: "4a", z: "2a" }, TWO);
    expect(agreed?.voices.map(({ node }) => node).sort()).toEqual(["x", "y"]);
  });

  it("is where branches meet when none of them has enough", () => {
    const forked = [...TRUNK, header("4b", "3a"), header("5b")];
    expect(agreedOn(forked, { x: "5a", y: "5b" }, TWO)?.header.hash).toBe("3a");
  });

  it("is none when too few have told anything, or no common block is known", () => {
    expect(agreedOn(TRUNK, { x: "5a" }, TWO)).toBeUndefined();
    expect(agreedOn([header("9a"), header("9b")], { x: "9a", y: "9b" }, TWO)).toBeUndefined();
  });

  it("counts an operator once, however many nodes it runs", () => {
    expect(agreedOn(TRUNK, { x1: "5a", x2: "5a", y: "4a" }, TWO)?.header.hash).toBe("4a");
  });

  it("needs as many regions as asked for", () => {
    const tree = new HeaderTree({ roots: () => [] });
    for (const ref of TRUNK) tree.prove(ref);
    const at = (name: string) => tree.find(header(name)) as Header;
    const stands = [
      { voice: voice("x", "x", "east"), header: at("5a") },
      { voice: voice("y", "y", "east"), header: at("5a") },
      { voice: voice("z", "z", "west"), header: at("3a") },
    ];
    expect(findAgreed(rules(tree, { operators: 2, regions: 2 }), stands)?.header.hash).toBe("3a");
  });

  it("does not go below what an operator has shown itself", () => {
    const tree = new HeaderTree({ roots: () => [] });
    for (const name of ["5a", "4a"]) tree.tell(header(name), "x");
    tree.tell(header("4a"), "y");
    tree.tell(header("5a"), "z");
    const at = (name: string) => tree.find(header(name)) as Header;
    const three = { operators: 3, regions: 1 };
    const stands = [
      { voice: voice("x"), header: at("5a") },
      { voice: voice("y"), header: at("4a") },
      { voice: voice("z"), header: at("5a") },
    ];
    expect(findAgreed(rules(tree, three), stands)?.header.hash).toBe("4a");
    // A false word on 5a that one operator told leads nobody else to 4z.
    const poisoned = new HeaderTree({ roots: () => [] });
    poisoned.tell(header("5a", "4z"), "liar");
    poisoned.tell(header("6a"), "x");
    poisoned.tell(header("6a"), "y");
    poisoned.tell(header("4z"), "liar");
    const six = poisoned.find(header("6a")) as Header;
    const honest = [
      { voice: voice("x"), header: six },
      { voice: voice("y"), header: six },
      { voice: voice("liar"), header: poisoned.find(header("4z")) as Header },
    ];
    expect(findAgreed(rules(poisoned, three), honest)).toBeUndefined();
  });

  describe("where less than a majority is enough", () => {
    const forked = [...TRUNK, header("4b", "3a"), header("5b"), header("6b"), header("4c", "3a")];
    const one = { operators: 1, regions: 1 };
    it("is of the branch with more operators, though another is higher", () => {
      expect(agreedOn(forked, { x: "5a", y: "4a", z: "6b" }, one)?.header.hash).toBe("5a");
    });
    it("is ours where as many stand on both, else the higher", () => {
      expect(agreedOn(forked, { x: "5a", z: "6b" }, one, "5a")?.header.hash).toBe("5a");
      expect(agreedOn(forked, { x: "5a", z: "6b" }, one)?.header.hash).toBe("6b");
      expect(agreedOn(forked, { x: "4a", z: "4b" }, one)?.header.hash).toBe("4a");
    });
    it("is of the strongest of three", () => {
      expect(agreedOn(forked, { x: "4c", y: "4b", z: "6b", w: "5a" }, one)?.header.hash).toBe("6b");
    });
  });
});

describe("an operator whose nodes contradict each other", () => {
  const forked = [...TRUNK, header("4b", "3a"), header("5b")];

  it("is found with the lowest height at which they differ", () => {
    const { tree, stands } = setUp(forked, { x1: "5a", x2: "5b", y: "5a" });
    expect(findEquivocations(tree, stands, TWO)).toMatchObject([{ operator: "x", height: 4 }]);
  });

  it("has no vote there, and has it below", () => {
    expect(agreedOn(forked, { x1: "5a", x2: "5b", y: "5a", z: "2a" }, TWO)?.header.hash).toBe("3a");
  });

  it("is not one when a node is merely behind the other, or nothing is known of a common height", () => {
    const { tree, stands } = setUp([...TRUNK, header("9z")], { x1: "5a", x2: "3a", y1: "9z", y2: "5a" });
    expect(findEquivocations(tree, stands, TWO)).toEqual([]);
  });

  it("is found where one branch skips the height of the other's block", () => {
    const { tree, stands } = setUp([...TRUNK, header("6s", "3a")], { x1: "6s", x2: "5a" });
    expect(findEquivocations(tree, stands, TWO)).toMatchObject([{ operator: "x", height: 4 }]);
  });
});

/** Trees of up to 24 blocks, each shown by some operators, with up to three operators of up to two nodes. */
const worlds = fc.record({
  parents: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 24 }),
  shown: fc.array(fc.nat(7), { minLength: 25, maxLength: 25 }),
  places: fc.array(fc.option(fc.nat(1_000), { freq: 4 }), { minLength: 6, maxLength: 6 }),
  operators: fc.integer({ min: 1, max: 3 }),
});

type World = { readonly tree: HeaderTree; readonly refs: readonly BlockRef[]; readonly stands: readonly Stand[] };
const OPERATORS = ["x", "y", "z"];

function build(parents: readonly number[], shown: readonly number[], places: readonly (number | null)[]): World {
  const refs: BlockRef[] = [{ height: 0, hash: "0-0", parentHash: "none", parentHeight: -1, time: 0 }];
  for (const [i, choice] of parents.entries()) {
    const parent = refs[choice % refs.length] as BlockRef;
    const height = parent.height + 1;
    refs.push({ height, hash: `${height}-${i + 1}`, parentHash: parent.hash, parentHeight: parent.height, time: 0 });
  }
  const tree = new HeaderTree({ roots: () => [] });
  for (const [i, ref] of refs.entries()) {
    // Bits: who has shown it. None: the block itself has proven it.
    const who = OPERATORS.filter((_, bit) => ((shown[i] ?? 0) >> bit) & 1);
    if (who.length === 0) tree.prove(ref);
    for (const operator of who) tree.tell(ref, operator);
  }
  const stands = places.flatMap((place, i) => {
    const operator = OPERATORS[i % 3] as string;
    const ref = place === null ? undefined : refs[place % refs.length];
    const found = ref && tree.find(ref);
    return found ? [{ voice: voice(`${operator}${i}`, operator), header: found }] : [];
  });
  return { tree, refs, stands };
}

/** All that a stand stands on, highest first, by the rules alone: with one block more that is known by name only. */
function wayDown({ tree, refs }: World, { voice: { operator }, header: top }: Stand, quorum: number): BlockRef[] {
  const way: BlockRef[] = [];
  for (let at = refs.find(({ hash }) => hash === top.hash); at; ) {
    way.push(at);
    const found = tree.find(at) as Header;
    const known = found.words.some(({ tellers, proven }) => proven || tellers.has(operator) || tellers.size >= quorum);
    const below = at;
    at = known ? refs.find(({ hash }) => hash === below.parentHash) : undefined;
  }
  return way;
}

function contradictions(world: World, quorum: number): Map<string, number> {
  const lowest = new Map<string, number>();
  for (const one of world.stands) {
    for (const other of world.stands) {
      if (one.voice.operator !== other.voice.operator || one.voice.node === other.voice.node) continue;
      for (const a of wayDown(world, one, quorum)) {
        for (const b of wayDown(world, other, quorum)) {
          if (a.height !== b.height || a.hash === b.hash) continue;
          lowest.set(one.voice.operator, Math.min(lowest.get(one.voice.operator) ?? 1_000, a.height));
        }
      }
    }
  }
  return lowest;
}

describe("against a model that goes through everything", () => {
  it("equivocations are the lowest contradictions", () => {
    fc.assert(
      fc.property(worlds, ({ parents, shown, places, operators }) => {
        const world = build(parents, shown, places);
        const quorum = { operators, regions: 1 };
        const found = findEquivocations(world.tree, world.stands, quorum);
        expect(new Map(found.map(({ operator, height }) => [operator, height]))).toEqual(
          contradictions(world, operators),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("the agreed block has the votes, no block above it has, and with a majority no block anywhere higher", () => {
    fc.assert(
      fc.property(worlds, ({ parents, shown, places, operators }) => {
        const world = build(parents, shown, places);
        const caps = contradictions(world, operators);
        const behind = (ref: BlockRef) =>
          new Set(
            world.stands
              .filter((stand) => wayDown(world, stand, operators).some(({ hash }) => hash === ref.hash))
              .map((stand) => stand.voice.operator)
              .filter((operator) => ref.height < (caps.get(operator) ?? 1_000)),
          ).size;
        const quorate = world.refs.filter((ref) => behind(ref) >= operators);
        const agreed = findAgreed(rules(world.tree, { operators, regions: 1 }, caps), world.stands);
        expect(agreed === undefined).toBe(quorate.length === 0);
        if (!agreed) return;
        expect(quorate.map(({ hash }) => hash)).toContain(agreed.header.hash);
        const isAbove = (ref: BlockRef): boolean => {
          for (let at: BlockRef | undefined = ref; at; ) {
            if (at.hash === agreed.header.hash) return true;
            const below: BlockRef = at;
            at = world.refs.find(({ hash }) => hash === below.parentHash);
          }
          return false;
        };
        const higher = quorate.filter(({ height }) => height > agreed.header.height);
        expect(higher.filter(isAbove)).toEqual([]);
        if (operators >= 2) expect(higher).toEqual([]);
        const branches = quorate.filter((ref) => !quorate.some((other) => other.parentHash === ref.hash));
        if (branches.length === 1) expect(agreed.header.hash).toBe(branches[0]?.hash);
      }),
      { numRuns: 500 },
    );
  });
});
