import { describe, expect, it } from "vitest";
import type { RawBlock } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../../../src/core/errors.ts";
import { sealBlock } from "../../../../src/core/ledger/seal.ts";
import { BlockCopies, type BlockCopy } from "../../../../src/sync/content/block-copies.ts";
import type { BlockDecoder } from "../../../../src/sync/decode-pool.ts";
import type { DecodedBlock, MarkedCopy } from "../../../../src/sync/decode-protocol.ts";
import type { PoolNode } from "../../../../src/sync/pool/pool-node.ts";

const ref = { height: 7, hash: "b7", parentHash: "b6", parentHeight: 6, time: 0 };
const sealed = sealBlock({ ref, transactions: [], observations: [] });

function nodeOf(name: string, operator = name): PoolNode {
  return { config: { name, operator, region: "eu" }, servesBlocks: true } as unknown as PoolNode;
}

/** Copies of one block: a node gives its bytes when it is told to, and each is decoded when it is told to. */
function gather(wanted = 2) {
  const gives = new Map<string, PromiseWithResolvers<RawBlock>>();
  const decoding: {
    readonly how: "whole" | "mark";
    readonly node: string;
    readonly like: boolean;
    end(fail?: Error): void;
  }[] = [];
  const seen: string[] = [];
  const failed: string[] = [];
  /** The content is what the bytes begin with. */
  const job = <T>(how: "whole" | "mark", raw: RawBlock, like: MarkedCopy | undefined, make: (content: string) => T) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const content = String.fromCharCode((raw.parts["answer"] as Uint8Array)[0] as number);
    const end = (fail?: Error) => (fail ? reject(fail) : resolve(make(content)));
    decoding.push({ how, node: raw.node, like: like !== undefined, end });
    return promise;
  };
  const decoder: BlockDecoder = {
    run: (_, raw) =>
      job("whole", raw, undefined, (content): DecodedBlock => ({ sealed, checks: [], mark: { bytes: "", content } })),
    mark: (_, raw, like) => job("mark", raw, like, (content) => ({ ref, mark: { bytes: "", content } })),
    complete: () => Promise.reject(new Error("no second looks here")),
    watch: () => {},
  };
  const copies = new BlockCopies({
    chainId: "test:one",
    decoder,
    wanted,
    fetch: (node) => {
      const given = Promise.withResolvers<RawBlock>();
      gives.set(node.config.name, given);
      return given.promise;
    },
    askOne: (_, call) => call({}),
    onCopy: ({ node }) => seen.push(node.config.name),
    onFailure: (node) => failed.push(node.config.name),
  });
  const give = async (name: string, text: string) => {
    const parts = { answer: new TextEncoder().encode(text) };
    gives.get(name)?.resolve({ asked: { height: 7 }, profile: "test/1", node: name, parts });
    await turn();
  };
  const lose = (name: string, error: Error) => gives.get(name)?.reject(error);
  return { copies, decoding, give, lose, seen, failed };
}

async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("copies of a block", () => {
  it("are decoded in full once, and others compared with what came of that", async () => {
    const { copies, decoding, give, seen } = gather();
    const both = [nodeOf("a"), nodeOf("b")].map((node) => copies.fetch(node, {}));
    await give("b", "x1");
    await give("a", "x1");
    expect(decoding.map(({ how, node }) => `${how} ${node}`)).toEqual(["whole b"]);
    decoding[0]?.end();
    await turn();
    expect(decoding[1]).toMatchObject({ how: "mark", node: "a", like: true });
    decoding[1]?.end();
    const [a, b] = await Promise.all(both);
    expect([a?.decoded, b?.decoded?.sealed]).toEqual([undefined, sealed]);
    expect(copies.given.map(({ node, sizeBytes }) => [node.config.name, sizeBytes])).toEqual([
      ["b", 2],
      ["a", 2],
    ]);
    expect(seen).toEqual(["b", "a"]);
  });

  it("are decoded in full again once two differ: each further one may be the one that is used", async () => {
    const { copies, decoding, give } = gather(3);
    const all = ["a", "b", "c"].map((name) => copies.fetch(nodeOf(name), {}));
    await give("a", "x1");
    await give("b", "y longer");
    decoding[0]?.end();
    await turn();
    decoding[1]?.end();
    await turn();
    await give("c", "y1");
    expect(decoding[2]).toMatchObject({ how: "whole", node: "c" });
    decoding[2]?.end();
    expect((await all[2])?.decoded?.sealed).toBe(sealed);
  });

  it("survive the first one: the next takes its place", async () => {
    const { copies, decoding, give, failed } = gather();
    const [first, second] = ["a", "b"].map((name) => copies.fetch(nodeOf(name), {}));
    await give("a", "x1");
    await give("b", "x1");
    decoding[0]?.end(new IntegrityViolation("hash", "1", "2", "block 7"));
    await expect(first).rejects.toMatchObject({ code: "integrity-violation" });
    await turn();
    expect(decoding[1]).toMatchObject({ how: "whole", node: "b" });
    decoding[1]?.end();
    expect((await second)?.decoded?.sealed).toBe(sealed);
    expect(failed).toEqual(["a"]);
    expect(copies.given).toHaveLength(1);
  });

  it("count once an operator, whichever of its nodes gave one", async () => {
    const { copies, decoding, give } = gather();
    const both = [nodeOf("a1", "acme"), nodeOf("a2", "acme")].map((node) => copies.fetch(node, {}));
    await give("a1", "x1");
    await give("a2", "y1");
    decoding[0]?.end();
    await turn();
    decoding[1]?.end();
    await Promise.all(both);
    expect(copies.given.map(({ node }) => node.config.name)).toEqual(["a1"]);
    expect([copies.has("acme"), copies.has("a1")]).toEqual([true, false]);
  });
});

describe("copies that are fetched before they are needed", () => {
  it("are as many as it takes, one an operator, of nodes that serve blocks", async () => {
    const { copies, decoding, give, lose } = gather();
    const a = copies.join(nodeOf("a1", "acme"));
    expect(copies.join(nodeOf("a2", "acme"))).toBe(a);
    expect(copies.join({ ...nodeOf("mute"), servesBlocks: false } as PoolNode)).toBeUndefined();
    const b = copies.join(nodeOf("b"));
    expect(copies.join(nodeOf("c"))).toBeUndefined();
    expect(copies.underWay.size).toBe(2);
    lose("b", new HeadwaterError("node-block-missing", "not there yet"));
    await expect(b).rejects.toMatchObject({ code: "node-block-missing" });
    expect(copies.join(nodeOf("c"))).toBeDefined();
    await give("a1", "x1");
    decoding[0]?.end();
    expect(((await a) as BlockCopy).node.config.name).toBe("a1");
    expect(copies.join(nodeOf("d"))).toBeUndefined();
    expect(copies.join(nodeOf("a1", "acme"))).toBeUndefined();
  });
});
