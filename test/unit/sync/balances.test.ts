import { describe, expect, it } from "vitest";
import type { BalanceSheet } from "../../../src/core/contracts/service.ts";
import { HeadwaterError } from "../../../src/core/errors.ts";
import { TEST_NATIVE, TEST_TOKEN, TestChain } from "../../../src/testing/chain/test-chain.ts";
import type { TestNode } from "../../../src/testing/chain/test-node.ts";
import { type EngineUnderTest, endAfterEach, runEngine } from "../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
const CHAIN = TestChain.build(12, START);
const ACCOUNT = "account-1";
const running = endAfterEach();

async function run(options: Parameters<typeof runEngine>[1] = {}, chain = CHAIN): Promise<EngineUnderTest> {
  const under = await runEngine(chain, {
    config: { lag: { targetSeconds: 5, maxSeconds: 1_000_000 } },
    ...options,
  });
  running.push(under);
  await under.untilTip(chain.tip.ref.hash);
  return under;
}

/** Genesis allots native coins to everyone, tokens to nobody. */
function honest(nodes: readonly TestNode[]): void {
  for (const node of nodes) node.owned = (_, asset) => (asset === TEST_NATIVE ? 1_000_000n : 0n);
}

function sumOf(asset: string, height: number, chain = CHAIN): bigint {
  let sum = 0n;
  for (const { transactions } of chain.blocks.slice(0, height + 1)) {
    for (const { movements } of transactions) {
      for (const moved of movements) if (moved.account === ACCOUNT && moved.asset === asset) sum += moved.delta;
    }
  }
  return sum;
}

async function read(under: EngineUnderTest, assets?: readonly string[], height?: number): Promise<BalanceSheet> {
  using view = under.engine.view();
  if (!view?.position) throw new Error("nothing is indexed");
  const at = height === undefined ? view.position.tip : (await view.block(height))?.ref;
  if (!at) throw new Error(`block ${height} is not indexed`);
  const [sheet] = await under.engine.readBalances(view, at, [{ account: ACCOUNT, assets }]);
  return sheet as BalanceSheet;
}

describe("a balance", () => {
  it("of a complete class comes from the ledger when the index begins at genesis, of a partial one from nodes", async () => {
    const under = await run({ prepare: honest });
    const { balances, errors } = await read(under);
    expect(errors).toEqual([]);
    expect(balances).toEqual(
      expect.arrayContaining([
        { asset: TEST_TOKEN, info: { symbol: "TOK", decimals: 6 }, amount: sumOf(TEST_TOKEN, 11), source: "ledger" },
        {
          asset: TEST_NATIVE,
          info: { symbol: "TST", decimals: 6 },
          amount: 1_000_000n + sumOf(TEST_NATIVE, 11),
          source: "node",
        },
      ]),
    );
  });

  it("at an earlier height is the balance after that block", async () => {
    const under = await run({ prepare: honest });
    for (const height of [0, 3, 7]) {
      const { balances } = await read(under, [TEST_TOKEN, TEST_NATIVE], height);
      expect(balances.map(({ amount }) => amount)).toEqual([
        sumOf(TEST_TOKEN, height),
        1_000_000n + sumOf(TEST_NATIVE, height),
      ]);
    }
  });

  it("is asked of a node once when the index began later, and kept true by the movements after that", async () => {
    const under = await run({
      prepare: honest,
      config: { index: { from: 5, scope: "all", verify: "full" }, lag: { targetSeconds: 5, maxSeconds: 1_000_000 } },
    });
    const [first] = (await read(under, [TEST_TOKEN])).balances;
    expect(first).toMatchObject({ amount: sumOf(TEST_TOKEN, 11), source: "node" });
    const longer = CHAIN.mine(10);
    for (const node of under.nodes) node.chain = longer;
    await under.untilTip("21-main");
    const [later] = (await read(under, [TEST_TOKEN])).balances;
    expect(later).toMatchObject({ amount: sumOf(TEST_TOKEN, 21, longer), source: "ledger" });
    // That read held the contract against a node for the first time; from here on the ledger answers alone.
    const asked = under.nodes.map((node) => node.calls.get("readBalances") ?? 0);
    expect((await read(under, [TEST_TOKEN])).balances).toEqual([later]);
    expect(under.nodes.map((node) => node.calls.get("readBalances") ?? 0)).toEqual(asked);
  });

  it("that the contract does not tell is an error, never 0", async () => {
    const under = await run({ prepare: honest });
    const { balances, errors } = await read(under, ["erc20:broken", TEST_TOKEN]);
    expect(balances.map(({ asset }) => asset)).toEqual([TEST_TOKEN]);
    expect(errors).toMatchObject([{ asset: "erc20:broken", error: { code: "balance-unavailable" } }]);
  });

  it("of a partial class is an error, never 0, when no node answers", async () => {
    const under = await run({ prepare: honest });
    for (const node of under.nodes) {
      node.fail = (method) => (method === "readBalances" ? new HeadwaterError("node-timeout", "slow") : undefined);
    }
    let sheet: BalanceSheet | undefined;
    void read(under).then((answer) => {
      sheet = answer;
    });
    // Between the rounds of attempts the reader waits by the clock.
    await under.until(() => sheet !== undefined);
    const { balances, errors } = sheet as unknown as BalanceSheet;
    expect(balances.map(({ asset }) => asset)).toEqual([TEST_TOKEN]);
    expect(errors).toMatchObject([{ asset: TEST_NATIVE, error: { code: "balance-unavailable" } }]);
  });

  it("of an asset without movements is asked of a node when named, not taken for 0", async () => {
    const under = await run({
      prepare: (nodes) => {
        for (const node of nodes) node.owned = () => 77n;
      },
    });
    const { balances } = await read(under, ["erc20:silent"]);
    expect(balances).toMatchObject([{ asset: "erc20:silent", amount: 77n, source: "node" }]);
  });
});

describe("reconciliation", () => {
  const rebasing = (nodes: readonly TestNode[]) => {
    for (const node of nodes) node.owned = (_, asset, height) => (asset === TEST_TOKEN && height >= 6 ? 500n : 0n);
  };

  it("finds a token that does not obey its events, names the block, and serves it from nodes", async () => {
    const under = await run({ prepare: rebasing });
    const [atOnce] = (await read(under, [TEST_TOKEN])).balances;
    expect(atOnce).toMatchObject({ amount: sumOf(TEST_TOKEN, 11) + 500n, source: "node" });
    await under.until(async () => {
      using view = under.engine.view();
      return ((await view?.mismatches(10)) ?? []).length > 0;
    });
    using view = under.engine.view();
    expect(await view?.mismatches(10)).toMatchObject([
      { account: ACCOUNT, asset: TEST_TOKEN, height: 6, actual: sumOf(TEST_TOKEN, 11) + 500n },
    ]);
    expect(under.engine.completeness(TEST_TOKEN)).toBe("partial");
    const [repaired] = (await read(under, [TEST_TOKEN])).balances;
    expect(repaired).toMatchObject({ amount: sumOf(TEST_TOKEN, 11) + 500n, source: "node" });
  });

  it.each([3, 106, 109])("names the block at %d where heights are skipped", async (from) => {
    // Heights 0 to 5, and 106 to 111.
    const chain = TestChain.buildSlots(6, START).skip(100).mine(6);
    const under = await run(
      {
        prepare: (nodes) => {
          for (const node of nodes)
            node.owned = (_, asset, height) => (asset === TEST_TOKEN && height >= from ? 500n : 0n);
        },
      },
      chain,
    );
    await read(under, [TEST_TOKEN]);
    await under.until(async () => {
      using view = under.engine.view();
      return ((await view?.mismatches(10)) ?? []).length > 0;
    });
    using view = under.engine.view();
    expect(await view?.mismatches(10)).toMatchObject([{ account: ACCOUNT, asset: TEST_TOKEN, height: from }]);
  });

  it("takes back the ledger's word for a token that stops to obey its events after it was confirmed", async () => {
    const under = await run({
      prepare: (nodes) => {
        for (const node of nodes) node.owned = (_, asset, height) => (asset === TEST_TOKEN && height >= 15 ? 500n : 0n);
      },
    });
    for (let reads = 0; reads < 2; reads++) {
      expect((await read(under, [TEST_TOKEN])).balances).toMatchObject([{ source: "ledger" }]);
    }
    const longer = CHAIN.mine(10);
    for (const node of under.nodes) node.chain = longer;
    await under.untilTip("21-main");
    await read(under, [TEST_TOKEN]);
    await under.until(() => under.engine.completeness(TEST_TOKEN) === "partial");
    expect((await read(under, [TEST_TOKEN])).balances).toMatchObject([
      { amount: sumOf(TEST_TOKEN, 21, longer) + 500n, source: "node" },
    ]);
  });

  it("believes no operator alone", async () => {
    const under = await run({
      prepare: ([liar, ...others]) => {
        honest(others);
        if (liar) liar.owned = () => 999n;
      },
    });
    await read(under, [TEST_TOKEN]);
    const asked = () => under.nodes.reduce((sum, node) => sum + (node.calls.get("readBalances") ?? 0), 0);
    await under.until(() => asked() > 0);
    using view = under.engine.view();
    expect(await view?.mismatches(10)).toEqual([]);
    expect((await read(under, [TEST_TOKEN])).balances).toMatchObject([{ source: "ledger" }]);
  });
});

describe("a balance of nodes that know the newest state only", () => {
  const config = {
    index: { from: 5, scope: "all", verify: "full" },
    lag: { targetSeconds: 5, maxSeconds: 1_000_000 },
    options: { state: "newest", native: "allotted" },
  } as const;
  const asked = ({ nodes }: EngineUnderTest) =>
    nodes.reduce((sum, node) => sum + (node.calls.get("readRecentBalances") ?? 0), 0);

  it("of an earlier block is led back to it, learnt, and kept true by the movements after that", async () => {
    const under = await run({ prepare: honest, config });
    expect((await read(under, [TEST_TOKEN, TEST_NATIVE], 7)).balances).toMatchObject([
      { amount: sumOf(TEST_TOKEN, 7), source: "node" },
      { amount: 1_000_000n + sumOf(TEST_NATIVE, 7), source: "node" },
    ]);
    const longer = CHAIN.mine(10);
    for (const node of under.nodes) node.chain = longer;
    await under.untilTip("21-main");
    // The first read after that holds both against nodes, and from then on the ledger answers alone.
    await read(under, [TEST_TOKEN, TEST_NATIVE]);
    const before = asked(under);
    expect((await read(under, [TEST_TOKEN, TEST_NATIVE])).balances).toMatchObject([
      { amount: sumOf(TEST_TOKEN, 21, longer), source: "ledger" },
      { amount: 1_000_000n + sumOf(TEST_NATIVE, 21, longer), source: "ledger" },
    ]);
    expect(asked(under)).toBe(before);
    expect(under.nodes.some((node) => node.calls.has("readBalances"))).toBe(false);
  });

  it("waits for the engine's own next commit", async () => {
    const under = await run({ prepare: honest, config, inline: true });
    const longer = CHAIN.mine(1);
    for (const node of under.nodes) node.chain = longer;
    const sheet = read(under, [TEST_NATIVE]);
    await under.untilTip("12-main");
    expect((await sheet).balances).toMatchObject([{ amount: 1_000_000n + sumOf(TEST_NATIVE, 11), source: "node" }]);
  });

  it("is an error once nodes have shown that the token does not obey its events, unless they stand on the block", async () => {
    const under = await run({
      config,
      prepare: (nodes) => {
        for (const node of nodes) node.owned = (_, asset, height) => (asset === TEST_TOKEN && height >= 13 ? 500n : 0n);
      },
    });
    for (let reads = 0; reads < 2; reads++) await read(under, [TEST_TOKEN]);
    const longer = CHAIN.mine(10);
    for (const node of under.nodes) node.chain = longer;
    await under.untilTip("21-main");
    await read(under, [TEST_TOKEN]);
    await under.until(() => under.engine.completeness(TEST_TOKEN) === "partial");
    using view = under.engine.view();
    // No search of the past: it would only find the first indexed block.
    expect(await view?.mismatches(10)).toMatchObject([{ account: ACCOUNT, asset: TEST_TOKEN, height: 21 }]);
    expect((await read(under, [TEST_TOKEN])).balances).toMatchObject([
      { amount: sumOf(TEST_TOKEN, 21, longer) + 500n, source: "node" },
    ]);
    const { balances, errors } = await read(under, [TEST_TOKEN], 20);
    expect(balances).toEqual([]);
    expect(errors).toMatchObject([{ asset: TEST_TOKEN, error: { code: "balance-unavailable" } }]);
  });
});
