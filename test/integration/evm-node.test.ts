import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlockLocator, ChainNode } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import { connectNode, MULTICALL3_ADDRESS } from "../../src/plugins/evm/node.ts";
import { type EvmBlock, parseRaw } from "../../src/plugins/evm/raw.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { EvmSandbox } from "../support/evm-sandbox.ts";
import { failureOf } from "../support/failure-of.ts";
import { openTransport, startScripted } from "../support/node-transport.ts";

const OPTIONS = { tryTraces: true, unclesBelow: 0, multicall: MULTICALL3_ADDRESS };
const NOT_FOUND = { error: { code: -32601, message: "Method not found" } };

let sandbox: EvmSandbox;
let token: string;

beforeAll(async () => {
  sandbox = await EvmSandbox.start();
  token = await sandbox.deploy("Erc20", "Coin", "COIN", 6);
});

afterAll(() => sandbox.stop());

function connect(): ChainNode {
  return connectNode(OPTIONS, openTransport(sandbox.anvil.url, sandbox.anvil.wsUrl));
}

async function connectFront(...front: Parameters<EvmSandbox["front"]>) {
  const { node: server, transport } = await startScripted(sandbox.front(...front));
  return { server, node: connectNode(OPTIONS, transport) };
}

async function mineTransfers(count: number): Promise<BlockRef> {
  const to = sandbox.accounts[1] as string;
  for (let i = 0; i < count; i++) await sandbox.send({ to: token, data: callData("Erc20", "mint", to, 5n) });
  const { height } = await sandbox.mine();
  return await connect().fetchHeader({ height });
}

describe("a real node", () => {
  it("is probed", async () => {
    await mineTransfers(1);
    expect(await connect().probe()).toEqual({
      chainId: "eip155:31337",
      syncing: false,
      clientVersion: expect.stringMatching(/^anvil\//),
      capabilities: ["block-receipts", "traces"],
      proves: false,
    });
  });

  it("tells its tips by tag and a header by height and hash", async () => {
    const tip = await mineTransfers(1);
    const node = connect();
    const tips = await node.fetchTips();
    expect(tips.tip).toEqual(tip);
    expect(tips.safe?.height).toBe(Math.max(0, tip.height - 2));
    expect(tips.finalized?.height).toBe(Math.max(0, tip.height - 4));
    expect(await node.fetchHeader({ hash: tip.hash })).toEqual(tip);
    expect(await node.fetchHeader({ height: tip.height - 1 })).toMatchObject({ hash: tip.parentHash });
  });

  it("pushes new heads in order, and ends when told to", async () => {
    const node = connect();
    const stop = new AbortController();
    const first = (await node.fetchTips()).tip.height + 1;
    const heads: number[] = [];
    const { promise: enough, resolve: onEnough } = Promise.withResolvers<void>();
    let last = Number.POSITIVE_INFINITY;
    const watching = node.watchTips?.((tip) => {
      heads.push(tip.height);
      if (tip.height >= last) onEnough();
    }, stop.signal);
    // The subscription has no sign of its own: blocks are mined until the first of them arrives.
    let mined = 0;
    while (heads.length === 0) {
      await sandbox.mine();
      mined++;
    }
    // Two more, of which one at least is not there yet when it is looked at: many may be mined before the first arrives.
    await sandbox.mine();
    last = first + mined + 1;
    await sandbox.mine();
    await enough;
    stop.abort();
    await watching;
    expect(heads).toEqual(Array.from({ length: heads.length }, (_, i) => last - heads.length + 1 + i));
  });
});

describe("fetching a block", () => {
  const ways: [string, ...Parameters<EvmSandbox["front"]>][] = [
    ["in one batch", () => undefined],
    ["without eth_getBlockReceipts", ({ method }) => (method === "eth_getBlockReceipts" ? NOT_FOUND : undefined)],
    [
      "with receipts by height only",
      ({ method, params }) =>
        method === "eth_getBlockReceipts" && String(params[0]).length === 66
          ? { error: { code: -32602, message: "invalid argument 0: hex number > 64 bits" } }
          : undefined,
    ],
    ["without batches", () => undefined, { takesBatches: false }],
    [
      "without batches and eth_getBlockReceipts",
      ({ method }) => (method === "eth_getBlockReceipts" ? NOT_FOUND : undefined),
      { takesBatches: false },
    ],
  ];

  async function expectSame(node: ChainNode, at: BlockLocator, profile: string, expected: EvmBlock) {
    const raw = await node.fetchBlock(at, profile);
    expect(raw).toMatchObject({ asked: at, profile, node: "acme-eu" });
    expect(parseRaw(raw)).toEqual(expected);
  }

  it.each(ways)("%s gives the same parts", async (_name, ...front) => {
    const { height, hash } = await mineTransfers(3);
    const reference = connect();
    const plain = parseRaw(await reference.fetchBlock({ height }, "evm/1"));
    expect(plain.receipts).toHaveLength(3);
    expect(plain.calls).toBeUndefined();
    const traced = parseRaw(await reference.fetchBlock({ hash }, "evm/1+traces"));
    expect(traced).toMatchObject({ block: plain.block, receipts: plain.receipts });
    expect(traced.calls).toHaveLength(3);
    expect(traced.diffs).toHaveLength(3);
    const { node } = await connectFront(...front);
    for (const at of [{ height }, { hash }, { height, hash }]) {
      await expectSame(node, at, "evm/1", plain);
      await expectSame(node, at, "evm/1+traces", traced);
    }
  });

  it("needs one request", async () => {
    const { height, hash } = await mineTransfers(1);
    const { node, server } = await connectFront(() => undefined);
    await node.fetchBlock({ height }, "evm/1");
    const before = server.requests.length;
    await node.fetchBlock({ height }, "evm/1");
    await node.fetchBlock({ hash }, "evm/1+traces");
    expect(server.methods.slice(before)).toEqual([
      "eth_getBlockByNumber+eth_getBlockReceipts",
      "eth_getBlockByHash+eth_getBlockReceipts+debug_traceBlockByHash+debug_traceBlockByHash",
    ]);
  });

  it("asks for each part alone where the whole is over the node's cap, and goes on with batches", async () => {
    const { height } = await mineTransfers(2);
    const isDiff = (params: readonly unknown[]) => JSON.stringify(params).includes("prestateTracer");
    const whole = sandbox.front(() => undefined);
    const capped = sandbox.front(({ params }) =>
      isDiff(params) ? { error: { code: -32003, message: "response too large" } } : undefined,
    );
    const { node: server, transport } = await startScripted((request) => (request.isBatch ? capped : whole)(request));
    const node = connectNode(OPTIONS, transport);
    expect(parseRaw(await node.fetchBlock({ height }, "evm/1+traces")).diffs).toHaveLength(2);
    expect(server.requests.slice(-4).map(({ isBatch }) => isBatch)).toEqual([false, false, false, false]);
    expect(parseRaw(await node.fetchBlock({ height }, "evm/1")).receipts).toHaveLength(2);
    expect(server.requests.at(-1)?.isBatch).toBe(true);
  });

  it("does not have genesis traced, and finds no traces in an empty block", async () => {
    const { node, server } = await connectFront(({ method, params }) =>
      method.startsWith("debug_") && params[0] === "0x0"
        ? { error: { code: -32000, message: "genesis is not traceable" } }
        : undefined,
    );
    const genesis = parseRaw(await node.fetchBlock({ height: 0 }, "evm/1+traces"));
    expect(genesis).toMatchObject({ receipts: [], calls: [], diffs: [] });
    expect(server.methods.join()).not.toContain("debug_");
    const { height } = await sandbox.mine();
    expect(parseRaw(await node.fetchBlock({ height }, "evm/1+traces"))).toMatchObject({
      receipts: [],
      calls: [],
      diffs: [],
    });
  });

  it("tells a missing block", async () => {
    const node = connect();
    for (const at of [{ height: 1_000_000 }, { hash: `0x${"ab".repeat(32)}` }]) {
      for (const profile of ["evm/1", "evm/1+traces"]) {
        expect((await failureOf(node.fetchBlock(at, profile))).code).toBe("node-block-missing");
      }
      expect((await failureOf(node.fetchHeader(at))).code).toBe("node-block-missing");
    }
  });

  it("puts the receipts of many transactions together from several batches", async () => {
    const { height } = await mineTransfers(230);
    const { node, server } = await connectFront(({ method }) =>
      method === "eth_getBlockReceipts" ? NOT_FOUND : undefined,
    );
    const { receipts } = parseRaw(await node.fetchBlock({ height }, "evm/1"));
    expect(receipts?.map(({ transactionIndex }) => Number(transactionIndex))).toEqual(
      Array.from({ length: 230 }, (_, i) => i),
    );
    const sizes = server.requests.flatMap(({ calls }) =>
      calls[0]?.method === "eth_getTransactionReceipt" ? [calls.length] : [],
    );
    expect(sizes).toEqual([100, 100, 30]);
  });
});
