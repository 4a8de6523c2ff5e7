import { describe, expect, it } from "vitest";
import { type Candidate, choose } from "../../../../src/sync/pool/selection.ts";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";

type Named = Candidate & { readonly name: string };

function node(name: string, is: Partial<Omit<Candidate, "latencyMs">> & { ms?: number } = {}): Named {
  const { ms, ...rest } = is;
  return { name, isNear: true, isImpaired: false, isResting: false, load: 0, waitMs: 0, latencyMs: () => ms, ...rest };
}

/** How often each is chosen in a thousand choices. */
function tally(...nodes: Named[]): Record<string, number> {
  const seeded = new SeededRandom(7);
  const random = () => seeded.next();
  const counts = Object.fromEntries(nodes.map(({ name }) => [name, 0]));
  for (let i = 0; i < 1000; i++) {
    const chosen = choose(nodes, random)?.name ?? "none";
    counts[chosen] = (counts[chosen] ?? 0) + 1;
  }
  return counts;
}

describe("the choice of a node", () => {
  it("is nobody of none, and the one of one, whatever it is like", () => {
    expect(choose([], Math.random)).toBeUndefined();
    expect(tally(node("a", { isResting: true, isImpaired: true, isNear: false, load: 9 }))).toEqual({ a: 1000 });
  });

  it("is the faster of two, and of more never the slowest, but not always the fastest", () => {
    expect(tally(node("a", { ms: 10 }), node("b", { ms: 30 }))).toEqual({ a: 1000, b: 0 });
    const { a, b, c } = tally(node("a", { ms: 10 }), node("b", { ms: 30 }), node("c", { ms: 90 }));
    expect(c).toBe(0);
    expect(b).toBeGreaterThan(200);
    expect(a).toBeGreaterThan(550);
  });

  it("goes by load as well: a fast node that is busy is no longer fast", () => {
    expect(tally(node("a", { ms: 10, load: 4 }), node("b", { ms: 30 }))).toEqual({ a: 0, b: 1000 });
  });

  it("takes a latency that is not known for neither fast nor slow", () => {
    const { a, b } = tally(node("a", { ms: 10 }), node("b"));
    expect(a).toBeGreaterThan(400);
    expect(b).toBeGreaterThan(400);
  });

  it("is of the own region while there is room, however far the others are ahead", () => {
    expect(tally(node("near", { ms: 40 }), node("far", { isNear: false, ms: 10 }))).toEqual({ near: 1000, far: 0 });
    const full = tally(node("near", { ms: 40, load: 1 }), node("far", { isNear: false, ms: 10 }));
    expect(full["far"]).toBe(1000);
  });

  it("leaves a node, near and fast as it is, that has to wait for its rate", () => {
    expect(tally(node("near", { ms: 1, waitMs: 600 }), node("far", { isNear: false, ms: 90 }))).toEqual({
      near: 0,
      far: 1000,
    });
    expect(tally(node("unmeasured", { waitMs: 600 }), node("busy", { load: 2 }))["busy"]).toBe(1000);
    expect(tally(node("a", { ms: 1, waitMs: 30 }), node("b", { ms: 20, waitMs: 20 }))["a"]).toBe(1000);
  });

  it("falls on an impaired node seldom, and on a resting one only when there is no other", () => {
    const { good, lagging, resting } = tally(
      node("good", { ms: 20 }),
      node("lagging", { isImpaired: true, ms: 1 }),
      node("resting", { isResting: true, ms: 1 }),
    );
    expect(resting).toBe(0);
    expect(lagging).toBeGreaterThan(50);
    expect(lagging).toBeLessThan(150);
    expect(good).toBe(1000 - (lagging as number));
    expect(tally(node("a", { isImpaired: true }), node("b", { isResting: true }))).toEqual({ a: 1000, b: 0 });
    const { x, y } = tally(node("x", { isResting: true }), node("y", { isResting: true }));
    expect(Math.min(x as number, y as number)).toBeGreaterThan(400);
  });
});
