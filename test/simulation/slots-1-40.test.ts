import { expect, it } from "vitest";
import { holdPromises } from "./hold-promises.ts";
import { simulate } from "./simulate.ts";
import { slotsFamily } from "./test-family.ts";

holdPromises(1, 40, { family: slotsFamily });

it("tells of heights what these faults tell, and takes back blocks over skipped heights", async () => {
  const traces = [];
  for (let seed = 1; seed <= 10; seed++)
    traces.push(...(await simulate(seed, { blocks: 16, family: slotsFamily })).trace);
  const text = traces.join("\n");
  for (const fault of ["left-out-heights", "false-skip", "pruned"]) expect(text).toContain(` ${fault} test_`);
  const reorgs = [...text.matchAll(/rollback (\d+)-\S+\n\d+ commit (\d+)-/g)];
  // A branch that skips the height at which ours had its block, and the reverse.
  expect(reorgs.some(([, lost, found]) => Number(lost) < Number(found))).toBe(true);
  expect(reorgs.some(([, lost, found]) => Number(lost) > Number(found))).toBe(true);
});
