import { describe, expect, it, onTestFinished } from "vitest";
import { Publisher, XPublisher } from "zeromq";
import type { FeedMessage } from "../../../../src/core/contracts/plugin.ts";
import { LIMITS } from "../../../../src/core/limits.ts";
import { HttpWire } from "../../../../src/sync/pool/http-wire.ts";
import { subscribeZmq } from "../../../../src/sync/pool/zmq-feed.ts";
import { failureOf } from "../../../support/failure-of.ts";

/** A publisher that sees who subscribes to what. */
async function publish(url = "tcp://127.0.0.1:*") {
  const socket = new XPublisher({ linger: 0 });
  await socket.bind(url);
  const address = socket.lastEndpoint as string;
  const close = async () => {
    if (socket.closed) return;
    const { promise: freed, resolve } = Promise.withResolvers<void>();
    socket.events.on("close", (event) => {
      if (event.address === address) resolve();
    });
    await socket.unbind(address);
    await freed;
    socket.close();
  };
  onTestFinished(close);
  return { socket, url: address, close, subscribed: async () => String((await socket.receive())[0]) };
}

async function listen(url: string, topics: readonly string[] = ["news"]) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const feed = await subscribeZmq(url, "n", topics, abort.signal);
  return { abort, messages: feed[Symbol.asyncIterator]() };
}

const textOf = ({ value }: IteratorResult<FeedMessage>) => [value.topic, ...value.parts.map(String)];

describe("a ZMQ feed", () => {
  it("gives what was published under its topics, part by part and in order", async () => {
    const publisher = await publish();
    const { messages } = await listen(publisher.url, ["news", "more"]);
    expect([await publisher.subscribed(), await publisher.subscribed()].sort()).toEqual(["\x01more", "\x01news"]);
    await publisher.socket.send(["other", "0"]);
    await publisher.socket.send(["news", "1", ""]);
    await publisher.socket.send(["more"]);
    await publisher.socket.send(["news", "2"]);
    expect(textOf(await messages.next())).toEqual(["news", "1", ""]);
    expect(textOf(await messages.next())).toEqual(["more"]);
    expect(textOf(await messages.next())).toEqual(["news", "2"]);
  });

  it("keeps no more unread messages than its queues hold: the publisher drops what is beyond", async () => {
    const publisher = await publish();
    publisher.socket.sendHighWaterMark = 10;
    const { messages } = await listen(publisher.url);
    await publisher.subscribed();
    const sent = 5_000;
    const text = Buffer.alloc(10_000);
    for (let i = 0; i < sent; i++) await publisher.socket.send(["news", String(i), text]);
    let read = 0;
    while (true) {
      await publisher.socket.send(["news", "later"]);
      if (textOf(await messages.next())[1] === "later") break;
      read++;
    }
    expect(read).toBeGreaterThan(10);
    expect(read).toBeLessThan(sent);
  });

  it("ends when its publisher goes, and can be opened again once that is back", async () => {
    const publisher = await publish();
    const { messages } = await listen(publisher.url);
    const next = failureOf(messages.next() as Promise<unknown>);
    await publisher.close();
    const failure = await next;
    expect([failure.code, failure.details]).toEqual(["node-unreachable", { node: "n" }]);
    expect(failure.message).not.toContain("127.0.0.1");
    expect((await messages.next()).done).toBe(true);
    const back = await publish(publisher.url);
    const again = await listen(publisher.url);
    await back.subscribed();
    await back.socket.send(["news", "back"]);
    expect(textOf(await again.messages.next())).toEqual(["news", "back"]);
  });

  it("ends without a failure when the signal aborts, also while nobody reads", async () => {
    const publisher = await publish();
    const read = await listen(publisher.url);
    const next = read.messages.next();
    read.abort.abort();
    expect((await next).done).toBe(true);
    const unread = await listen(publisher.url);
    unread.abort.abort();
    expect((await unread.messages.next()).done).toBe(true);
  });

  it("is closed by a reader who leaves", async () => {
    const publisher = await publish();
    const { messages } = await listen(publisher.url);
    expect(await publisher.subscribed()).toBe("\x01news");
    const next = messages.next();
    await publisher.socket.send(["news", "1"]);
    await next;
    await messages.return?.();
    expect(await publisher.subscribed()).toBe("\x00news");
  });

  it("ends at a message over the cap, which is not read", async () => {
    const publisher = await publish();
    const { messages } = await listen(publisher.url);
    await publisher.subscribed();
    const next = failureOf(messages.next() as Promise<unknown>);
    await publisher.socket.send(["news", Buffer.alloc(LIMITS.feedMessageBytes + 1)]);
    expect((await next).code).toBe("node-unreachable");
  });

  it("does not open when it is aborted first or meanwhile", async () => {
    const reason = new Error("enough");
    await expect(subscribeZmq("tcp://127.0.0.1:1", "n", ["news"], AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const opening = subscribeZmq("tcp://127.0.0.1:1", "n", ["news"], abort.signal);
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });

  it("says that an address cannot be connected to, without it", async () => {
    const failure = await failureOf(subscribeZmq("ipc://", "n", ["news"], new AbortController().signal));
    expect([failure.code, failure.message]).toEqual([
      "node-unreachable",
      expect.stringMatching(/^node n, ZMQ: cannot connect \(E\w+\)$/),
    ]);
  });

  it("is there where a node has it configured", async () => {
    const node = { name: "n", url: "http://127.0.0.1:1", operator: "o", region: "r" };
    const plain = new HttpWire(node);
    expect(plain.subscribe).toBeUndefined();
    const publisher = new Publisher();
    onTestFinished(() => publisher.close());
    await publisher.bind("tcp://127.0.0.1:*");
    const wire = new HttpWire({ ...node, zmq: publisher.lastEndpoint as string });
    const abort = new AbortController();
    await wire.subscribe?.(["news"], abort.signal);
    abort.abort();
    await Promise.all([plain.close(), wire.close()]);
  });
});
