// Many seeds at once: npm run simulate -- --seeds 5000 [--from 1] [--blocks 16] [--family coins|recent|claimed|slots|bitcoin]. Prints every seed
// whose run broke a promise, and ends with code 1 if there was one. A single seed (--seed 7) prints its whole trace. The tests'
// runs have 16 blocks.
import { parseArgs } from "node:util";
import { bitcoinFamily } from "./bitcoin-family.ts";
import { simulate } from "./simulate.ts";
import { claimedFamily, coinsFamily, recentFamily, slotsFamily, testFamily } from "./test-family.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    blocks: { type: "string", default: "16" },
    family: { type: "string", default: "test" },
  },
});
const blocks = Number(values.blocks);
const families = new Map(
  Object.entries({
    test: testFamily,
    coins: coinsFamily,
    recent: recentFamily,
    claimed: claimedFamily,
    slots: slotsFamily,
    bitcoin: bitcoinFamily,
  }),
);
const family = families.get(values.family);
if (!family) throw new Error(`no family ${values.family}: there are ${[...families.keys()].join(", ")}`);
const write = (line: string) => process.stdout.write(`${line}\n`);

if (values.seed !== undefined) {
  const { trace, broken } = await simulate(Number(values.seed), { blocks, family });
  for (const line of trace) write(line);
  write(broken ?? "every promise held");
  process.exitCode = broken === undefined ? 0 : 1;
} else {
  const from = Number(values.from);
  const count = Number(values.seeds);
  let failed = 0;
  for (let seed = from; seed < from + count; seed++) {
    const { broken } = await simulate(seed, { blocks, family });
    if (broken !== undefined) {
      failed++;
      write(`seed ${seed}: ${broken}`);
    }
    if ((seed - from + 1) % 100 === 0) write(`${seed - from + 1} of ${count} seeds, ${failed} broke a promise`);
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
