import { describe, expect, it } from "vitest";
import type { NodeFeed } from "../../../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { watchNewHeads } from "../../../../src/plugins/evm/new-heads.ts";
import { blockRef, rpcHeader } from "../../../support/evm-headers.ts";
import { failureOf } from "../../../support/failure-of.ts";

/** A feed that says what the test says, and keeps what it was told. */
class ScriptedFeed implements NodeFeed {
  readonly sent: unknown[] = [];
  readonly messages: AsyncIterable<string>;
  signal: AbortSignal | undefined;
  readonly open = async (signal: AbortSignal): Promise<NodeFeed> => {
    this.signal = signal;
    return this;
  };

  constructor(texts: readonly string[], end: "closes" | "breaks" | "stays open") {
    async function* say() {
      yield* texts;
      if (end === "breaks") throw new Error("reset");
      if (end === "stays open") await new Promise(() => undefined);
    }
    this.messages = say();
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
}

const subscribed = JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0xs1" });
const head = (header: unknown, subscription = "0xs1") =>
  JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result: header } });
const watch = (
  feed: ScriptedFeed,
  onTip: (tip: BlockRef) => void = () => undefined,
  signal = new AbortController().signal,
) => watchNewHeads(feed.open, "acme-eu", onTip, signal);

describe("watchNewHeads", () => {
  it("gives heads of its own subscription in order, also those of a reorg", async () => {
    const others = [head(rpcHeader(99), "0xother"), JSON.stringify({ jsonrpc: "2.0", id: 7, result: true })];
    const texts = [subscribed, head(rpcHeader(4)), ...others, head(rpcHeader(5)), head(rpcHeader(5, "b"))];
    const feed = new ScriptedFeed(texts, "closes");
    const tips: BlockRef[] = [];
    expect(await failureOf(watch(feed, (tip) => tips.push(tip)))).toMatchObject({
      code: "node-unreachable",
      message: "node acme-eu, eth_subscribe: the feed closed",
    });
    expect(tips).toEqual([blockRef(4), blockRef(5), blockRef(5, "b")]);
    expect(feed.sent[0]).toEqual({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] });
    expect(feed.signal?.aborted).toBe(true);
  });

  it("unsubscribes when told to end, then closes the feed", async () => {
    const controller = new AbortController();
    const feed = new ScriptedFeed([subscribed, head(rpcHeader(4))], "stays open");
    await watch(feed, () => controller.abort(), controller.signal);
    expect(feed.sent[1]).toEqual({ jsonrpc: "2.0", id: 2, method: "eth_unsubscribe", params: ["0xs1"] });
    expect(feed.signal?.aborted).toBe(true);
  });

  it("ends at once when told so before or while the feed opens", async () => {
    const controller = new AbortController();
    const opening = watchNewHeads(
      () => new Promise(() => undefined),
      "acme-eu",
      () => undefined,
      controller.signal,
    );
    controller.abort();
    await opening;
    const feed = new ScriptedFeed([], "closes");
    await watch(feed, () => undefined, controller.signal);
    expect(feed.sent).toEqual([]);
  });

  it.each([
    [
      "a refusal",
      JSON.stringify({ id: 1, error: { code: -32601, message: "notifications not supported" } }),
      "node-method-unsupported",
    ],
    ["a subscription without id", JSON.stringify({ id: 1, result: null }), "node-bad-response"],
    ["no JSON", "<html>", "node-bad-response"],
    ["no object", "[]", "node-bad-response"],
  ])("fails with %s", async (_name, text, code) => {
    expect((await failureOf(watch(new ScriptedFeed([text], "stays open")))).code).toBe(code);
  });

  it("fails with a head that is none", async () => {
    const feed = new ScriptedFeed([subscribed, head({ number: "0x4" })], "stays open");
    expect((await failureOf(watch(feed))).code).toBe("node-bad-response");
    expect(feed.sent).toHaveLength(2);
  });

  it("hands on what breaks the feed, and what the listener throws", async () => {
    await expect(watch(new ScriptedFeed([subscribed], "breaks"))).rejects.toThrow("reset");
    const feed = new ScriptedFeed([subscribed, head(rpcHeader(4))], "stays open");
    await expect(
      watch(feed, () => {
        throw new Error("no more");
      }),
    ).rejects.toThrow("no more");
  });
});
