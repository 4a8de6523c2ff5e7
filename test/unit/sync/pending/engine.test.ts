import { describe, expect, it } from "vitest";
import type { PendingEntry, PendingPool, RetractedPending } from "../../../../src/core/contracts/service.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import type { Output } from "../../../../src/core/model.ts";
import { unspentAfter } from "../../../../src/testing/chain/coin-recipe.ts";
import { TestChain } from "../../../../src/testing/chain/test-chain.ts";
import type { CoinTransaction } from "../../../../src/testing/chain/test-coins.ts";
import { type EngineUnderTest, endAfterEach, runEngine } from "../../../support/engine.ts";

const START = Date.UTC(2026, 0, 1);
/** Half a block's expected interval, and a tenth more. */
const POLL_MS = 550;
const chain = TestChain.buildCoins(12, START);
/** Coins of the chain that its next blocks do not spend by themselves. */
const [first, second, third] = [...unspentAfter(chain.blocks).values()].slice(4, 7) as [Output, Output, Output];
const running = endAfterEach();

type Under = EngineUnderTest & { readonly pool: PendingPool };

async function run(...[on, options]: Parameters<typeof runEngine>): Promise<Under> {
  const under = await runEngine(on, { inline: true, ...options });
  running.push(under);
  const { pending } = under.engine;
  if (!pending) throw new Error("the chain's nodes tell of pending transactions");
  await under.untilTip(on.tip.ref.hash);
  return { ...under, pool: pending };
}

/** Spends these and pays it all but the fee to one account. */
function pay(id: string, spends: readonly (Output | string)[], to: string, amount: bigint): CoinTransaction {
  const ids = spends.map((spent) => (typeof spent === "string" ? spent : spent.id));
  return { id, coinbase: false, spends: ids, makes: [{ account: to, amount }] };
}

function listAll(under: EngineUnderTest, ...pending: CoinTransaction[]): void {
  for (const node of under.nodes) node.pending = pending;
}

/** They do not tell which transactions are pending. */
function mute(nodes: EngineUnderTest["nodes"]): void {
  for (const node of nodes) node.fail = (method) => (method === "listPending" ? down() : undefined);
}

function moveAll(under: EngineUnderTest, to: TestChain): void {
  for (const node of under.nodes) node.chain = to;
}

function entry(pool: PendingPool, id: string): PendingEntry | undefined {
  const found = pool.find(id);
  return found && "transaction" in found ? found : undefined;
}

function ended(pool: PendingPool, id: string): RetractedPending | undefined {
  const found = pool.find(id);
  return found && "end" in found ? found : undefined;
}

describe("pending transactions", () => {
  it("are told with who has them, what they move and what they cost, and fetched once", async () => {
    const under = await run(chain, { prepare: (nodes) => mute(nodes) });
    const { pool } = under;
    expect(pool.incomplete).toMatch(/0 of 2 operators tell their transactions \(node-/);
    for (const node of under.nodes) node.fail = () => undefined;
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    listAll(under, { ...paid, size: 120, replaceable: true });
    await under.until(() => entry(pool, "tx-pay")?.operators === 3);
    expect(entry(pool, "tx-pay")).toMatchObject({
      transaction: {
        id: "tx-pay",
        index: 0,
        fee: { payer: first.account, amount: 3n },
        outputs: { spends: [{ id: first.id, account: first.account, amount: first.amount }] },
      },
      size: 120,
      replaceable: true,
      replaces: [],
      ancestors: { count: 1, size: 120, fee: 3n },
    });
    expect(pool.ofAccount("shop").map(({ transaction }) => transaction.id)).toEqual(["tx-pay"]);
    expect(pool.ofAccount(first.account)).toHaveLength(1);
    expect(pool.spenderOf(first.id)).toBe("tx-pay");
    expect(pool.spenderOf(second.id)).toBeUndefined();
    await under.until(() => pool.incomplete === null);
    expect(pool.heardAt).toBeGreaterThan(START);
    await under.clock.advance(20 * POLL_MS);
    const fetches = under.nodes.map((node) => node.calls.get("fetchPending") ?? 0);
    expect(fetches.reduce((sum, each) => sum + each)).toBe(1);
  });

  it("stand on each other, whichever is told first", async () => {
    const under = await run(chain);
    const { pool } = under;
    const parent = { ...pay("tx-parent", [first], "shop", first.amount - 1n), size: 100 };
    const child = { ...pay("tx-child", ["tx-parent:0", second], "bank", first.amount), size: 200 };
    const grandchild = { ...pay("tx-grandchild", ["tx-child:0"], "me", first.amount - 7n), size: 300 };
    listAll(under, grandchild, child);
    await under.until(() => pool.incomplete?.startsWith("2 wait") === true);
    expect(pool.ofAccount("me")).toEqual([]);
    listAll(under, grandchild, child, parent);
    await under.until(() => entry(pool, "tx-grandchild") !== undefined);
    const fee = 1n + (second.amount - 1n) + 7n;
    expect(entry(pool, "tx-grandchild")?.ancestors).toEqual({ count: 3, size: 600, fee });
    expect(pool.ofAccount("bank").map(({ transaction }) => transaction.id)).toEqual(["tx-grandchild", "tx-child"]);
    expect(pool.incomplete).toBeNull();
  });

  it("end with the block that has them, in the very turn in which the ledger shows it", async () => {
    const under = await run(chain);
    const { pool } = under;
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    const next = pay("tx-next", ["tx-pay:0"], "bank", first.amount - 4n);
    listAll(under, paid, next);
    await under.until(() => entry(pool, "tx-next")?.operators === 3);
    const mined = chain.mine(1, under.clock.now(), [paid]);
    moveAll(under, mined);
    listAll(under, next);
    let shown = false;
    while (!shown) {
      await under.clock.advance(1);
      using view = under.engine.view();
      const pending = entry(pool, "tx-pay") !== undefined;
      shown = (await view?.transaction("tx-pay")) !== undefined;
      expect(pending).toBe(!shown);
    }
    expect(ended(pool, "tx-pay")).toMatchObject({ end: "confirmed", by: null, movements: expect.any(Array) });
    expect(pool.retractedOf("shop").map(({ id }) => id)).toEqual(["tx-pay"]);
    // What spends of it stands on the ledger now.
    expect(entry(pool, "tx-next")?.ancestors.count).toBe(1);
    expect(pool.spenderOf("tx-pay:0")).toBe("tx-next");
  });

  it("come back after a reorg over their block, since nodes list them again", async () => {
    const under = await run(chain);
    const { pool } = under;
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    listAll(under, paid);
    await under.until(() => entry(pool, "tx-pay") !== undefined);
    moveAll(under, chain.mine(2, under.clock.now(), [paid]));
    listAll(under);
    await under.until(() => ended(pool, "tx-pay")?.end === "confirmed");
    const fork = chain.fork(11, "fork", 3);
    moveAll(under, fork);
    listAll(under, paid);
    await under.untilTip(fork.tip.ref.hash);
    await under.until(() => entry(pool, "tx-pay") !== undefined);
    expect(pool.retractedOf("shop")).toEqual([]);
  });
});

describe("replaced transactions", () => {
  const old = { ...pay("tx-old", [first, third], "shop", first.amount), replaceable: true };
  const child = pay("tx-child", ["tx-old:0"], "bank", first.amount - 1n);
  const bumped = pay("tx-new", [first], "shop", first.amount - 9n);

  it("end by the one that takes their place, and what stands on them is evicted", async () => {
    const under = await run(chain);
    const { pool } = under;
    listAll(under, old, child);
    await under.until(() => entry(pool, "tx-child")?.operators === 3);
    listAll(under, bumped);
    await under.until(() => entry(pool, "tx-new")?.operators === 3);
    expect(entry(pool, "tx-new")?.replaces).toEqual(["tx-old"]);
    expect(ended(pool, "tx-old")).toMatchObject({ end: "replaced", by: "tx-new" });
    expect(ended(pool, "tx-child")).toMatchObject({ end: "evicted", by: null });
    expect(pool.spenderOf(third.id)).toBeUndefined();
    expect(pool.retractedOf("shop").map(({ id }) => id)).toEqual(expect.arrayContaining(["tx-old", "tx-child"]));
    const again = pay("tx-newer", [first], "shop", first.amount - 19n);
    listAll(under, again);
    await under.until(() => entry(pool, "tx-newer") !== undefined);
    expect(entry(pool, "tx-newer")?.replaces).toEqual(["tx-new", "tx-old"]);
  });

  it("stay while more operators list them, whatever one node says", async () => {
    const under = await run(chain);
    const { pool } = under;
    listAll(under, old);
    await under.until(() => entry(pool, "tx-old")?.operators === 3);
    const [liar, other] = under.nodes;
    if (liar) liar.pending = [bumped];
    await under.until(() => pool.incomplete?.includes("contested") === true);
    await under.clock.advance(10 * POLL_MS);
    expect(entry(pool, "tx-old")?.operators).toBe(2);
    expect(pool.find("tx-new")).toBeUndefined();
    if (other) other.pending = [bumped];
    await under.until(() => entry(pool, "tx-new")?.operators === 2);
    expect(ended(pool, "tx-old")).toMatchObject({ end: "replaced", by: "tx-new" });
    // It stays replaced though one node lists it still.
    await under.clock.advance(10 * POLL_MS);
    expect(ended(pool, "tx-old")).toMatchObject({ end: "replaced" });
  });

  it("come back when it turns out that more operators list them", async () => {
    const under = await run(chain, {
      prepare: ([one, two, three]) => {
        if (one) one.pending = [bumped];
        for (const node of [two, three])
          if (node) node.fail = (method) => (method === "listPending" ? down() : undefined);
      },
    });
    const { pool } = under;
    await under.until(() => entry(pool, "tx-new")?.operators === 1);
    for (const node of under.nodes.slice(1)) {
      node.fail = () => undefined;
      node.pending = [old];
    }
    await under.until(() => entry(pool, "tx-old")?.operators === 2);
    expect(ended(pool, "tx-new")).toMatchObject({ end: "replaced", by: "tx-old" });
    await under.clock.advance(10 * POLL_MS);
    expect(entry(pool, "tx-old")).toBeDefined();
  });

  it("end by a transaction that nobody listed before its block", async () => {
    const under = await run(chain);
    const { pool } = under;
    listAll(under, old, child);
    await under.until(() => entry(pool, "tx-child") !== undefined);
    moveAll(under, chain.mine(1, under.clock.now(), [bumped]));
    await under.until(() => ended(pool, "tx-old") !== undefined);
    expect(ended(pool, "tx-old")).toMatchObject({ end: "replaced", by: "tx-new" });
    expect(ended(pool, "tx-child")).toMatchObject({ end: "evicted" });
    // Nodes that are late list it still: it does not come back.
    await under.clock.advance(10 * POLL_MS);
    expect(ended(pool, "tx-old")).toBeDefined();
  });
});

describe("evicted transactions", () => {
  it("end when every node that answers has dropped them, twice over", async () => {
    const under = await run(chain);
    const { pool } = under;
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    listAll(under, paid);
    await under.until(() => entry(pool, "tx-pay")?.operators === 3);
    for (const node of under.nodes.slice(1)) node.pending = [];
    await under.until(() => entry(pool, "tx-pay")?.operators === 1);
    await under.clock.advance(10 * POLL_MS);
    expect(entry(pool, "tx-pay")?.operators).toBe(1);
    const [last] = under.nodes;
    // A node that does not answer says nothing of it.
    const lists = () => under.nodes.map((node) => node.calls.get("listPending") ?? 0);
    if (last) last.pending = [];
    const before = lists();
    await under.until(() => ended(pool, "tx-pay") !== undefined);
    expect(lists()[0]).toBeGreaterThanOrEqual((before[0] as number) + 2);
    expect(ended(pool, "tx-pay")).toMatchObject({ end: "evicted", by: null });
  });

  it("are told once a block has them after all, and come back when they are listed again", async () => {
    const under = await run(chain);
    const { pool } = under;
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    for (const again of [false, true]) {
      listAll(under, paid);
      await under.until(() => entry(pool, "tx-pay") !== undefined);
      listAll(under);
      await under.until(() => ended(pool, "tx-pay")?.end === "evicted");
      expect(under.nodes.some((node) => (node.calls.get("fetchPending") ?? 0) > (again ? 0 : 1))).toBe(again);
    }
    moveAll(under, chain.mine(1, under.clock.now(), [paid]));
    await under.until(() => ended(pool, "tx-pay")?.end === "confirmed");
  });

  it("are not evicted while no node answers", async () => {
    const under = await run(chain);
    const { pool } = under;
    listAll(under, pay("tx-pay", [first], "shop", first.amount - 3n));
    await under.until(() => entry(pool, "tx-pay")?.operators === 3);
    listAll(under);
    mute(under.nodes);
    await under.clock.advance(10 * POLL_MS);
    expect(entry(pool, "tx-pay")?.operators).toBe(0);
    expect(pool.incomplete).toMatch(/^0 of 2 operators tell their transactions/);
  });
});

describe("nodes", () => {
  it("that give what cannot be are passed over, and others are asked for it", async () => {
    const paid = pay("tx-pay", [first], "shop", first.amount - 3n);
    const under = await run(chain);
    const { pool } = under;
    const [liar, honest] = under.nodes;
    if (liar) liar.pending = [{ ...paid, makes: [{ account: "liar", amount: first.amount + 1n }] }];
    await under.until(() => under.engine.nodes()[0]?.lastError?.includes("fee is -1, expected 0 or more") === true);
    await under.clock.advance(10 * POLL_MS);
    expect(liar?.calls.get("fetchPending")).toBe(1);
    expect(pool.find("tx-pay")).toBeUndefined();
    if (honest) honest.pending = [paid];
    await under.until(() => entry(pool, "tx-pay")?.operators === 2);
    expect(pool.ofAccount("liar")).toEqual([]);
  });

  it("that list more than may wait leave the pool incomplete, and it says so", async () => {
    const under = await run(chain);
    const { pool } = under;
    const many = Array.from({ length: LIMITS.pendingWaitingTransactions + 5 }, (_, i) =>
      pay(`tx-orphan-${i}`, [`tx-nowhere-${i}:0`], "shop", 1n),
    );
    listAll(under, ...many, pay("tx-pay", [first], "shop", first.amount - 3n));
    await under.until(() => entry(pool, "tx-pay")?.operators === 3);
    expect(pool.incomplete).toMatch(/the 5 newest are left out, .*; 1000 wait/);
    const fetched = () => under.nodes.reduce((sum, node) => sum + (node.calls.get("fetchPending") ?? 0), 0);
    const before = fetched();
    await under.clock.advance(10 * POLL_MS);
    expect(fetched()).toBe(before);
  });

  it("that list more than is kept leave the newest out, which come when there is room", async () => {
    const under = await run(chain);
    const { pool } = under;
    // Told one after the other, so that each comes in an answer of its own.
    const large = Array.from({ length: 10 }, (_, i) =>
      pay(`tx-${i}`, [i === 0 ? first : `tx-${i - 1}:0`], `${i}`.repeat(LIMITS.pendingBytes / 8), 1n),
    );
    for (let told = 1; told <= large.length; told++) {
      listAll(under, ...large.slice(0, told));
      await under.clock.advance(3 * POLL_MS);
    }
    const kept = large.map(({ id }) => id).filter((id) => entry(pool, id));
    expect(kept).toEqual(["tx-0", "tx-1", "tx-2", "tx-3", "tx-4", "tx-5", "tx-6", "tx-7"]);
    const { pendingTransactions: most, pendingBytes } = LIMITS;
    expect(pool.incomplete).toBe(
      `the 2 newest are left out, at most ${most} transactions of ${pendingBytes} bytes are kept`,
    );
    listAll(under, pay("tx-other", [second], "shop", 1n));
    await under.until(() => entry(pool, "tx-other") !== undefined && pool.incomplete === null);
  });

  it("that are behind list what is confirmed: it is not pending again", async () => {
    const under = await run(chain);
    const { pool } = under;
    const [late] = under.nodes;
    // In a block of the chain, which this node has in its list all the same.
    const confirmed = chain.blocks[11]?.coins?.[1] as CoinTransaction;
    if (late) late.pending = [confirmed];
    await under.clock.advance(10 * POLL_MS);
    expect(late?.calls.get("fetchPending")).toBe(1);
    expect(pool.find(confirmed.id)).toBeUndefined();
    expect(pool.incomplete).toBeNull();
  });

  it("are not asked while the index is far behind", async () => {
    const under = await run(chain);
    for (const node of under.nodes) node.fail = (method) => (method === "fetchBlock" ? down() : undefined);
    moveAll(under, chain.mine(20, under.clock.now()));
    await under.until(() => under.pool.incomplete?.includes("the index is behind") === true);
    await under.clock.advance(2 * POLL_MS);
    const before = under.nodes.map((node) => node.calls.get("listPending"));
    await under.clock.advance(5 * POLL_MS);
    expect(under.nodes.map((node) => node.calls.get("listPending"))).toEqual(before);
  });
});

function down(): HeadwaterError {
  return new HeadwaterError("node-timeout", "down");
}
