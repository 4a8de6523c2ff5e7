import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { bitcoinFamily } from "./bitcoin-family.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 30;
const options = { blocks: 16, family: bitcoinFamily } as const;

describe("a simulated run over Bitcoin's family", () => {
  it(`keeps every promise for the seeds 1 to ${SEEDS}`, { timeout: 300_000 }, async () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulate(seed, options);
      if (result.broken !== undefined) broken.push(`seed ${seed}: ${result.broken}`);
    }
    expect(broken).toEqual([]);
  });

  it("is the same for the same seed, line by line, with balances told and blocks taken back", async () => {
    const { trace } = await simulate(1, options);
    expect((await simulate(1, options)).trace).toEqual(trace);
    const text = trace.join("\n");
    expect(text).toMatch(/ rollback [0-9a-f]{64}$/m);
    expect(text).toMatch(/ read \S+ 1 told$/m);
  });

  it("finds what three of five that conspire can do: no promise holds against a majority", async () => {
    const evil: Fault[] = [{ kind: "fork", depth: 1, salt: "evil" }];
    const { broken } = await simulate(3, { ...options, faults: [evil, evil, [], evil, []] });
    expect(broken).toMatch(/ was committed, which is no honest block/);
  });
});
