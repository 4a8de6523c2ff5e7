// Commits, and now and then takes back, until it is killed; after each write it prints the position it has reached.
// Usage: node store-crash-child.ts <path>
import { openLevelStore } from "../../src/store/level/open.ts";
import { parentOfStart, type SampleBlock, sampleChain } from "../../src/testing/store/sample-blocks.ts";

const store = await openLevelStore(process.argv[2] as string);
const ledger = await store.openChain({ chain: "test:crash", profile: "p", startHeight: 0 });
for (let round = 0; ; round++) {
  const tip = ledger.position?.tip ?? parentOfStart(0);
  const samples = Array.from({ length: 8 }, (_, i): SampleBlock => {
    const n = tip.height + 1 + i;
    const pay = (j: number) =>
      [
        [`from-${(n * j) % 50}`, "slip44:1", -1n],
        [`to-${(n + j) % 300}`, `t:${j % 7}`, 1n],
      ] as const;
    return {
      transactions: Array.from({ length: 40 }, (_, j) => pay(j)),
      observations: [[`to-${n % 300}`, "t:seen", BigInt(n)]],
      fork: `r${round}`,
    };
  });
  const blocks = sampleChain(tip, samples);
  await ledger.commit(blocks, { safe: null, finalized: tip.height >= 0 ? tip : null });
  if (round % 3 === 2) await ledger.rollback(blocks[3]?.ref ?? tip);
  const { sequence, digest, tip: reached } = ledger.position ?? {};
  process.stdout.write(`${JSON.stringify({ sequence, digest, height: reached?.height })}\n`);
}
