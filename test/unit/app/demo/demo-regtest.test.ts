import { afterEach, expect, it } from "vitest";
import { chooseRegtest, DemoRegtest, REGTEST_HISTORY_BLOCKS } from "../../../../src/app/demo/demo-regtest.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

const NOWHERE = { HEADWATER_LITECOIND: "", HEADWATER_BITCOIND: "" };
let demo: DemoRegtest | undefined;

afterEach(() => demo?.stop());

it("says where its nodes are no real ones, and what brings real ones", () => {
  const { kind, text } = chooseRegtest(NOWHERE);
  expect(kind.name).toBe("stand-in");
  expect(text).toMatch(/no real nodes.*apt-get install litecoind/s);
});

it("leaves its newest blocks at times, and goes on", async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  demo = await DemoRegtest.start(chooseRegtest(NOWHERE).kind, clock);
  const ended = new AbortController();
  await demo.makeHistory(ended.signal);
  const { client } = demo.network.first;
  expect(await client.call("getblockcount")).toBe(REGTEST_HISTORY_BLOCKS);
  const depths: number[] = [];
  const mining = demo.keepMining(ended.signal, (depth) => depths.push(depth));
  while (depths.length < 2) {
    await clock.advance(1_000);
    // Lets the nodes answer, whose way is no part of the fake clock.
    await client.call("getblockcount");
  }
  ended.abort();
  await mining;
  const tips = await client.call<{ status: string; branchlen: number }[]>("getchaintips");
  const left = tips.filter(({ status }) => status !== "active").map(({ branchlen }) => branchlen);
  expect(left.sort()).toEqual(depths.sort());
  // Seven single blocks and one more than were left, twice.
  expect(await client.call("getblockcount")).toBe(REGTEST_HISTORY_BLOCKS + 2 * 8);
});
