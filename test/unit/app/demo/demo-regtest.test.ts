import { afterEach, expect, it } from "vitest";
import { DemoRegtest, offerRegtest } from "../../../../src/app/demo/demo-regtest.ts";
import { STAND_IN } from "../../../../src/testing/bitcoin/start-node.ts";
import { FakeClock } from "../../../../src/testing/fake-clock.ts";

let demo: DemoRegtest | undefined;

afterEach(() => demo?.stop());

it("says where its nodes are no real ones, and what brings real ones", () => {
  const { text } = offerRegtest({ HEADWATER_LITECOIND: "", HEADWATER_BITCOIND: "" });
  expect(text).toMatch(/no real nodes.*apt-get install litecoind/s);
});

it("leaves its newest blocks at times, and goes on", async () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  demo = await DemoRegtest.start(STAND_IN, clock);
  const ended = new AbortController();
  await demo.makeHistory(ended.signal);
  const { client } = demo.network.first;
  expect(await client.call("getblockcount")).toBe(demo.historyHeight);
  const depths: number[] = [];
  const going = demo.keepGoing(ended.signal, (text) => {
    depths.push(Number(/left their newest (\d+) for/.exec(text)?.[1]));
  });
  while (depths.length < 2) {
    await clock.advance(1_000);
    // Lets the nodes answer, whose way is no part of the fake clock.
    await client.call("getblockcount");
  }
  ended.abort();
  await going;
  const tips = await client.call<{ status: string; branchlen: number }[]>("getchaintips");
  const left = tips.filter(({ status }) => status !== "active").map(({ branchlen }) => branchlen);
  expect(left.sort()).toEqual(depths.sort());
  // Seven single blocks and one more than were left, twice.
  expect(await client.call("getblockcount")).toBe(demo.historyHeight + 2 * 8);
});
