import { afterEach, describe, expect, it } from "vitest";
import { sealBlock } from "../../../src/core/ledger/seal.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { BlockRef } from "../../../src/core/model.ts";
import type { Told } from "../../../src/sync/ask-balances.ts";
import { buildTestBlock } from "../../../src/testing/chain/test-block.ts";
import { TEST_NATIVE, TEST_TOKEN, TestChain } from "../../../src/testing/chain/test-chain.ts";
import { type BalanceNode, type BalanceNodes, openBalanceNodes } from "../../support/balance-nodes.ts";

const CHAIN = TestChain.build(20, Date.UTC(2026, 0, 1));
const AT = (CHAIN.block(12) as (typeof CHAIN)["tip"]).ref;
const ACCOUNT = "account-1";
const TOKEN = { account: ACCOUNT, asset: TEST_TOKEN };
const COIN = { account: ACCOUNT, asset: TEST_NATIVE };
const THREE = ["acme", "blue", "core"];
const ALLOTTED = 1_000_000n;
const open: BalanceNodes[] = [];

/** What an account has after a block, counted by hand. */
function balanceOf({ account, asset }: typeof TOKEN, height: number, chain = CHAIN): bigint {
  let amount = ALLOTTED;
  for (const { transactions } of chain.blocks.slice(0, height + 1)) {
    for (const { movements } of transactions) {
      for (const moved of movements) if (moved.account === account && moved.asset === asset) amount += moved.delta;
    }
  }
  return amount;
}

/** From now on the node has this chain's balances. */
function stand(node: BalanceNode | undefined, chain: TestChain): void {
  if (!node) throw new Error("no such node");
  node.chain = chain;
  node.says = (account, asset) => balanceOf({ account, asset }, chain.tip.ref.height, chain);
}

/** Nodes that know the newest state only, all of them on the chain, which the ledger has up to its tip. */
async function start(options: { seating?: readonly string[]; native?: string; indexed?: TestChain } = {}) {
  const { seating = THREE, native = "allotted", indexed = CHAIN } = options;
  const under = await openBalanceNodes(indexed, seating, {}, () => {}, { state: "newest", native });
  open.push(under);
  for (const node of under.nodes) stand(node, CHAIN);
  for (const node of under.pool.nodes) {
    under.pool.noteTips(node, { tip: CHAIN.tip.ref, safe: null, finalized: null });
  }
  return under;
}

afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

async function ask(under: BalanceNodes, pairs = [TOKEN], at: BlockRef = AT): Promise<Told[]> {
  const told = under.asker.ask(pairs, at, { work: "read" });
  let done = false;
  void told.finally(() => {
    done = true;
  });
  for (let waits = 0; !done && waits < 1_000; waits++) await under.clock.advance(50);
  return await told;
}

const node = (amount: bigint) => ({ amount, source: "node" });
const refused = (text: string, code = "balance-unavailable") => [
  { amount: { code, message: expect.stringContaining(text) } },
];
const errorsOf = ({ pool }: BalanceNodes) => pool.nodes.map(({ lastError }) => lastError?.code);

describe("a balance of nodes that know the newest state only", () => {
  it("is what they tell less what the ledger has since, for every block of the past", async () => {
    const under = await start();
    for (const { ref } of CHAIN.blocks) {
      expect(await ask(under, [TOKEN, COIN], ref)).toEqual([
        node(balanceOf(TOKEN, ref.height)),
        node(balanceOf(COIN, ref.height)),
      ]);
    }
    expect(balanceOf(COIN, 12)).not.toBe(balanceOf(COIN, 19));
    expect(await under.evidence()).toEqual([]);
  });

  it("is the same from operators that stand at different heights", async () => {
    const under = await start({ seating: ["acme", "blue"] });
    stand(under.nodes[0], TestChain.build(17, CHAIN.tip.ref.time - 3_000));
    expect(under.nodes[0]?.chain.tip.ref.hash).toBe(CHAIN.block(16)?.ref.hash);
    expect(await ask(under, [TOKEN, COIN])).toEqual([node(balanceOf(TOKEN, 12)), node(balanceOf(COIN, 12))]);
    expect(under.nodes.map(({ asked }) => asked.length)).toEqual([1, 1]);
  });

  it("is led back from its own height where a node has gone on from one balance to the next", async () => {
    const under = await start({ seating: ["acme"] });
    const acme = under.nodes[0] as BalanceNode;
    const [early, late] = [14, 19];
    acme.says = (account, asset) => balanceOf({ account, asset }, asset === TEST_TOKEN ? early : late);
    const refs = [early, late].map((height) => (CHAIN.block(height) as typeof CHAIN.tip).ref);
    let next = 0;
    acme.standing = () => refs[next++ % 2] as BlockRef;
    expect(await ask(under, [TOKEN, COIN])).toEqual([node(balanceOf(TOKEN, 12)), node(balanceOf(COIN, 12))]);
    expect(balanceOf(COIN, early)).not.toBe(balanceOf(COIN, late));
  });

  it("waits for the ledger to come to where the node is", async () => {
    const under = await start({ indexed: TestChain.build(14, CHAIN.tip.ref.time - 6_000) });
    expect(under.ledger.position?.tip.height).toBe(13);
    const told = under.asker.ask([COIN], AT, { work: "read" });
    await under.clock.advance(300);
    expect(under.nodes.map(({ asked }) => asked.length)).toEqual([1, 1, 0]);
    await under.index(CHAIN);
    expect(await told).toEqual([node(balanceOf(COIN, 12))]);
    // Whoever waited has let go of the clock.
    expect(under.clock.sleeping).toBe(0);
  });

  it("is an error in time where the ledger does not come there", async () => {
    const under = await start({ indexed: TestChain.build(14, CHAIN.tip.ref.time - 6_000) });
    const before = under.clock.now();
    expect(await ask(under)).toMatchObject(
      refused(`the ledger did not come there within ${LIMITS.recentBalanceWaitMs} ms`),
    );
    expect(under.clock.now() - before).toBeLessThan(LIMITS.recentBalanceWaitMs + 2_000);
    expect(errorsOf(under)).toEqual([undefined, undefined, undefined]);
  });

  it("is an error at once where the ledger is too far behind to come there", async () => {
    const under = await start();
    for (const each of under.nodes) each.standing = () => ({ height: 19 + LIMITS.recentBalanceAheadBlocks + 1 });
    const before = under.clock.now();
    expect(await ask(under)).toMatchObject(refused("the ledger is too far behind: it is at 19"));
    expect(under.clock.now() - before).toBeLessThan(1_000);
  });

  it("is not that of an older height, which is held against the node", async () => {
    const under = await start();
    (under.nodes[0] as BalanceNode).standing = () => ({ height: 11 });
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
    expect(errorsOf(under)).toEqual(["node-wrong-block", undefined, undefined]);
  });

  it("is not asked of a node that has not come so far, which is no fault of it", async () => {
    const under = await start();
    stand(under.nodes[0], TestChain.build(12, CHAIN.tip.ref.time - 8_000));
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
    expect(under.pool.nodes[0]?.calls.shares().errorRate ?? 0).toBe(0);
  });

  it("is the majority's where one operator lies, with evidence at the block that was asked for", async () => {
    const under = await start();
    (under.nodes[0] as BalanceNode).says = () => balanceOf(TOKEN, 19) + 5n;
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
    expect(await under.evidence()).toMatchObject([
      { kind: "balance-dissent", block: AT, ours: balanceOf(TOKEN, 12), theirs: balanceOf(TOKEN, 12) + 5n },
    ]);
  });

  it("is none where a node tells less than what came to the account since", async () => {
    const under = await start({ seating: ["acme"] });
    (under.nodes[0] as BalanceNode).says = () => 1n;
    expect(await ask(under)).toMatchObject(refused("is less than what came to it since"));
  });

  it("is null, and so an error, where the asset tells none", async () => {
    const under = await start();
    for (const each of under.nodes) each.says = () => null;
    expect(await ask(under)).toMatchObject(refused("does not tell a balance"));
  });
});

describe("a balance whose movements the ledger does not all have", () => {
  it("is that of the block itself, where the node stands on it", async () => {
    const under = await start({ native: "partial" });
    expect(await ask(under, [COIN], CHAIN.tip.ref)).toEqual([node(balanceOf(COIN, 19))]);
  });

  it("is an error that says so where the node has gone on", async () => {
    const under = await start({ native: "partial" });
    const [coin, token] = await ask(under, [COIN, TOKEN]);
    expect([coin]).toMatchObject(refused(`${TEST_NATIVE} is partial`));
    expect(token).toEqual(node(balanceOf(TOKEN, 12)));
  });

  it("is an error that says so while nodes contradict the ledger", async () => {
    const under = await start();
    const found = { ...TOKEN, block: AT, expected: 1n, actual: 2n, wholeAsset: false };
    await under.ledger.dispute(found);
    expect(await ask(under)).toMatchObject(refused("are in dispute"));
    await under.ledger.dispute({ ...found, wholeAsset: true });
    expect(await ask(under)).toMatchObject(refused(`${TEST_TOKEN} is partial`));
  });
});

describe("a balance of an account that the ledger keeps", () => {
  const longer = CHAIN.mine(5);
  const later = (longer.block(21) as typeof CHAIN.tip).ref;

  it("is led back as far as it does, and is an error beyond, and for accounts that it does not keep", async () => {
    const options = { state: "newest", native: "allotted" };
    const under = await openBalanceNodes(CHAIN, THREE, {}, () => {}, options, "watched");
    open.push(under);
    await under.ledger.watch([{ account: ACCOUNT, since: CHAIN.tip.ref.height, at: 0 }]);
    for (const each of under.nodes) stand(each, longer);
    for (const each of under.pool.nodes) {
      under.pool.noteTips(each, { tip: longer.tip.ref, safe: null, finalized: null });
    }
    await under.index(longer);
    expect(await ask(under, [COIN], CHAIN.tip.ref)).toEqual([node(balanceOf(COIN, 19))]);
    expect(await ask(under, [COIN], later)).toEqual([node(balanceOf(COIN, 21, longer))]);
    expect(await ask(under, [COIN])).toMatchObject(refused(`does not keep the movements of ${ACCOUNT} since`));
    const other = { ...COIN, account: "account-2" };
    expect(await ask(under, [other], later)).toMatchObject(refused("does not keep the movements of account-2 since"));
    expect(await ask(under, [other], longer.tip.ref)).toEqual([node(balanceOf(other, 24, longer))]);
  });
});

describe("a balance told at a height that the chain skips", () => {
  it("stands on the newest block below it where the node names that block", async () => {
    const under = await start();
    for (const each of under.nodes) each.standing = ({ ref }) => ({ height: ref.height + 30, hash: ref.hash });
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
  });

  it("is asked for again where it names none: it may be of another branch", async () => {
    const under = await start({ seating: ["acme"] });
    const acme = under.nodes[0] as BalanceNode;
    const { hash: parentHash, height: parentHeight, time } = CHAIN.tip.ref;
    const far = buildTestBlock("main", { height: 25, parentHash, parentHeight, time: time + 6_000 }, []);
    await under.ledger.commit([sealBlock(far)]);
    acme.standing = () => ({ height: 22 });
    expect(await ask(under)).toMatchObject(refused("it stood on another branch than the ledger"));
    expect(acme.asked).toHaveLength(LIMITS.recentBalanceAsks);
    acme.standing = () => ({ height: acme.asked.length === LIMITS.recentBalanceAsks ? 22 : 25 });
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
    expect(acme.asked).toHaveLength(LIMITS.recentBalanceAsks + 2);
  });
});

describe("a reorg between", () => {
  const fork = CHAIN.fork(15, "other", 6);

  it("is found out by the block that the node names, and the node is asked again", async () => {
    const under = await start({ seating: ["acme"] });
    const longer = CHAIN.mine(4);
    await under.index(longer);
    stand(under.nodes[0], fork);
    const told = under.asker.ask([TOKEN], AT, { work: "read" });
    await under.clock.advance(100);
    stand(under.nodes[0], longer);
    await under.clock.advance(1_000);
    expect(await told).toEqual([node(balanceOf(TOKEN, 12))]);
    expect(under.nodes[0]?.asked).toHaveLength(2);
    // What a balance would be that was led back on the wrong branch.
    const [there, here] = [balanceOf(TOKEN, 21, fork), balanceOf(TOKEN, 21, longer)];
    expect(there).not.toBe(here);
  });

  it("fails clearly where nodes stay on another branch than the ledger", async () => {
    const under = await start();
    for (const each of under.nodes) stand(each, fork);
    await under.index(CHAIN.mine(4));
    expect(await ask(under)).toMatchObject(refused("another branch than the ledger"));
    expect(under.nodes.map(({ asked }) => asked.length)).toEqual(THREE.map(() => LIMITS.recentBalanceAsks));
    expect(await under.evidence()).toEqual([]);
  });

  it("fails clearly where the block itself is gone", async () => {
    const under = await start();
    const at = (CHAIN.block(17) as typeof CHAIN.tip).ref;
    for (const each of under.nodes) stand(each, fork);
    await under.index(fork);
    expect(await ask(under, [TOKEN], at)).toMatchObject(
      refused(`block 17 (${at.hash}) is no longer of the indexed chain`),
    );
    expect(await ask(under)).toEqual([node(balanceOf(TOKEN, 12))]);
  });

  it("is waited out where the ledger goes over to the nodes' branch meanwhile", async () => {
    const under = await start();
    const longer = CHAIN.fork(15, "other", 8);
    for (const each of under.nodes) stand(each, longer);
    const told = under.asker.ask([TOKEN], AT, { work: "read" });
    await under.clock.advance(200);
    await under.index(longer);
    expect(await told).toEqual([node(balanceOf(TOKEN, 12))]);
  });
});

describe("overruling the ledger", () => {
  it("is done by the same way", async () => {
    const under = await openBalanceNodes(CHAIN, THREE, { operators: 1 }, () => {}, {
      state: "newest",
      native: "allotted",
    });
    open.push(under);
    for (const each of under.nodes) stand(each, CHAIN);
    const claim = { ...COIN, amount: balanceOf(COIN, 12), source: "node" as const };
    expect(await under.asker.confirm([claim], AT, { work: "read" })).toEqual([true]);
    expect(await under.asker.confirm([{ ...claim, amount: 1n }], AT, { work: "read" })).toEqual([false]);
    expect(under.asker.tellsPast).toBe(false);
  });
});
