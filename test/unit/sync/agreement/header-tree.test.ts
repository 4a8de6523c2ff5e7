import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderTree } from "../../../../src/sync/agreement/header-tree.ts";
import { header } from "../../../support/headers.ts";

const plain = (capacity?: number) => new HeaderTree({ roots: () => [], ...(capacity !== undefined && { capacity }) });

describe("the words on a header", () => {
  it("are shared where operators tell the same", () => {
    const tree = plain();
    const one = tree.tell(header("7a"), "x");
    expect(tree.tell(header("7a"), "y")).toBe(one);
    expect(one?.words).toHaveLength(1);
    expect(tree.size).toBe(1);
  });

  it("are kept apart where they do not, and only the operator's own moves its vote", () => {
    const tree = plain();
    tree.tell(header("7a", "6z"), "liar");
    const seven = tree.tell(header("7a"), "x");
    if (!seven) throw new Error("the header was not taken");
    expect(tree.wordFor(seven, "liar", 2)?.parentHash).toBe("6z");
    expect(tree.wordFor(seven, "x", 2)?.parentHash).toBe("6a");
    expect(tree.wordFor(seven, "stranger", 2)).toBeUndefined();
  });

  it("move a stranger's vote when as many tell the same as make a quorum", () => {
    const tree = plain();
    tree.tell(header("7a", "6z"), "liar");
    tree.tell(header("7a"), "x");
    const seven = tree.tell(header("7a"), "y");
    if (!seven) throw new Error("the header was not taken");
    expect(tree.wordFor(seven, "stranger", 2)?.parentHash).toBe("6a");
    expect(tree.bestWord(seven).parentHash).toBe("6a");
  });

  it("are one per operator: the newest counts", () => {
    const tree = plain();
    tree.tell(header("7a", "6z"), "x");
    const seven = tree.tell(header("7a"), "x");
    expect(seven?.words.map(({ ref }) => ref.parentHash)).toEqual(["6a"]);
  });

  it("give way to what the block itself proves, for good", () => {
    const tree = plain();
    tree.tell(header("7a", "6z"), "liar");
    const seven = tree.prove(header("7a"));
    if (!seven) throw new Error("the header was not taken");
    tree.tell(header("7a", "6z"), "liar");
    expect(seven.words).toHaveLength(1);
    expect(tree.isProven(seven)).toBe(true);
    expect(tree.wordFor(seven, "liar", 9)?.parentHash).toBe("6a");
  });

  it("lead nowhere when they name a parent that is not lower", () => {
    const tree = plain();
    const round = { height: 7, hash: "7a", parentHash: "7a", parentHeight: 7, time: 0 };
    tree.tell(round, "liar");
    expect(tree.parentBy(round)).toBeUndefined();
  });
});

describe("the revision", () => {
  const isRaisedBy = (tree: HeaderTree, change: () => void) => {
    const { revision } = tree;
    change();
    return tree.revision > revision;
  };

  it("stays as it is for headers that nobody has looked for", () => {
    const tree = plain();
    expect(isRaisedBy(tree, () => tree.prove(header("7a")))).toBe(false);
    expect(isRaisedBy(tree, () => tree.tell(header("8a"), "x"))).toBe(false);
    expect(isRaisedBy(tree, () => tree.prove(header("7a")))).toBe(false);
    expect(isRaisedBy(tree, () => tree.tell(header("8a"), "x"))).toBe(false);
    expect(isRaisedBy(tree, () => tree.prune(5))).toBe(false);
  });

  it("rises when a header appears that was looked for in vain, by itself or as a parent", () => {
    const tree = plain();
    tree.find(header("7a"));
    expect(isRaisedBy(tree, () => tree.prove(header("7a")))).toBe(true);
    tree.parentBy(header("7a"));
    expect(isRaisedBy(tree, () => tree.tell(header("6a"), "x"))).toBe(true);
  });

  it("rises when more is known of a header than before, or it is dropped", () => {
    const tree = plain();
    tree.tell(header("7a", "6z"), "x");
    expect(isRaisedBy(tree, () => tree.tell(header("7a", "6z"), "y"))).toBe(true);
    expect(isRaisedBy(tree, () => tree.tell(header("7a"), "x"))).toBe(true);
    expect(isRaisedBy(tree, () => tree.prove(header("7a")))).toBe(true);
    expect(isRaisedBy(tree, () => tree.prune(8))).toBe(true);
  });
});

describe("pruning", () => {
  it("forgets what is below, and takes nothing there any more", () => {
    const tree = plain();
    for (let height = 1; height <= 9; height++) tree.tell(header(`${height}a`), "x");
    tree.prune(5);
    expect(tree.size).toBe(5);
    expect(tree.tell(header("4b"), "x")).toBeUndefined();
    expect(tree.find(header("5a"))).toBeDefined();
    tree.prune(1_000_000_000);
    expect(tree.size).toBe(0);
  });

  it("takes headers again from where it is opened", () => {
    const tree = plain();
    tree.prune(5);
    tree.reopen(3);
    expect(tree.tell(header("3a"), "x")).toBeDefined();
    expect(tree.tell(header("2a"), "x")).toBeUndefined();
  });
});

describe("a full tree", () => {
  it("drops what no root descends from, however high it is", () => {
    const kept = header("9a");
    const tree: HeaderTree = new HeaderTree({
      capacity: 20,
      roots: () => {
        const root = tree.find(kept);
        return root ? [root] : [];
      },
    });
    for (let height = 5; height <= 9; height++) tree.tell(header(`${height}a`), "x");
    for (let i = 0; i < 100; i++) tree.tell(header(`${1_000 + i}spam`), "liar");
    expect(tree.size).toBeLessThanOrEqual(20);
    for (let height = 5; height <= 9; height++) expect(tree.find(header(`${height}a`))).toBeDefined();
  });

  it("drops the lowest when all of it matters", () => {
    const tree: HeaderTree = new HeaderTree({
      capacity: 20,
      roots: () => [20, 19].flatMap((height) => tree.find(header(`${height}a`)) ?? []),
    });
    for (let height = 1; height <= 20; height++) tree.tell(header(`${height}a`), "x");
    tree.tell(header("21a"), "x");
    expect(tree.find(header("20a"))).toBeDefined();
    expect(tree.find(header("1a"))).toBeUndefined();
    expect(tree.size).toBeLessThanOrEqual(20);
  });

  it("never holds more than its capacity, whatever it is told", () => {
    const operation = fc.record({
      height: fc.nat(60),
      branch: fc.constantFrom("a", "b", "c"),
      operator: fc.constantFrom("x", "y"),
      prune: fc.option(fc.nat(40), { freq: 8 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const tree = plain(16);
        for (const { height, branch, operator, prune } of operations) {
          if (prune !== null) tree.prune(prune);
          const told = tree.tell(header(`${height}${branch}`), operator);
          if (told) expect(tree.find(told)).toBe(told);
          expect(tree.size).toBeLessThanOrEqual(16);
        }
      }),
    );
  });
});
