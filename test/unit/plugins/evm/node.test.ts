import { describe, expect, it } from "vitest";
import { connectNode } from "../../../../src/plugins/evm/node.ts";
import { blockHash, blockRef, rpcHeader } from "../../../support/evm-headers.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import {
  answerMethods,
  json,
  type Respond,
  type ScriptedMethods,
  ScriptedRpcError,
} from "../../../support/scripted-node.ts";

const OPTIONS = { tryTraces: true, unclesBelow: 0, multicall: null };

async function connect(respond: Respond, options = OPTIONS) {
  const { node: server, transport } = await startScripted(respond);
  return { server, node: connectNode(options, transport) };
}

const refuse = (code: number, message: string) => () => {
  throw new ScriptedRpcError({ code, message });
};

describe("fetchTips", () => {
  const tags: Record<string, unknown> = { latest: rpcHeader(9), safe: rpcHeader(7), finalized: rpcHeader(5) };
  const byTag = (tag: string) => tags[tag];

  it("asks for three tags in one request", async () => {
    const { node, server } = await connect(answerMethods({ eth_getBlockByNumber: byTag }));
    expect(await node.fetchTips()).toEqual({ tip: blockRef(9), safe: blockRef(7), finalized: blockRef(5) });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["answers null", () => null],
    ["does not know the tag", refuse(-32602, "invalid argument 0: hex string without 0x prefix")],
    ["has no such block yet", refuse(-32000, "finalized block not found")],
    ["does not support it", refuse(-32000, "safe is not a supported commitment level")],
  ])("gives null for tags where the node %s", async (_name, answer) => {
    const methods = { eth_getBlockByNumber: (tag: string) => (tag === "latest" ? rpcHeader(9) : answer()) };
    const { node } = await connect(answerMethods(methods));
    expect(await node.fetchTips()).toEqual({ tip: blockRef(9), safe: null, finalized: null });
  });

  it("does not take a busy node for one that knows no tags", async () => {
    const methods = {
      eth_getBlockByNumber: (tag: string) => (tag === "latest" ? rpcHeader(9) : refuse(429, "slow")()),
    };
    const { node } = await connect(answerMethods(methods));
    expect((await failureOf(node.fetchTips())).code).toBe("node-throttled");
  });

  it("needs a newest block", async () => {
    const { node } = await connect(answerMethods({ eth_getBlockByNumber: () => null }));
    expect((await failureOf(node.fetchTips())).code).toBe("node-block-missing");
  });
});

describe("fetchHeader", () => {
  it("asks by height or by hash", async () => {
    const methods = {
      eth_getBlockByNumber: (height: string) => rpcHeader(Number(height)),
      eth_getBlockByHash: () => rpcHeader(4),
    };
    const { node } = await connect(answerMethods(methods));
    expect(await node.fetchHeader({ height: 3 })).toEqual(blockRef(3));
    expect(await node.fetchHeader({ hash: blockHash(4) })).toEqual(blockRef(4));
    expect(await node.fetchHeader({ height: 0 })).toMatchObject({ height: 0, parentHeight: -1 });
  });

  it("folds hex in upper case", async () => {
    const hash = blockHash(0xabc);
    const upper = { ...rpcHeader(0xabc), hash: `0x${hash.slice(2).toUpperCase()}`, number: "0xABC" };
    const { node } = await connect(answerMethods({ eth_getBlockByHash: () => upper }));
    expect(await node.fetchHeader({ hash })).toEqual(blockRef(0xabc));
  });

  it("tells a missing block, and another block than asked", async () => {
    const { node, server } = await connect(
      answerMethods({ eth_getBlockByNumber: () => null, eth_getBlockByHash: () => null }),
    );
    expect((await failureOf(node.fetchHeader({ height: 3 }))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchHeader({ hash: blockHash(3) }))).code).toBe("node-block-missing");
    server.respond = answerMethods({
      eth_getBlockByNumber: () => rpcHeader(4),
      eth_getBlockByHash: () => rpcHeader(4),
    });
    expect(await failureOf(node.fetchHeader({ height: 3 }))).toMatchObject({
      code: "node-wrong-block",
      message: "node acme-eu, eth_getBlockByNumber: expected the block with height 3, got 4",
    });
    expect((await failureOf(node.fetchHeader({ hash: blockHash(3) }))).code).toBe("node-wrong-block");
    expect((await failureOf(node.fetchHeader({ hash: blockHash(4), height: 5 }))).code).toBe("node-wrong-block");
  });

  const broken: [string, unknown][] = [
    ["hash", { ...rpcHeader(3), hash: "0x12" }],
    ["hash", { ...rpcHeader(3), hash: null }],
    ["number", { ...rpcHeader(3), number: 3 }],
    ["number", { ...rpcHeader(3), number: "0xffffffffffffffff" }],
    ["parentHash", { ...rpcHeader(3), parentHash: `${blockHash(2)}00` }],
    ["timestamp", { ...rpcHeader(3), timestamp: "soon" }],
    ["number", "0x3"],
    ["number", []],
  ];
  it.each(broken)("refuses a header without a sound %s", async (field, header) => {
    const { node } = await connect(answerMethods({ eth_getBlockByNumber: () => header }));
    expect(await failureOf(node.fetchHeader({ height: 3 }))).toMatchObject({
      code: "node-bad-response",
      message: expect.stringContaining(`expected ${field}`),
    });
  });
});

describe("probe", () => {
  const frames = [{ txHash: blockHash(1), result: { type: "CALL", from: "0x00" } }];
  const diffs = [{ txHash: blockHash(1), result: { pre: {}, post: {} } }];
  const full: ScriptedMethods = {
    eth_chainId: () => "0xAA36A7",
    eth_syncing: () => false,
    web3_clientVersion: () => "Geth/v1.16.0",
    eth_getBlockByNumber: () => rpcHeader(9),
    eth_getBlockReceipts: () => [],
    eth_getBlockTransactionCountByNumber: (height: string) => (height === "0x7" ? "0x1" : "0x20"),
    debug_traceBlockByNumber: (_height: string, { tracer }: { tracer: string }) =>
      tracer === "callTracer" ? frames : diffs,
  };
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(full).filter(([name]) => !names.includes(name)));

  it("tells chain, version and what works", async () => {
    const { node } = await connect(answerMethods(full));
    expect(await node.probe()).toEqual({
      chainId: "eip155:11155111",
      syncing: false,
      clientVersion: "Geth/v1.16.0",
      capabilities: ["block-receipts", "traces"],
      proves: false,
    });
  });

  it("traces the block with the fewest transactions, and asks for capabilities only once", async () => {
    const { node, server } = await connect(answerMethods(full));
    await node.probe();
    const traced = server.requests.flatMap(({ calls }) => calls.filter(({ method }) => method.startsWith("debug_")));
    expect(traced.map(({ params }) => params[0])).toEqual(["0x7", "0x7"]);
    const before = server.requests.length;
    await node.probe();
    expect(server.methods.slice(before)).toEqual(["eth_chainId+eth_syncing+web3_clientVersion"]);
  });

  it("does not trace where that is not wanted", async () => {
    const { node, server } = await connect(answerMethods(full), { ...OPTIONS, tryTraces: false });
    expect((await node.probe()).capabilities).toEqual(["block-receipts"]);
    expect(server.methods.join()).not.toContain("debug_");
  });

  it("is content with a node that hides version and sync state", async () => {
    const { node } = await connect(answerMethods(without("eth_syncing", "web3_clientVersion")));
    expect(await node.probe()).toMatchObject({ syncing: false, clientVersion: "unknown" });
  });

  it("sees a node that syncs", async () => {
    const { node } = await connect(
      answerMethods({ ...full, eth_syncing: () => ({ currentBlock: "0x1", highestBlock: "0x9" }) }),
    );
    expect((await node.probe()).syncing).toBe(true);
  });

  it.each([
    ["no block receipts", without("eth_getBlockReceipts"), ["traces"]],
    ["no tracing", without("debug_traceBlockByNumber"), ["block-receipts"]],
    [
      "one tracer only",
      {
        ...full,
        debug_traceBlockByNumber: (_: string, { tracer }: { tracer: string }) =>
          tracer === "callTracer" ? frames : refuse(-32000, "tracer not found")(),
      },
      ["block-receipts"],
    ],
    [
      "a diff tracer that knows no diffs",
      {
        ...full,
        debug_traceBlockByNumber: (_: string, { tracer }: { tracer: string }) =>
          tracer === "callTracer" ? frames : [{ result: { "0xaa": { balance: "0x1" } } }],
      },
      ["block-receipts"],
    ],
    [
      "tracers that are ignored",
      { ...full, debug_traceBlockByNumber: () => [{ result: { gas: 21000, structLogs: [] } }] },
      ["block-receipts"],
    ],
    ["traces without entries", { ...full, debug_traceBlockByNumber: () => [] }, ["block-receipts"]],
  ] as [string, ScriptedMethods, string[]][])("finds out %s", async (_name, methods, capabilities) => {
    const { node, server } = await connect(answerMethods(methods));
    expect((await node.probe()).capabilities).toEqual(capabilities);
    server.respond = answerMethods(full);
    expect((await node.probe()).capabilities).toEqual(capabilities);
  });

  it("takes back what a moment's trouble told", async () => {
    const { node, server } = await connect(
      answerMethods({ ...full, debug_traceBlockByNumber: refuse(-32000, "execution timeout") }),
    );
    expect((await node.probe()).capabilities).toEqual(["block-receipts"]);
    server.respond = answerMethods(full);
    expect((await node.probe()).capabilities).toEqual(["block-receipts", "traces"]);
  });

  it("asks again for receipts that an unclear error kept back, but only when probed", async () => {
    const broken = {
      ...full,
      eth_getBlockReceipts: refuse(-32603, "Internal error"),
      eth_getBlockByNumber: (which: string) => (which === "latest" ? rpcHeader(9) : null),
    };
    const { node, server } = await connect(answerMethods(broken));
    expect((await node.probe()).capabilities).toEqual(["traces"]);
    await failureOf(node.fetchBlock({ height: 1 }, "evm/1"));
    expect(server.methods.at(-1)).toBe("eth_getBlockByNumber");
    server.respond = answerMethods(full);
    expect((await node.probe()).capabilities).toEqual(["block-receipts", "traces"]);
  });

  it("does not conclude from a genesis block that cannot be traced", async () => {
    const methods = {
      ...full,
      eth_getBlockByNumber: () => rpcHeader(0),
      eth_getBlockTransactionCountByNumber: () => "0x0",
    };
    const { node, server } = await connect(
      answerMethods({ ...methods, debug_traceBlockByNumber: refuse(-32000, "genesis is not traceable") }),
    );
    expect((await node.probe()).capabilities).toEqual(["block-receipts"]);
    server.respond = answerMethods(full);
    expect((await node.probe()).capabilities).toEqual(["block-receipts", "traces"]);
  });

  it("fails with a node that is busy, and with one whose chain id is none", async () => {
    const { node, server } = await connect(answerMethods({ ...full, eth_getBlockReceipts: refuse(429, "slow") }));
    expect((await failureOf(node.probe())).code).toBe("node-throttled");
    for (const chainId of [1, "1", null, "0x", {}, `0x${"f".repeat(17)}`]) {
      server.respond = answerMethods({ ...full, eth_chainId: () => chainId });
      expect((await failureOf(node.probe())).code).toBe("node-bad-response");
    }
  });
});

describe("fetchBlock", () => {
  const methods: ScriptedMethods = {
    eth_getBlockByNumber: (which: string) => (which === "latest" ? rpcHeader(9) : null),
    eth_getBlockByHash: () => null,
    eth_getBlockReceipts: (which: string) => (which === blockHash(9) ? [] : null),
  };

  it("tells at once that the node does not have the block", async () => {
    const { node } = await connect(answerMethods(methods));
    expect((await failureOf(node.fetchBlock({ height: 99 }, "evm/1"))).code).toBe("node-block-missing");
    expect((await failureOf(node.fetchBlock({ hash: blockHash(99) }, "evm/1"))).code).toBe("node-block-missing");
  });

  it("tells at once that the node refuses to trace", async () => {
    const { node } = await connect(
      answerMethods({ ...methods, eth_getBlockByNumber: () => rpcHeader(9), eth_getBlockReceipts: () => [] }),
    );
    expect((await failureOf(node.fetchBlock({ height: 9 }, "evm/1+traces"))).code).toBe("node-method-unsupported");
  });

  it.each([
    ["HTML", { body: "<html>busy</html>" }],
    ["a truncated batch", { body: `[{"jsonrpc":"2.0","id":1,"result":{"number":"0x9"` }],
    ["null", { body: "null" }],
    ["one object", { body: "{}" }],
  ])("refuses %s", async (_name, reply) => {
    const { node, server } = await connect(answerMethods(methods));
    await failureOf(node.fetchBlock({ height: 9 }, "evm/1"));
    server.respond = () => reply;
    expect(await failureOf(node.fetchBlock({ height: 9 }, "evm/1"))).toMatchObject({
      code: "node-bad-response",
      message: expect.stringMatching(/^node acme-eu, eth_getBlockByNumber\+eth_getBlockReceipts: /),
    });
  });

  it("asks once how receipts are to be had, however many blocks are fetched at the same time", async () => {
    const { node, server } = await connect(answerMethods(methods));
    await Promise.allSettled([1, 2, 3, 4].map((height) => node.fetchBlock({ height }, "evm/1")));
    expect(server.methods.filter((name) => name === "eth_getBlockReceipts")).toHaveLength(1);
  });

  it("does not hand one caller's abort to the others", async () => {
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { node } = await connect(async (request) => {
      onAsked();
      await released;
      return answerMethods(methods)(request);
    });
    const controller = new AbortController();
    const first = node.fetchBlock({ height: 1 }, "evm/1", { signal: controller.signal });
    const second = node.fetchBlock({ height: 2 }, "evm/1");
    await asked;
    controller.abort(new Error("enough"));
    release();
    await expect(first).rejects.toThrow("enough");
    expect((await failureOf(second)).code).toBe("node-block-missing");
  });

  it("answers a refusal of everything with what the node says", async () => {
    const { node } = await connect(() => json({ id: null, error: { code: 429, message: "Too many requests" } }));
    expect((await failureOf(node.fetchBlock({ height: 1 }, "evm/1"))).code).toBe("node-throttled");
  });
});
