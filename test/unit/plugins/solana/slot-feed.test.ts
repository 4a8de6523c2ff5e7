import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { watchSlots } from "../../../../src/plugins/solana/slot-feed.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { LineFeed } from "../../../support/line-feed.ts";
import { slotHash } from "../../../support/solana-slots.ts";

const tipAt = (slot: number): BlockRef => ({
  height: slot,
  hash: slotHash(slot),
  parentHash: slotHash(slot - 1),
  parentHeight: slot - 1,
  time: slot,
});

const subscribed = { jsonrpc: "2.0", id: 1, result: 23 };
const slot = (at: number, subscription = 23) => ({
  jsonrpc: "2.0",
  method: "slotNotification",
  params: { subscription, result: { parent: at - 1, root: at - 32, slot: at } },
});

/** A watch over a feed whose lines the test writes, of a node whose answers the test gives. */
function watch() {
  const feed = new LineFeed();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const questions: { readonly signal: AbortSignal | undefined; answer: (tip: BlockRef | Error) => void }[] = [];
  const tips: BlockRef[] = [];
  const told = new EventTarget();
  const fetchTip = ({ signal }: { signal?: AbortSignal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<BlockRef>();
    const answer = (tip: BlockRef | Error) => (tip instanceof Error ? reject(tip) : resolve(tip));
    questions.push({ signal, answer });
    told.dispatchEvent(new Event("asked"));
    return promise;
  };
  const onTip = (tip: BlockRef) => {
    tips.push(tip);
    told.dispatchEvent(new Event("tip"));
  };
  const ended = watchSlots(feed.open, fetchTip, "acme-eu", onTip, stop.signal);
  ended.catch(() => undefined);
  const next = (what: "asked" | "tip") => once(told, what);
  return { feed, stop, questions, tips, ended, next };
}

describe("watchSlots", () => {
  it("asks for the newest block at every slot, and once more where slots came while it was asking", async () => {
    const { feed, questions, tips, next, stop, ended } = watch();
    feed.write(subscribed);
    let asked = next("asked");
    feed.write(slot(100));
    await asked;
    feed.write(slot(100, 7));
    feed.write(slot(101));
    feed.write(slot(102));
    await feed.drained();
    expect(questions.length).toBe(1);
    asked = next("asked");
    questions[0]?.answer(tipAt(98));
    await asked;
    const tip = next("tip");
    questions[1]?.answer(tipAt(100));
    await tip;
    expect([tips, questions.length]).toEqual([[tipAt(98), tipAt(100)], 2]);
    expect(feed.sent).toEqual([{ jsonrpc: "2.0", id: 1, method: "slotSubscribe", params: [] }]);
    stop.abort();
    await ended;
    expect(feed.sent.at(-1)).toEqual({ jsonrpc: "2.0", id: 2, method: "slotUnsubscribe", params: [23] });
    expect(feed.signal?.aborted).toBe(true);
  });

  it("tells a block once, and goes on when the node cannot be asked", async () => {
    const { feed, questions, tips, next } = watch();
    feed.write(subscribed);
    for (const answer of [tipAt(98), tipAt(98), new HeadwaterError("node-throttled", "429"), tipAt(99)]) {
      const asked = next("asked");
      feed.write(slot(100));
      await asked;
      questions.at(-1)?.answer(answer);
      await feed.drained();
    }
    expect(tips).toEqual([tipAt(98), tipAt(99)]);
  });

  it("ends the question that is under way when it is told to end", async () => {
    const { feed, questions, tips, next, stop, ended } = watch();
    feed.write(subscribed);
    const asked = next("asked");
    feed.write(slot(100));
    await asked;
    stop.abort();
    await ended;
    expect(questions[0]?.signal?.aborted).toBe(true);
    questions[0]?.answer(tipAt(98));
    await feed.drained();
    expect(tips).toEqual([]);
  });

  it("fails when the feed closes, and when the node refuses", async () => {
    const closing = watch();
    closing.feed.write(subscribed);
    closing.feed.close();
    expect(await failureOf(closing.ended)).toMatchObject({
      code: "node-unreachable",
      message: "node acme-eu, slotSubscribe: the feed closed",
    });
    const refusing = watch();
    refusing.feed.write({ jsonrpc: "2.0", id: 1, error: { code: -32601, message: "Method not found" } });
    expect((await failureOf(refusing.ended)).code).toBe("node-method-unsupported");
  });

  it("hands on what the listener throws", async () => {
    const feed = new LineFeed();
    const listener = () => {
      throw new Error("no more");
    };
    const ended = watchSlots(feed.open, async () => tipAt(98), "acme-eu", listener, new AbortController().signal);
    feed.write(subscribed);
    feed.write(slot(100));
    await expect(ended).rejects.toThrow("no more");
    expect(feed.signal?.aborted).toBe(true);
  });
});
