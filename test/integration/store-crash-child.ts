// Commits, and now and then takes back, until it is killed; after each write it prints the position it has reached.
// Usage: node store-crash-child.ts <path>
import type { BlockRef, TransactionOutput } from "../../src/core/model.ts";
import { openLevelStore } from "../../src/store/level/open.ts";
import {
  outputOf,
  parentOfStart,
  type Sample,
  type SampleBlock,
  sampleBlock,
} from "../../src/testing/store/sample-blocks.ts";

const store = await openLevelStore(process.argv[2] as string);
const ledger = await store.openChain({ chain: "test:crash", profile: "p", startHeight: 0 });

/** Payments, and two transactions with outputs: one makes many, the next spends one of them and some that are given. */
function sampleOf(n: number, round: number, spends: readonly TransactionOutput[]): SampleBlock {
  const pay = (j: number) =>
    [
      [`from-${(n * j) % 50}`, "slip44:1", -1n],
      [`to-${(n + j) % 300}`, `t:${j % 7}`, 1n],
    ] as const;
  const id = `coins-${n}-${round}`;
  const made = Array.from({ length: 12 }, (_, j) => [`to-${(n * j) % 300}`, "slip44:0", 2n] as const);
  const within = { id: `${id}:0`, account: made[0]?.[0] as string, asset: "slip44:0", amount: 2n };
  const change = [["from-1", "slip44:0", 2n * BigInt(spends.length + 1)]] as const;
  return {
    transactions: [
      { id, makes: made, coinbase: true },
      { spends: [within, ...spends], makes: change },
      ...Array.from({ length: 40 }, (_, j) => pay(j)),
    ],
    observations: [[`to-${n % 300}`, "t:seen", BigInt(n)]],
    fork: `r${round}`,
  };
}

/** What is still unspent of the block before: outputs of what an earlier run, an earlier commit or this one has made. */
async function spendable(tip: BlockRef, block: Sample | undefined): Promise<readonly TransactionOutput[]> {
  if (block) return [1, 2, 3].map((position) => outputOf(block, 0, position));
  using view = ledger.view();
  const { outputs } = await view.unspent(`to-${tip.height % 300}`, undefined, 3);
  return outputs.map(({ id, account, asset, amount }) => ({ id, account, asset, amount }));
}

for (let round = 0; ; round++) {
  const tip = ledger.position?.tip ?? parentOfStart(0);
  const blocks: Sample[] = [];
  for (let i = 0; i < 8; i++) {
    const before = blocks.at(-1);
    const at = before?.ref ?? tip;
    blocks.push(sampleBlock(at, sampleOf(at.height + 1, round, await spendable(at, before))));
  }
  await ledger.commit(blocks, { safe: null, finalized: tip.height >= 0 ? tip : null });
  if (round % 3 === 2) await ledger.rollback(blocks[3]?.ref ?? tip);
  const { sequence, digest, tip: reached } = ledger.position ?? {};
  process.stdout.write(`${JSON.stringify({ sequence, digest, height: reached?.height })}\n`);
}
