import { expect, it } from "vitest";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import { holdPromises } from "./hold-promises.ts";
import { simulate } from "./simulate.ts";
import { slotsFamily } from "./test-family.ts";

holdPromises(1, 40, { family: slotsFamily });

it("with two that list nothing and call every height skipped, blocks are taken back over skipped heights both ways", async () => {
  const liar: Fault[] = [{ kind: "left-out-heights", how: "all" }, { kind: "false-skip" }];
  const lines: string[] = [];
  for (let seed = 1; seed <= 10; seed++) {
    const { broken, trace } = await simulate(seed, {
      blocks: 16,
      family: slotsFamily,
      faults: [liar, liar, [], [], []],
    });
    expect(broken, `seed ${seed}`).toBeUndefined();
    lines.push(...trace);
  }
  const text = lines.join("\n");
  for (const { kind } of liar) expect(text).toContain(` ${kind} test_`);
  const reorgs = [...text.matchAll(/rollback (\d+)-\S+\n\d+ commit (\d+)-/g)];
  // A branch that skips the height at which ours had its block, and the reverse.
  expect(reorgs.some(([, lost, found]) => Number(lost) < Number(found))).toBe(true);
  expect(reorgs.some(([, lost, found]) => Number(lost) > Number(found))).toBe(true);
});
