import { type Skips, TEST_NATIVE, TestChain } from "../../src/testing/chain/test-chain.ts";
import coinsPlugin from "../../src/testing/chain/test-coins-plugin.ts";
import { slotsDialect, testDialect } from "../../src/testing/chain/test-dialect.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import plugin from "../../src/testing/chain/test-plugin.ts";
import slotsPlugin from "../../src/testing/chain/test-slots-plugin.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { FINAL_DEPTH, type HonestChain, SAFE_DEPTH, type SimulatedFamily, type SimulatedNode } from "./family.ts";

const CHAIN = "test:one";

/** Genesis allots native coins to everyone, tokens to nobody. */
function owned(_account: string, asset: string): bigint {
  return asset === TEST_NATIVE ? 1_000_000n : 0n;
}

/** The family that is made for tests: no work, no signatures, fast. */
export function testFamily(): SimulatedFamily {
  return {
    chain: CHAIN,
    plugin,
    pluginName: "test",
    profile: "test/1",
    options: {},
    dialect: testDialect,
    accounts: [0, 1, 2, 3, 4, 5].map((i) => `account-${i}`),
    owned,
    build: (length, tipTime, intervalMs) => TestChain.build(length, tipTime, intervalMs),
    node: (name, chain) => openNode(name, chain, owned),
  };
}

/** The same with nodes that know the newest state only: what they tell is led back by the ledger. */
export function recentFamily(): SimulatedFamily {
  return { ...testFamily(), options: { state: "newest", native: "allotted" } };
}

/** The same where a block's hash says nothing of its content: as many operators as agreement takes must give the same. */
export function claimedFamily(): SimulatedFamily {
  return { ...testFamily(), options: { content: "claimed" } };
}

/** The same with coins that are outputs: blocks take two looks, and leave trails. */
export function coinsFamily(): SimulatedFamily {
  return {
    ...testFamily(),
    plugin: coinsPlugin,
    pluginName: "test-coins",
    profile: "test-coins/1",
    owned: () => 0n,
    build: (length, tipTime, intervalMs) => TestChain.buildCoins(length, tipTime, intervalMs),
    node: (name, chain) => openNode(name, chain, () => 0n),
  };
}

/**
 * The same with heights that have no block: single ones, and now and then a run of a hundred; other ones on each branch, so
 * that it skips heights at which the other has blocks. Every
 * second seed is besides of nodes that know the newest state only, and of hashes that say nothing of the content.
 */
export function slotsFamily(seed: number): SimulatedFamily {
  const skips: Skips = (height, branch) => {
    const chance = new SeededRandom(seed * 1_000_003 + height * 31 + branch.length).integer(0, 99);
    if (branch !== "main") return chance % 4;
    if (chance < 2) return 100;
    return chance < 25 ? 1 + (chance % 3) : 0;
  };
  return {
    ...(seed % 2 === 0 ? testFamily() : { ...recentFamily(), ...claimedOptions }),
    plugin: slotsPlugin,
    pluginName: "test-slots",
    dialect: slotsDialect,
    // Long enough that the start is an import by lists.
    build: (length, tipTime, intervalMs) => TestChain.buildSlots(length + LISTED, tipTime, skips, intervalMs),
  };
}

const LISTED = 40;

const claimedOptions = { options: { content: "claimed", state: "newest", native: "allotted" } } as const;

function openNode(name: string, chain: HonestChain, owns: SimulatedFamily["owned"]): SimulatedNode {
  const node = new TestNode(name, CHAIN, chain as TestChain);
  node.owned = owns;
  const move = (to: HonestChain) => {
    node.safeHeight = to.blocks.at(-1 - SAFE_DEPTH)?.ref.height ?? -1;
    node.finalizedHeight = to.blocks.at(-1 - FINAL_DEPTH)?.ref.height ?? -1;
    node.chain = to as TestChain;
  };
  return { name, wire: node, move };
}
