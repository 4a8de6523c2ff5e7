import { TEST_NATIVE, TestChain } from "../../src/testing/chain/test-chain.ts";
import coinsPlugin from "../../src/testing/chain/test-coins-plugin.ts";
import { testDialect } from "../../src/testing/chain/test-dialect.ts";
import { TestNode } from "../../src/testing/chain/test-node.ts";
import plugin from "../../src/testing/chain/test-plugin.ts";
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

function openNode(name: string, chain: HonestChain, owns: SimulatedFamily["owned"]): SimulatedNode {
  const node = new TestNode(name, CHAIN, chain as TestChain);
  node.owned = owns;
  const move = (to: HonestChain) => {
    node.safeHeight = to.tip.ref.height - SAFE_DEPTH;
    node.finalizedHeight = to.tip.ref.height - FINAL_DEPTH;
    node.chain = to as TestChain;
  };
  return { name, wire: node, move };
}
