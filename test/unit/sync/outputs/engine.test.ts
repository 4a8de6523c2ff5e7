import { describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { initialDigest, nextDigest, sealBlock } from "../../../../src/core/ledger/seal.ts";
import type { Output } from "../../../../src/core/model.ts";
import { unspentAfter } from "../../../../src/testing/chain/coin-recipe.ts";
import { buildTestBlock, type TestBlock } from "../../../../src/testing/chain/test-block.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import type { CoinTransaction } from "../../../../src/testing/chain/test-coins.ts";
import { type EngineUnderTest, endAfterEach, runEngine } from "../../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const running = endAfterEach();
/** The fake clock runs ahead of the worker thread; the tip's age must not matter here. */
const lag = { targetSeconds: 5, maxSeconds: 1_000_000 };

async function run(...[chain, options]: Parameters<typeof runEngine>): Promise<EngineUnderTest> {
  const under = await runEngine(chain, { ...options, config: { lag, ...options?.config } });
  running.push(under);
  return under;
}

/** The digest over a chain's blocks, computed without the engine. */
function honestDigest(chain: TestChain): string {
  let digest = initialDigest("test:one", "test-coins/1", 0);
  for (const block of chain.blocks) digest = nextDigest(digest, sealBlock(block).ledgerHash);
  return digest.toString("hex");
}

/** Ledger and unspent outputs are those of the chain, account by account. */
async function expectLedgerOf(under: EngineUnderTest, chain: TestChain): Promise<void> {
  using view = under.engine.view();
  expect(view?.position?.tip.hash).toBe(chain.tip.ref.hash);
  expect(view?.position?.digest).toBe(honestDigest(chain));
  const unspent = [...unspentAfter(chain.blocks).values()];
  const byId = (a: Output, b: Output) => (a.id < b.id ? -1 : 1);
  for (const account of new Set(unspent.map((output) => output.account))) {
    const own = unspent.filter((output) => output.account === account);
    const page = await view?.unspent(account, undefined, 1_000);
    expect([...(page?.outputs ?? [])].sort(byId)).toEqual(own.sort(byId));
  }
  const ids = chain.blocks.flatMap(({ transactions }) => transactions.flatMap(({ outputs }) => outputs?.spends ?? []));
  const spent = await view?.outputs(ids.map(({ id }) => id));
  expect(spent?.every((output) => output === undefined)).toBe(true);
}

function moveAll(under: EngineUnderTest, chain: TestChain): void {
  for (const node of under.nodes) node.chain = chain;
}

/** The same block with other coins. With verify off nothing but what it spends and makes tells that it is another. */
function withCoins(
  block: TestBlock,
  change: (coins: readonly CoinTransaction[]) => readonly CoinTransaction[],
): TestBlock {
  return { ...block, coins: change(block.coins ?? []) };
}

describe("a chain whose coins are outputs", () => {
  it.each([false, true])("is imported from genesis and followed (decoded inline: %s)", async (inline) => {
    const chain = TestChain.buildCoins(150, START);
    const under = await run(chain, { inline });
    expect(under.engine.capabilities.utxos).toBe(true);
    await under.untilTip(chain.tip.ref.hash);
    await expectLedgerOf(under, chain);
    const longer = chain.mine(5);
    moveAll(under, longer);
    await under.untilTip(longer.tip.ref.hash);
    await expectLedgerOf(under, longer);
    expect(under.engine.knowsOutputs).toBe(true);
    expect(under.engine.status()).toMatchObject({ state: "synced", reason: null });
  });

  it("tells every balance by itself, also that an account has nothing that no block ever named", async () => {
    const chain = TestChain.buildCoins(30, START);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    using view = under.engine.view();
    const at = view?.position?.tip;
    if (!view || !at) throw new Error("nothing is indexed");
    const unspent = [...unspentAfter(chain.blocks).values()];
    const account = unspent[0]?.account as string;
    const sum = unspent.reduce((total, output) => total + (output.account === account ? output.amount : 0n), 0n);
    for (const node of under.nodes)
      node.fail = (method) => (method === "readBalances" ? new Error("asked") : undefined);
    const requests = [account, "never named"].map((each) => ({ account: each, assets: undefined }));
    const sheets = await under.engine.readBalances(view, at, requests);
    const told = sheets.map(({ balances }) => balances.map(({ amount, source }) => [amount, source]));
    expect(told).toEqual([[[sum, "ledger"]], [[0n, "ledger"]]]);
    const [later] = await under.engine.readBalances(view, at, [{ account: "never named", assets: undefined }]);
    expect(later?.balances).toMatchObject([{ amount: 0n, source: "ledger" }]);
  });

  it("knows not every output when it starts later", async () => {
    const chain = TestChain.buildCoins(10, START);
    const under = await run(chain, { config: { index: { from: 3, scope: "all", verify: "full" } } });
    await under.until(() => under.engine.startHeight === 3);
    expect(under.engine.knowsOutputs).toBe(false);
    // Block 3 spends what was made before: no node can mend that, and the chain says why it does not go on.
    await under.until(() => under.engine.status().reason?.includes("spent output") === true);
  });

  it.each([1, 2, 20])("is followed through a reorg of depth %i over spent outputs", async (depth) => {
    const chain = TestChain.buildCoins(40, START);
    const under = await run(chain);
    await under.untilTip(chain.tip.ref.hash);
    const fork = chain.fork(39 - depth, "fork", depth + 2);
    moveAll(under, fork);
    await under.untilTip(fork.tip.ref.hash);
    await expectLedgerOf(under, fork);
    const back = chain.mine(5);
    moveAll(under, back);
    await under.untilTip(back.tip.ref.hash);
    await expectLedgerOf(under, back);
  });

  it("goes on where it stopped, after a restart in the middle", async () => {
    const chain = TestChain.buildCoins(200, START);
    const first = await runEngine(chain, { operators: 1, config: { lag } });
    await first.until(() => {
      using view = first.engine.view();
      return (view?.position?.tip.height ?? -1) >= 20;
    });
    await first.stop();
    const second = await run(chain, { operators: 1, store: first.store });
    await second.untilTip(chain.tip.ref.hash);
    await expectLedgerOf(second, chain);
  });
});

describe("a lying node", () => {
  type Lie = (coins: readonly CoinTransaction[]) => readonly CoinTransaction[];
  const lies: readonly (readonly [string, Lie, string])[] = [
    ["spends what there is not", (coins) => spendAlso(coins, "tx-nowhere:0"), "spent output"],
    ["spends what is spent", (coins) => spendAlso(coins, "tx-0-main-0:0"), "spent output"],
    ["makes more than it may", ([first, ...rest]) => [inflate(first as CoinTransaction), ...rest], "reward"],
  ];
  const off = { index: { from: 0, scope: "all", verify: "off" } } as const;

  it.each(lies)("whose block %s is passed over, and the others are asked", async (_, lie, field) => {
    const chain = TestChain.buildCoins(60, START);
    const under = await run(chain, {
      config: off,
      prepare: ([liar, ...others]) => {
        let lied = false;
        for (const node of others) {
          node.fail = (method) =>
            method === "fetchBlock" && !lied ? new HeadwaterError("node-timeout", "not before the lie") : undefined;
        }
        if (!liar) return;
        liar.serve = (block) => {
          if (block.ref.height % 7 !== 5) return block;
          lied = true;
          return withCoins(block, lie);
        };
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    await expectLedgerOf(under, chain);
    const [evidence] = await under.engine.evidence(1);
    expect(evidence).toMatchObject({ kind: "integrity-violation", said: [{ node: under.nodes[0]?.name }] });
    expect(evidence && "message" in evidence && evidence.message).toContain(field);
  });

  it("at the tip is passed over as well", async () => {
    const chain = TestChain.buildCoins(20, START);
    const under = await run(chain, { config: off });
    await under.untilTip(chain.tip.ref.hash);
    const [liar] = under.nodes;
    if (liar) liar.serve = (block) => withCoins(block, (coins) => spendAlso(coins, "tx-nowhere:0"));
    const longer = chain.mine(4);
    moveAll(under, longer);
    await under.untilTip(longer.tip.ref.hash);
    await expectLedgerOf(under, longer);
  });

  it("stops nothing but the chain when all nodes lie alike, and says why", async () => {
    const chain = TestChain.buildCoins(20, START);
    const under = await run(chain, {
      config: off,
      prepare: (nodes) => {
        for (const node of nodes) {
          node.serve = (block) =>
            block.ref.height === 10 ? withCoins(block, (coins) => spendAlso(coins, "tx-nowhere:0")) : block;
        }
      },
    });
    await under.until(() => under.engine.status().reason?.includes("tx-nowhere:0, which there is not") === true);
    using view = under.engine.view();
    expect(view?.position?.tip.height).toBe(9);
    for (const node of under.nodes) node.serve = (block) => block;
    await under.untilTip(chain.tip.ref.hash);
  });
});

describe("trails", () => {
  it("hold a block against those before it, over a restart", async () => {
    const chain = TestChain.buildCoins(10, START);
    const early = chain.mine(1, START - 5_000);
    const first = await runEngine(chain, { config: { lag } });
    await first.untilTip(chain.tip.ref.hash);
    await first.stop();
    const second = await run(early, { store: first.store });
    await second.until(() => second.engine.status().reason?.includes("time is") === true);
    expect(second.engine.status().reason).toContain(`expected later than ${START - 2_000}`);
    using view = second.engine.view();
    expect(view?.position?.tip.hash).toBe(chain.tip.ref.hash);
    // Another block in its place is taken in.
    const good = chain.mine(3, START + 1_500);
    moveAll(second, good);
    await second.untilTip(good.tip.ref.hash);
    await expectLedgerOf(second, good);
  });
});

function spendAlso(coins: readonly CoinTransaction[], id: string): readonly CoinTransaction[] {
  return coins.map((coin, i) => (i === coins.length - 1 ? { ...coin, spends: [...coin.spends, id] } : coin));
}

function inflate(coin: CoinTransaction): CoinTransaction {
  return { ...coin, makes: coin.makes.map((made) => ({ ...made, amount: made.amount + 1n })) };
}

// A block built anew has the hash of its content: the lie is found by height, where no hash is known.
describe("a block of a branch of its own", () => {
  it("is refused although its hash holds", async () => {
    const chain = TestChain.buildCoins(200, START);
    const under = await run(chain, {
      prepare: ([liar]) => {
        if (!liar) return;
        liar.serve = (block) => {
          if (block.ref.height % 50 !== 20) return block;
          const { hash: _, ...ref } = block.ref;
          return buildTestBlock("main", ref, [], [], spendAlso(block.coins ?? [], "tx-nowhere:0"));
        };
      },
    });
    await under.untilTip(chain.tip.ref.hash);
    await expectLedgerOf(under, chain);
  });
});
