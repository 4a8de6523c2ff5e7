import { describe, expect, it } from "vitest";
import type { Chain, TrailAt } from "../../../src/core/contracts/plugin.ts";
import type { LedgerView, StoredBlock } from "../../../src/core/contracts/store.ts";
import { IntegrityViolation } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { BlockRef } from "../../../src/core/model.ts";
import { Trails } from "../../../src/sync/trails.ts";

function refAt(height: number): BlockRef {
  return { height, hash: `h${height}`, parentHash: `h${height - 1}`, parentHeight: height - 1, time: height };
}

function trailOf(height: number, branch = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(height, branch);
}

/** A chain whose rule writes down which trails it was shown. */
function chainOf(depth: number) {
  const shown: (readonly (string | undefined)[])[] = [];
  const chain: Pick<Chain, "info" | "verifyTrail" | "trailBlocks"> = {
    info: { id: "test:one" } as Chain["info"],
    trailBlocks: depth,
    verifyTrail: (ref: BlockRef, trail: Uint8Array, trailAt: TrailAt) => {
      const before = Array.from({ length: depth + 1 }, (_, i) => trailAt(ref.height - depth - 1 + i));
      shown.push(before.map((each) => each && [...each].join(".")));
      if (trail[1] === 9) throw new IntegrityViolation("target", "8", "9", `block ${ref.height}`);
      return [{ check: "target", result: "passed" }];
    },
  };
  return { chain, shown };
}

/** A ledger of blocks up to a tip, that counts the rows read of it. */
function viewOf(tip: number, branch = 0, from = 0) {
  let rows = 0;
  const view = {
    position: tip < 0 ? undefined : { tip: refAt(tip) },
    block: async (height: number): Promise<StoredBlock | undefined> => {
      rows++;
      if (height < from || height > tip) return undefined;
      return { ref: refAt(height), transactions: 0, digest: "", trail: trailOf(height, branch) };
    },
  } as unknown as LedgerView;
  return { view, rows: () => rows };
}

describe("trails", () => {
  it("are loaded as far back as the rules look, and no farther", async () => {
    const { chain, shown } = chainOf(3);
    const trails = new Trails(chain);
    const { view, rows } = viewOf(10);
    await trails.load(view);
    expect(rows()).toBe(3);
    expect(trails.verify({ ref: refAt(11), trail: trailOf(11) })).toEqual([{ check: "target", result: "passed" }]);
    expect(trails.verify({ ref: refAt(12), trail: trailOf(12) })).toHaveLength(1);
    expect(shown).toEqual([
      [undefined, "8.0", "9.0", "10.0"],
      [undefined, "9.0", "10.0", "11.0"],
    ]);
  });

  it("that lie before the first indexed block are undefined", async () => {
    const { chain, shown } = chainOf(3);
    const trails = new Trails(chain);
    await trails.load(viewOf(5, 0, 5).view);
    trails.verify({ ref: refAt(6), trail: trailOf(6) });
    expect(shown).toEqual([[undefined, undefined, undefined, "5.0"]]);
  });

  it("are not read again when the ledger has what was taken in", async () => {
    const { chain } = chainOf(3);
    const trails = new Trails(chain);
    await trails.load(viewOf(10).view);
    trails.verify({ ref: refAt(11), trail: trailOf(11) });
    const later = viewOf(11);
    await trails.load(later.view);
    expect(later.rows()).toBe(0);
  });

  it("of blocks that were not committed are forgotten, and after a rollback those below are read", async () => {
    const { chain, shown } = chainOf(3);
    const trails = new Trails(chain);
    await trails.load(viewOf(10).view);
    trails.verify({ ref: refAt(11), trail: trailOf(11, 1) });
    const back = viewOf(9);
    await trails.load(back.view);
    expect(back.rows()).toBe(2);
    trails.verify({ ref: refAt(10), trail: trailOf(10, 2) });
    trails.verify({ ref: refAt(11), trail: trailOf(11, 2) });
    expect(shown.slice(1)).toEqual([
      [undefined, "7.0", "8.0", "9.0"],
      [undefined, "8.0", "9.0", "10.2"],
    ]);
  });

  it("all go when the ledger begins anew", async () => {
    const { chain, shown } = chainOf(2);
    const trails = new Trails(chain);
    await trails.load(viewOf(10).view);
    await trails.load(viewOf(-1).view);
    trails.verify({ ref: refAt(0), trail: trailOf(0) });
    expect(shown).toEqual([[undefined, undefined, undefined]]);
  });

  it("that do not hold are the block's violation, and are not kept", async () => {
    const { chain, shown } = chainOf(1);
    const trails = new Trails(chain);
    await trails.load(viewOf(3).view);
    expect(() => trails.verify({ ref: refAt(4), trail: trailOf(4, 9) })).toThrowError(/target is 9, expected 8/);
    trails.verify({ ref: refAt(4), trail: trailOf(4) });
    expect(shown.at(-1)).toEqual([undefined, "3.0"]);
  });

  it("are refused where the plugin looks back farther than is kept", () => {
    expect(() => new Trails(chainOf(LIMITS.trails + 1).chain)).toThrowError(/at most/);
    expect(new Trails({ info: { id: "test:one" } as Chain["info"] }).areKept).toBe(false);
  });
});
