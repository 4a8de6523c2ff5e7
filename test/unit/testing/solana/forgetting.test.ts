import { expect, it } from "vitest";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import { ClusterWire } from "../../../../src/testing/solana/cluster-wire.ts";
import { NodeView } from "../../../../src/testing/solana/node-view.ts";
import { Keypair } from "../../../../src/testing/solana/wire/keypair.ts";
import { askNode, errorOf } from "../../../support/solana-cluster.ts";

const EARLY = Keypair.named("early").address;
const BUSY = Keypair.named("busy").address;
const PROCESSED = { commitment: "processed" };

it("forgets old blocks of all branches, and no account; can be forked still", async () => {
  const cluster = new SolanaCluster({ keptBlocks: 40, finalizedBlocks: 5, votes: false });
  const wire = new ClusterWire(new NodeView(cluster));
  cluster.airdrop(EARLY, 5_000_000n);
  cluster.makeSlots(10);
  const beside = cluster.fork(3);
  cluster.makeSlots(2, beside);
  const left = beside.tip.blockhash;
  for (let i = 0; i < 300; i++) {
    cluster.airdrop(BUSY, 1_000_000n + BigInt(i));
    cluster.makeSlot();
  }
  const { oldest } = cluster;
  expect(oldest.height).toBeGreaterThan(200);
  expect(cluster.ledger.index.bankOf(left)).toBeUndefined();
  expect(await askNode(wire, "getFirstAvailableBlock")).toBe(oldest.slot);
  expect(await errorOf(wire, "getBlock", 5)).toMatchObject({ code: -32001 });
  expect(await askNode(wire, "getBlock", oldest.slot)).toMatchObject({ parentSlot: oldest.slot - 1 });
  expect(await askNode(wire, "getBlocks", 0)).toHaveLength(cluster.tip.height - 5 - oldest.height + 1);
  expect(await askNode(wire, "getBalance", EARLY, PROCESSED)).toMatchObject({ value: 5_000_000 });
  expect(cluster.account(EARLY, oldest)?.lamports).toBe(5_000_000n);
  const atOldest = cluster.account(BUSY, oldest)?.lamports ?? 0n;
  expect(atOldest).toBe(sumOfFirst(oldest.height - 10));
  expect(cluster.account(BUSY)?.lamports).toBe(sumOfFirst(300));
  const listed = await askNode<unknown[]>(wire, "getSignaturesForAddress", BUSY, { commitment: "confirmed" });
  expect(listed).toHaveLength(cluster.tip.height - 1 - oldest.height + 1);

  const branch = cluster.fork(20);
  cluster.makeSlots(25, branch);
  cluster.follow(branch);
  expect(cluster.account(BUSY)?.lamports).toBe(sumOfFirst(280));
  expect(await askNode(wire, "getSlot", PROCESSED)).toBe(cluster.tip.slot);
  cluster.makeSlots(300);
  expect(cluster.oldest.lineage).toBe(branch.lineage);
  // What was left was sent again, as far as it stands on blocks that both branches have.
  expect(cluster.account(EARLY, cluster.oldest)?.lamports).toBe(5_000_000n);
});

/** What so many airdrops come to. */
function sumOfFirst(count: number): bigint {
  let sum = 0n;
  for (let i = 0; i < count; i++) sum += 1_000_000n + BigInt(i);
  return sum;
}
