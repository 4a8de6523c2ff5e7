import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { HeadwaterError, IntegrityViolation } from "../../../src/core/errors.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { Told } from "../../../src/sync/ask-balances.ts";
import type { BalancePair } from "../../../src/sync/balance-verdicts.ts";
import { TestChain } from "../../../src/testing/chain/test-chain.ts";
import { type BalanceNodes, openBalanceNodes, type Prove } from "../../support/balance-nodes.ts";

const CHAIN = TestChain.build(3, Date.UTC(2026, 0, 1));
const AT = CHAIN.tip.ref;
const PAIR = { account: "alice", asset: "erc20:token" };
const OTHER = { account: "bob", asset: "erc20:token" };
const THREE = ["acme", "blue", "core"];
const down = () => new HeadwaterError("node-timeout", "slow");
const open: BalanceNodes[] = [];

async function start(...args: Parameters<typeof openBalanceNodes> extends [unknown, ...infer Rest] ? Rest : never) {
  const under = await openBalanceNodes(CHAIN, ...args);
  open.push(under);
  return under;
}

afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

async function ask(under: BalanceNodes, pairs: readonly BalancePair[] = [PAIR]): Promise<Told[]> {
  const told = under.asker.ask(pairs, AT, { work: "read" });
  let done = false;
  void told.finally(() => {
    done = true;
  });
  // Attempts on a node that fails wait by the clock.
  for (let waits = 0; !done && waits < 1_000; waits++) await under.clock.advance(50);
  return await told;
}

const node = (amount: bigint) => ({ amount, source: "node" });
const proof = (amount: bigint) => ({ amount, source: "proof" });
const askedOf = ({ nodes }: BalanceNodes) => nodes.map(({ asked }) => asked.length);

describe("a balance asked of nodes", () => {
  it("is what enough operators tell, and no more are asked than that takes", async () => {
    const under = await start(THREE);
    expect(await ask(under)).toEqual([node(100n)]);
    expect(askedOf(under)).toEqual([1, 1, 0]);
    expect(await under.evidence()).toEqual([]);
  });

  it("is that of one operator only where the configuration says that one is enough", async () => {
    const under = await start(THREE, { operators: 1 });
    expect(await ask(under)).toEqual([node(100n)]);
    expect(askedOf(under)).toEqual([1, 0, 0]);
  });

  it("is the majority's where one tells another, which is kept as evidence and held against the node", async () => {
    const under = await start(THREE);
    (under.nodes[0] as (typeof under.nodes)[0]).says = () => 999n;
    expect(await ask(under)).toEqual([node(100n)]);
    expect(askedOf(under)).toEqual([1, 1, 1]);
    expect(await under.evidence()).toMatchObject([
      {
        kind: "balance-dissent",
        ...PAIR,
        block: AT,
        theirs: 999n,
        ours: 100n,
        said: [{ node: "node-0", operator: "acme", region: "eu" }],
        against: [{ node: "node-1" }, { node: "node-2" }],
      },
    ]);
    expect(under.pool.nodes.map(({ lastError }) => lastError?.code)).toEqual([
      "integrity-violation",
      undefined,
      undefined,
    ]);
  });

  it("is kept as evidence once for a node and asset, however many accounts it lies of", async () => {
    const under = await start(THREE);
    (under.nodes[0] as (typeof under.nodes)[0]).says = () => 999n;
    await ask(under, [PAIR, OTHER]);
    await ask(under, [PAIR, { account: "alice", asset: "erc20:other" }]);
    expect(await under.evidence()).toMatchObject([{ asset: "erc20:other" }, { asset: "erc20:token" }]);
  });

  it("is none where no amount has enough operators behind it: the error says who said what", async () => {
    const under = await start(THREE);
    for (const [i, each] of under.nodes.entries()) each.says = () => (i === 2 ? down() : BigInt(i));
    expect(await ask(under)).toMatchObject([
      {
        amount: {
          code: "agreement-insufficient",
          message: expect.stringContaining("takes 2 operators that tell the same; acme says 0, blue says 1, core: "),
          details: { required: 2, operators: 2, height: AT.height, asset: PAIR.asset },
        },
      },
    ]);
    expect(await under.evidence()).toEqual([]);
  });

  it("is never one operator's word when the others are down", async () => {
    const under = await start(THREE);
    for (const each of under.nodes.slice(1)) each.says = down;
    const [told] = await ask(under);
    expect(told).toMatchObject({ amount: { code: "agreement-insufficient" } });
  });

  it("is unavailable when nobody answers", async () => {
    const under = await start(THREE);
    for (const each of under.nodes) each.says = down;
    expect(await ask(under)).toMatchObject([{ amount: { code: "balance-unavailable" } }]);
  });

  it("is refused without asking where too few operators can be asked: cordons do not lower the number", async () => {
    const under = await start(THREE, { operators: 2 });
    for (const each of under.pool.nodes.slice(1)) each.setCause("cordoned", true);
    expect(await ask(under)).toMatchObject([
      {
        amount: {
          code: "agreement-insufficient",
          message: expect.stringContaining("only acme can be asked (blue: cordoned, core: cordoned)"),
        },
      },
    ]);
    expect(askedOf(under)).toEqual([0, 0, 0]);
    under.pool.nodes[0]?.setCause("cordoned", true);
    expect(await ask(under)).toMatchObject([{ amount: { code: "balance-unavailable" } }]);
  });

  it("has one vote an operator, however many nodes it runs", async () => {
    const under = await start(["acme", "acme", "acme", "blue", "core"], { operators: 2 });
    for (const each of under.nodes.slice(0, 3)) each.says = () => 999n;
    expect(await ask(under)).toEqual([node(100n)]);
    expect(
      askedOf(under)
        .slice(0, 3)
        .reduce((sum, n) => sum + n),
    ).toBe(1);
  });

  it("is asked of another node of the operator where the first fails", async () => {
    const under = await start(["acme", "acme", "blue"], { operators: 2 });
    (under.nodes[0] as (typeof under.nodes)[0]).says = down;
    expect(await ask(under)).toEqual([node(100n)]);
  });

  it("needs the regions that the configuration names", async () => {
    const under = await start(["acme/eu", "blue/eu", "core/us"], { operators: 2, regions: 2 });
    expect(await ask(under)).toEqual([node(100n)]);
    expect(askedOf(under)).toEqual([1, 1, 1]);
    const onlyEu = await start(["acme/eu", "blue/eu", "core/eu"], { operators: 2, regions: 2 });
    expect(await ask(onlyEu)).toMatchObject([
      { amount: { code: "agreement-insufficient", message: expect.stringContaining("2 operators from 2 regions") } },
    ]);
  });

  it("is an error, never 0, where operators agree that the asset tells none", async () => {
    const under = await start(THREE);
    for (const each of under.nodes) each.says = (_, asset) => (asset === "erc20:broken" ? null : 100n);
    expect(await ask(under, [{ account: "alice", asset: "erc20:broken" }, PAIR])).toMatchObject([
      { amount: { code: "balance-unavailable", message: expect.stringContaining("does not tell a balance") } },
      node(100n),
    ]);
  });

  it("is asked of more operators only for what is still open", async () => {
    const under = await start(THREE);
    (under.nodes[0] as (typeof under.nodes)[0]).says = (account) => (account === "alice" ? 999n : 100n);
    expect(await ask(under, [PAIR, OTHER])).toEqual([node(100n), node(100n)]);
    expect(under.nodes.map(({ asked }) => asked.join())).toEqual([
      "alice erc20:token,bob erc20:token",
      "alice erc20:token,bob erc20:token",
      "alice erc20:token",
    ]);
  });

  it("does not wait for an operator that keeps still", async () => {
    const under = await start(THREE);
    (under.nodes[0] as (typeof under.nodes)[0]).hangs = true;
    const before = under.clock.now();
    expect(await ask(under)).toEqual([node(100n)]);
    expect(under.clock.now() - before).toBeLessThanOrEqual(1_000);
    expect(askedOf(under)).toEqual([1, 1, 1]);
  });

  it("is given up at once when the caller has gone", async () => {
    const under = await start(THREE);
    for (const each of under.nodes) each.hangs = true;
    const gone = new AbortController();
    const told = under.asker.ask([PAIR], AT, { work: "read", signal: gone.signal });
    const outcome = told.then(
      () => "answered",
      (error: unknown) => error,
    );
    await under.clock.advance(100);
    const reason = new Error("gone");
    gone.abort(reason);
    expect(await outcome).toBe(reason);
    expect(under.clock.sleeping).toBe(0);
    await expect(under.asker.ask([PAIR], AT, { work: "read", signal: gone.signal })).rejects.toBe(reason);
  });

  it("is asked for in parts, and answered in order", async () => {
    const under = await start(THREE);
    for (const each of under.nodes) each.says = (account) => BigInt(account);
    const pairs = Array.from({ length: LIMITS.balanceQueries + 10 }, (_, i) => ({ ...PAIR, account: `${i}` }));
    expect(await ask(under, pairs)).toEqual(pairs.map((_, i) => node(BigInt(i))));
    expect(askedOf(under)).toEqual([2, 2, 0]);
  });

  it("is right or an error, whatever fewer than the quorum do", async () => {
    const deeds = fc.constantFrom("tells", "lies", "lies alike", "fails", "hangs", "knows nothing");
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { maxLength: 2 }), deeds, deeds, async (bad, a, b) => {
        const under = await openBalanceNodes(CHAIN, ["a", "b", "c", "d", "e"], { operators: 3 });
        for (const [k, i] of bad.entries()) {
          const each = under.nodes[i] as (typeof under.nodes)[0];
          const deed = k === 0 ? a : b;
          if (deed === "hangs") each.hangs = true;
          else if (deed !== "tells") {
            each.says = () =>
              deed === "fails" ? down() : deed === "lies" ? BigInt(i) : deed === "knows nothing" ? null : 7n;
          }
        }
        expect(await ask(under)).toEqual([node(100n)]);
        await under.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe("a balance that a node proves", () => {
  const knowing =
    (amounts: Readonly<Record<string, bigint>>): Prove =>
    async (queries) =>
      queries.map(({ account }) => amounts[account] ?? null);
  const proving =
    (prove: Prove, place = 0) =>
    (nodes: BalanceNodes["nodes"]) => {
      (nodes[place] as (typeof nodes)[0]).prove = prove;
    };

  it("is asked of no other", async () => {
    const under = await start(THREE, {}, proving(knowing({ alice: 5n })));
    expect(await ask(under)).toEqual([proof(5n)]);
    expect(askedOf(under)).toEqual([0, 0, 0]);
  });

  it("counts where too few operators can be asked", async () => {
    const under = await start(THREE, {}, proving(knowing({ alice: 5n })));
    for (const each of under.pool.nodes.slice(1)) each.setCause("cordoned", true);
    expect(await ask(under, [PAIR, OTHER])).toMatchObject([proof(5n), { amount: { code: "agreement-insufficient" } }]);
  });

  it("leaves the rest to operators, whose word is then shown to the prover", async () => {
    const shown: unknown[] = [];
    const prove: Prove = async (queries) => {
      shown.push(...queries.filter(({ agreed }) => agreed !== undefined));
      return queries.map(({ account }) => (account === "alice" ? 5n : null));
    };
    const under = await start(THREE, {}, proving(prove));
    for (const each of under.nodes) each.says = (account) => (account === "empty" ? 0n : 100n);
    expect(await ask(under, [OTHER, PAIR, { ...PAIR, account: "empty" }])).toEqual([node(100n), proof(5n), node(0n)]);
    await under.asker.settled();
    expect(shown).toEqual([{ ...OTHER, agreed: 100n }]);
  });

  it("is asked of operators where the proof does not hold, which is kept as evidence", async () => {
    const lie: Prove = async () => {
      throw new IntegrityViolation("balance", "1", "2", "node node-0, block 2");
    };
    const under = await start(THREE, {}, proving(lie));
    expect(await ask(under)).toEqual([node(100n)]);
    await ask(under);
    expect(await under.evidence()).toMatchObject([
      {
        kind: "integrity-violation",
        height: AT.height,
        said: [{ node: "node-0" }],
        message: expect.stringContaining("balance is 2"),
      },
    ]);
    expect(under.pool.nodes[0]?.lastError?.code).toBe("integrity-violation");
  });

  it("is asked of another prover where the first one's proof does not hold", async () => {
    const under = await start(THREE, {}, (nodes) => {
      proving(async () => {
        throw new IntegrityViolation("balance", "1", "2", "node node-0, block 2");
      })(nodes);
      proving(knowing({ alice: 5n }), 1)(nodes);
    });
    for (let i = 0; i < 4; i++) expect(await ask(under)).toEqual([proof(5n)]);
  });

  it("is asked of operators where the prover keeps still, in time for the caller", async () => {
    const under = await start(
      THREE,
      {},
      proving(() => new Promise(() => {})),
    );
    const before = under.clock.now();
    expect(await ask(under)).toEqual([node(100n)]);
    expect(under.clock.now() - before).toBeLessThanOrEqual(LIMITS.proofDeadlineMs + 1_000);
  });

  it("is one of few: many are asked of operators, and proven only where too few of these answer", async () => {
    let calls = 0;
    const prove: Prove = async (queries) => {
      calls++;
      return queries.map(() => 5n);
    };
    const under = await start(THREE, {}, proving(prove));
    for (const each of under.nodes) each.says = () => 0n;
    const many = Array.from({ length: LIMITS.provenBalances + 1 }, (_, i) => ({ ...PAIR, account: `${i}` }));
    expect(await ask(under, many)).toEqual(many.map(() => node(0n)));
    expect(calls).toBe(0);
    for (const each of under.pool.nodes.slice(1)) each.setCause("cordoned", true);
    expect(await ask(under, many)).toEqual(many.map(() => proof(5n)));
  });
});

describe("overruling the ledger", () => {
  const claim = (source: "node" | "proof") => ({ ...PAIR, amount: 100n, source });
  const confirm = (under: BalanceNodes, source: "node" | "proof") =>
    under.asker.confirm([claim(source)], AT, { work: "read" });

  it("takes nothing more than what was agreed by two or proven", async () => {
    const agreed = await start(THREE);
    expect(await confirm(agreed, "node")).toEqual([true]);
    const alone = await start(THREE, { operators: 1 });
    expect(await confirm(alone, "proof")).toEqual([true]);
    expect([...askedOf(agreed), ...askedOf(alone)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("takes a second operator where one was enough to be asked, if there is one", async () => {
    const under = await start(THREE, { operators: 1 });
    expect(await confirm(under, "node")).toEqual([true]);
    for (const [i, each] of under.nodes.entries()) each.says = () => BigInt(i);
    expect(await confirm(under, "node")).toEqual([false]);
    expect(await confirm(await start(["acme"], { operators: 1 }), "node")).toEqual([true]);
  });
});
