import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { simulate } from "./simulate.ts";
import { claimedFamily, testFamily } from "./test-family.ts";

/** Half of a block's expected interval of one second, a tenth more for the polls' jitter, and how exactly commits are seen. */
const POLL_MS = 550;
const STEP_MS = 200;

describe("a simulated run", () => {
  it("is the same for the same seed, line by line", async () => {
    const first = await simulate(7);
    expect(first.trace.length).toBeGreaterThan(20);
    expect((await simulate(7)).trace).toEqual(first.trace);
    expect((await simulate(8)).trace).not.toEqual(first.trace);
  });

  it("finds what three of five that conspire can do: no promise holds against a majority", async () => {
    const evil: Fault[] = [{ kind: "fork", depth: 1, salt: "evil" }];
    const { broken } = await simulate(3, { blocks: 16, faults: [evil, evil, [], evil, []] });
    expect(broken).toMatch(/evil.* was committed, which is no honest block/);
  });

  const liar: Fault[] = [{ kind: "changed-movement" }];

  it("lets no forged movement of two of five in where hashes say nothing of content, whoever is asked first", async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { broken } = await simulate(seed, {
        blocks: 16,
        family: claimedFamily,
        faults: [liar, [], liar, [], []],
      });
      expect(broken, `seed ${seed}`).toBeUndefined();
    }
  });

  it("finds what three of five that forge alike can do there: they are a quorum", async () => {
    const faults = [liar, liar, liar, [], []];
    const { broken } = await simulate(3, { blocks: 16, family: claimedFamily, faults });
    expect(broken).toMatch(/the digest is not the honest ledger's/);
  });

  it("finds a balance that two of five agree to tell falsely where two are believed", async () => {
    const liar: Fault[] = [{ kind: "changed-balance" }];
    const { broken } = await simulate(3, { blocks: 16, faults: [liar, liar, liar, [], []] });
    expect(broken).toMatch(/told was 31337/);
  });
});

describe("with two of five operators faulty", () => {
  it.each([
    ["the family made for tests", testFamily, 15],
    ["one whose hashes say nothing of content", claimedFamily, 8],
  ])("the tip comes within one poll interval of the run without faults: %s", async (_, family, seeds) => {
    let compared = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const options = { blocks: 16, branches: false, family } as const;
      const clean = await simulate(seed, { ...options, faults: "none" });
      const faulty = await simulate(seed, { ...options, faults: "steady" });
      expect([clean.broken, faulty.broken], `seed ${seed}`).toEqual([undefined, undefined]);
      for (const [hash, at] of clean.committedAt) {
        const faultyAt = faulty.committedAt.get(hash);
        if (faultyAt === undefined) continue;
        expect(faultyAt - at, `seed ${seed}, ${hash}`).toBeLessThanOrEqual(POLL_MS + STEP_MS);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(seeds * 16);
  });
});
