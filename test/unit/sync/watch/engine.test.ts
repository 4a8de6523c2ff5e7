import { describe, expect, it } from "vitest";
import type { Account } from "../../../../src/core/model.ts";
import { TEST_NATIVE, TestChain } from "../../../../src/testing/chain/test-chain.ts";
import { type EngineUnderTest, endAfterEach, freshDigest, runEngine } from "../../../support/engine.ts";

const START = 1_700_000_000_000;
const LAG = { targetSeconds: 5, maxSeconds: 1_000_000 };
const WATCHED = { from: 0, scope: "watched", verify: "full" } as const;
const running = endAfterEach();
async function run(chain: TestChain, options: Parameters<typeof runEngine>[1] = {}): Promise<EngineUnderTest> {
  const under = await runEngine(chain, {
    ...options,
    config: { index: WATCHED, lag: LAG, options: { native: "complete" }, ...options.config },
  });
  running.push(under);
  return under;
}

function moveAll(under: EngineUnderTest, chain: TestChain): void {
  for (const node of under.nodes) node.chain = chain;
}

async function watch(under: EngineUnderTest, ...accounts: Account[]): Promise<readonly number[]> {
  await under.until(() => under.engine.watchlist !== undefined);
  const outcomes = await under.engine.watchlist?.watch(accounts);
  return (outcomes ?? []).map(({ since }) => since);
}

/** The ids of the account's transactions above a height, newest first, as the chain has them. */
function honest(chain: TestChain, account: Account, since: number): string[] {
  return chain.blocks
    .filter(({ ref }) => ref.height > since)
    .flatMap(({ transactions }) => transactions)
    .filter(({ movements }) => movements.some((movement) => movement.account === account))
    .map(({ id }) => id)
    .reverse();
}

async function told(under: EngineUnderTest, account: Account): Promise<string[]> {
  using view = under.engine.view();
  const page = await view?.history(account, undefined, 10_000);
  return (page?.transactions ?? []).map(({ id }) => id);
}

function digest(under: EngineUnderTest): string | undefined {
  using view = under.engine.view();
  return view?.position?.digest;
}

async function native(under: EngineUnderTest, account: Account) {
  using view = under.engine.view();
  const at = view?.position?.tip;
  if (!view || !at) throw new Error("nothing is indexed");
  const [sheet] = await under.engine.readBalances(view, at, [{ account, assets: [TEST_NATIVE] }]);
  return { height: at.height, ...sheet?.balances[0] };
}

describe("scope watched", () => {
  it("has the digest of scope all, and nothing of accounts that nobody watches", async () => {
    const chain = TestChain.build(60, START);
    const under = await run(chain);
    await under.untilTip("59-main");
    expect(digest(under)).toBe(await freshDigest(chain));
    expect(await told(under, "account-1")).toEqual([]);
    const { chains, faults } = await under.store.verify();
    expect(faults).toEqual([]);
    expect(chains[0]).toMatchObject({ scope: "watched", blocks: 60, recomputed: 0, transactions: 120, kept: 0 });
  });

  it("keeps every block above the height it tells, while blocks are under way, in the middle of an import", async () => {
    const chain = TestChain.build(600, START);
    const under = await run(chain);
    const since: [Account, number][] = [];
    for (const [i, height] of [20, 150, 300, 450].entries()) {
      await under.until(() => {
        using view = under.engine.view();
        return (view?.position?.tip.height ?? -1) >= height;
      });
      const account = `account-${i}`;
      const [at] = await watch(under, account);
      expect(at).toBeGreaterThanOrEqual(height);
      since.push([account, at as number]);
    }
    await under.untilTip("599-main");
    for (const [account, at] of since) expect(await told(under, account)).toEqual(honest(chain, account, at));
    expect(digest(under)).toBe(await freshDigest(chain));
    expect((await under.store.verify()).faults).toEqual([]);
  });

  it("goes on with its accounts after a restart", async () => {
    const chain = TestChain.build(30, START);
    const first = await runEngine(chain, {
      config: { index: { from: 0, scope: "watched", verify: "full" }, lag: LAG },
    });
    await first.untilTip("29-main");
    const [since] = await watch(first, "account-2");
    await first.stop();
    const longer = chain.mine(20);
    const second = await run(longer, { store: first.store });
    await second.untilTip("49-main");
    expect(second.engine.watchlist?.count).toBe(1);
    expect(await told(second, "account-2")).toEqual(honest(longer, "account-2", since as number));
  });

  it("follows a reorg below the height at which an account was registered, with the right balance", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain);
    await under.untilTip("29-main");
    const [since] = await watch(under, "account-1");
    await under.until(async () => (await native(under, "account-1")).source === "ledger");
    const fork = chain.fork(25, "other", 12);
    moveAll(under, fork);
    await under.untilTip("37-other");
    expect(await told(under, "account-1")).toEqual(honest(fork, "account-1", since as number));
    const { amount } = await native(under, "account-1");
    const moved = fork.blocks
      .flatMap(({ transactions }) => transactions.flatMap(({ movements }) => movements))
      .filter(({ account, asset }) => account === "account-1" && asset === TEST_NATIVE)
      .reduce((sum, { delta }) => sum + delta, 0n);
    expect(amount).toBe(1_000_000n + moved);
    expect(digest(under)).toBe(await freshDigest(fork));
    expect((await under.store.verify()).faults).toEqual([]);
  });

  it("reads a new account's balance at once, and keeps it true by its movements", async () => {
    const chain = TestChain.build(30, START);
    const under = await run(chain);
    await under.untilTip("29-main");
    expect((await native(under, "account-1")).source).toBe("node");
    await watch(under, "account-1");
    await under.until(() => {
      using view = under.engine.view();
      return Promise.resolve(view?.balances("account-1") ?? []).then((entries) => entries[0]?.baseline !== undefined);
    });
    const asked = under.nodes.map((node) => node.calls.get("readBalances"));
    const longer = chain.mine(6);
    moveAll(under, longer);
    await under.untilTip("35-main");
    const { amount, source } = await native(under, "account-1");
    const moved = longer.blocks
      .flatMap(({ transactions }) => transactions.flatMap(({ movements }) => movements))
      .filter(({ account, asset }) => account === "account-1" && asset === TEST_NATIVE)
      .reduce((sum, { delta }) => sum + delta, 0n);
    expect({ amount, source }).toEqual({ amount: 1_000_000n + moved, source: "ledger" });
    expect(asked.some((calls) => calls !== undefined)).toBe(true);
  });

  it("is refused, with the reason, on a chain whose ledger must know every output", async () => {
    const under = await run(TestChain.buildCoins(5, START));
    await under.until(() => under.engine.status().reason?.includes("index.scope: watched") === true);
    expect(under.engine.status().reason).toContain("the ledger must know every output");
    expect(under.engine.view()).toBeUndefined();
  });

  it("is refused where the store has scope all", async () => {
    const chain = TestChain.build(5, START);
    const all = await runEngine(chain);
    await all.untilTip("4-main");
    await all.stop();
    const under = await run(chain, { store: all.store });
    await under.until(() => under.engine.status().reason?.includes("scope all, now asked watched") === true);
  });
});
