import { afterEach, describe, expect, it } from "vitest";
import type { Holding, RecentHoldings } from "../../../src/core/contracts/wallet.ts";
import { LIMITS } from "../../../src/core/limits.ts";
import type { BlockRef } from "../../../src/core/model.ts";
import { TEST_TOKEN, TestChain } from "../../../src/testing/chain/test-chain.ts";
import { type BalanceNodes, openBalanceNodes } from "../../support/balance-nodes.ts";

const CHAIN = TestChain.build(20, Date.UTC(2026, 0, 1));
const refAt = (height: number, chain = CHAIN) => (chain.block(height) as (typeof CHAIN)["tip"]).ref;
/** Its token balance changes in the blocks 10 and 15 only, of those above 5. */
const PAIR = { account: "account-1", asset: TEST_TOKEN };
const THREE = ["acme", "blue", "core"];
const PLACES: readonly Holding[] = [
  { address: "first", amount: 7n, associated: true },
  { address: "second", amount: 5n, associated: false },
];
const open: BalanceNodes[] = [];

type Tell = (place: number) => RecentHoldings | Error;

async function start(tell: Tell, quorum = {}) {
  const options = { state: "newest", native: "allotted" };
  const prepare = (nodes: BalanceNodes["nodes"]) => {
    for (const [i, node] of nodes.entries()) {
      node.holdings = async () => {
        const told = tell(i);
        if (told instanceof Error) throw told;
        return [told];
      };
    }
  };
  const under = await openBalanceNodes(CHAIN, THREE, quorum, prepare, options);
  open.push(under);
  return under;
}

afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

async function read(under: BalanceNodes, at: BlockRef) {
  const told = under.holdings.read([PAIR], at);
  let done = false;
  void told.finally(() => {
    done = true;
  });
  for (let waits = 0; !done && waits < 1_000; waits++) await under.clock.advance(50);
  return await told;
}

const at = (height: number, holdings: readonly Holding[] | null = PLACES): RecentHoldings => ({
  height,
  hash: refAt(height).hash,
  holdings,
});
const refused = (text: string, code = "balance-unavailable") => [{ code, message: expect.stringContaining(text) }];

describe("the places in which a balance lies", () => {
  it("are those that enough operators tell, at heights of their own, where the balance has not changed since", async () => {
    const under = await start((place) => at(19 - place));
    expect(await read(under, refAt(15))).toEqual([PLACES]);
    expect(await read(under, refAt(16))).toEqual([PLACES]);
  });

  it("are an error where the balance has changed since: they are those of another block", async () => {
    const under = await start(() => at(19));
    expect(await read(under, refAt(14))).toMatchObject(refused("has changed or is in dispute since"));
  });

  it("are an error where operators tell others", async () => {
    const moved = [{ address: "first", amount: 12n, associated: true }];
    const under = await start((place) => [at(19), at(19, moved), at(19, [])][place] as RecentHoldings);
    expect(await read(under, refAt(16))).toMatchObject(refused("tell the same", "agreement-insufficient"));
    const most = await start((place) => (place === 0 ? at(19, moved) : at(19)));
    expect(await read(most, refAt(16))).toEqual([PLACES]);
  });

  it("are none, or an error where there is no such asset", async () => {
    expect(await read(await start(() => at(19, [])), refAt(16))).toEqual([[]]);
    expect(await read(await start(() => at(19, null)), refAt(16))).toMatchObject(refused("does not tell a balance"));
  });

  it("are refused of an older block, and of another branch", async () => {
    const older = await start(() => at(15));
    expect(await read(older, refAt(16))).toMatchObject(refused("asked for balances of block 16 or later"));
    const fork = CHAIN.fork(15, "other", 4);
    const other = await start(() => ({ ...at(19), hash: refAt(19, fork).hash }));
    expect(await read(other, refAt(16))).toMatchObject(refused("another branch than the ledger"));
  });

  it("are an error in time where the ledger does not come to where the nodes are", async () => {
    const under = await start(() => ({ height: 22, hash: "far", holdings: PLACES }));
    expect(await read(under, refAt(16))).toMatchObject(refused(`within ${LIMITS.recentBalanceWaitMs} ms`));
  });
});
