import { describe, expect, it, onTestFinished } from "vitest";
import { XPublisher } from "zeromq";
import type { BlockRef } from "../../../../src/core/model.ts";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { connectNode } from "../../../../src/plugins/bitcoin/node.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { openTransport } from "../../../support/node-transport.ts";
import { answerMethods, ScriptedNode } from "../../../support/scripted-node.ts";

/** A header as nodes tell it, with a hash that it really has. */
function headerAt(height: number) {
  const bytes = Buffer.alloc(80);
  bytes.writeInt32LE(4, 0);
  bytes.writeUInt32LE(height, 68);
  bytes.writeUInt32LE(0x1d00ffff, 72);
  const zeros = "00".repeat(32);
  const more = { version: 4, merkleroot: zeros, time: height, nonce: 0, bits: "1d00ffff", previousblockhash: zeros };
  return { hash: hashText(sha256d(bytes)), height, confirmations: 1, ...more };
}

const HEADERS = new Map([1, 2, 3, 4, 5, 6, 7, 8, 9].map((height) => [headerAt(height).hash, headerAt(height)]));

/** A node that publishes what the test says, is at height 9 by its RPC, and is listened to already. */
async function listen() {
  const publisher = new XPublisher({ linger: 0 });
  onTestFinished(() => publisher.close());
  await publisher.bind("tcp://127.0.0.1:*");
  const methods = { getbestblockhash: () => headerAt(9).hash, getblockheader: (hash: string) => HEADERS.get(hash) };
  const server = await ScriptedNode.start(answerMethods(methods));
  onTestFinished(() => server.close());
  const transport = openTransport(server.url, undefined, publisher.lastEndpoint as string);
  const network = networkNamed("Bitcoin");
  const node = connectNode({ network, asset: "slip44:0", needsSpent: false, local: undefined, scans: true }, transport);
  const told: number[] = [];
  let wake = () => {};
  const abort = new AbortController();
  const onTip = ({ height }: BlockRef) => {
    told.push(height);
    wake();
  };
  const watching = node.watchTips?.(onTip, abort.signal) as Promise<void>;
  const ended = watching.catch(() => undefined);
  onTestFinished(async () => {
    abort.abort();
    await ended;
  });
  expect(String((await publisher.receive())[0])).toBe("\x01hashblock");
  const send = async (parts: readonly Uint8Array[], topic = "hashblock") => await publisher.send([topic, ...parts]);
  return {
    server,
    publisher,
    abort,
    watching,
    send,
    /** Publishes a block, and waits until the heights told are as many. */
    async tell(height: number, number: number, count: number) {
      await send([Buffer.from(headerAt(height).hash, "hex"), sequence(number)]);
      while (told.length < count) {
        const next = Promise.withResolvers<void>();
        wake = next.resolve;
        await next.promise;
      }
      return told;
    },
  };
}

function sequence(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

describe("blocks that a node publishes", () => {
  it("are told with their headers, and nothing else is asked", async () => {
    const { tell, server } = await listen();
    await tell(3, 17, 1);
    expect(await tell(4, 18, 2)).toEqual([3, 4]);
    expect(server.methods).toEqual(["getblockheader", "getblockheader"]);
  });

  it("are numbered up to 32 bits, and then from 0 on", async () => {
    const { tell, server } = await listen();
    await tell(3, 2 ** 32 - 1, 1);
    expect(await tell(4, 0, 2)).toEqual([3, 4]);
    expect(server.methods).not.toContain("getbestblockhash");
  });

  it.each([
    ["left out", 5],
    ["begin anew", 0],
    ["stand still", 1],
  ])("are followed by a question for the tip where numbers %s", async (_, number) => {
    const { tell, server } = await listen();
    await tell(3, 1, 1);
    await tell(4, number, 2);
    expect(await tell(5, number + 1, 3)).toEqual([3, 9, 5]);
    expect(server.methods.filter((method) => method === "getbestblockhash")).toHaveLength(1);
  });

  it("are not mixed up with topics that begin alike", async () => {
    const { tell, send } = await listen();
    await send([Buffer.from("rubbish")], "hashblocks");
    expect(await tell(3, 1, 1)).toEqual([3]);
  });

  it.each([
    ["no parts", []],
    ["no number", [Buffer.alloc(32)]],
    ["a short hash", [Buffer.alloc(31), sequence(1)]],
    ["a long number", [Buffer.alloc(32), Buffer.alloc(8)]],
    ["a part too much", [Buffer.alloc(32), sequence(1), Buffer.alloc(0)]],
  ])("end with a message of %s, as the node's fault", async (_, parts) => {
    const { watching, send, server } = await listen();
    const failure = failureOf(watching);
    await send(parts);
    expect((await failure).code).toBe("node-bad-response");
    expect(server.requests).toEqual([]);
  });

  it("end with the line, and with the signal", async () => {
    const lost = await listen();
    const failure = failureOf(lost.watching);
    lost.publisher.close();
    expect((await failure).code).toBe("node-unreachable");
    const { abort, watching } = await listen();
    abort.abort();
    expect(await watching).toBeUndefined();
  });
});
