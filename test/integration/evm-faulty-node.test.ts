import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ChainNode } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import plugin from "../../src/plugins/evm/index.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { evmDialect } from "../../src/testing/evm/evm-dialect.ts";
import { RecordedBlocks } from "../../src/testing/evm/recorded-blocks.ts";
import type { Fault } from "../../src/testing/faulty-node/fault-script.ts";
import type { FaultyServer } from "../../src/testing/faulty-node/faulty-server.ts";
import { HttpUpstream } from "../../src/testing/faulty-node/http-upstream.ts";
import { EvmSandbox } from "../support/evm-sandbox.ts";
import { failureOf } from "../support/failure-of.ts";
import { startFaulty } from "../support/faulty.ts";
import { openTransport } from "../support/node-transport.ts";

const RECORDED = new URL("../fixtures/evm/coinbase__chainstorage/base/base_81636.json", import.meta.url).pathname;

let sandbox: EvmSandbox;
let tip: BlockRef;
let token: string;
const servers: FaultyServer[] = [];

const chain = plugin.open({
  id: "eip155:31337",
  plugin: "evm",
  index: { from: 0, scope: "all", verify: "full" },
  agreement: {},
  lag: { targetSeconds: 5, maxSeconds: 60 },
  nodes: [],
  options: {},
});

beforeAll(async () => {
  sandbox = await EvmSandbox.start();
  token = await sandbox.deploy("Erc20", "Coin", "COIN", 6);
  for (let i = 0; i < 8; i++) {
    await sandbox.send({ to: token, data: callData("Erc20", "mint", sandbox.accounts[1] as string, 5n) });
    await sandbox.send({ to: sandbox.accounts[2] as string, value: 7n });
    tip = await sandbox.mine();
  }
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

afterAll(() => sandbox.stop());

async function connect(...faults: Fault[]): Promise<ChainNode> {
  const { server } = await startFaulty(new HttpUpstream(sandbox.anvil.url, sandbox.anvil.wsUrl), faults, {
    dialect: evmDialect,
  });
  servers.push(server);
  return chain.connect(openTransport(server.url, server.wsUrl));
}

async function verify(node: ChainNode, at: { height: number } | { hash: string }): Promise<BlockRef> {
  const profile = chain.selectProfile([await node.probe()]);
  return chain.verify(await node.fetchBlock(at, profile)).ref;
}

describe("a faulty node in front of a real one", () => {
  it("without a fault is that node", async () => {
    const node = await connect();
    expect((await node.fetchTips()).tip).toMatchObject({ hash: tip.hash, height: tip.height });
    expect(await verify(node, { height: tip.height })).toMatchObject({ hash: tip.hash });
  });

  it.each<[Fault, string]>([
    [{ kind: "drop" }, "node-unreachable"],
    [{ kind: "status", status: 429, retryAfterSeconds: 1 }, "node-throttled"],
    [{ kind: "status", status: 502 }, "node-http-error"],
    [{ kind: "html" }, "node-bad-response"],
    [{ kind: "truncated" }, "node-bad-response"],
  ])("fails on the way by %o", async (fault, code) => {
    expect((await failureOf((await connect(fault)).fetchTips())).code).toBe(code);
  });

  it("stands behind, and has no block above", async () => {
    const node = await connect({ kind: "stale-head", blocks: 3 });
    expect((await node.fetchTips()).tip.height).toBe(tip.height - 3);
    expect((await failureOf(node.fetchHeader({ height: tip.height }))).code).toBe("node-block-missing");
  });

  it("follows a branch whose headers have the hashes of their content", async () => {
    const node = await connect({ kind: "fork", depth: 3 });
    const forked = (await node.fetchTips()).tip;
    expect(forked.height).toBe(tip.height);
    let at = forked;
    for (; at.height > tip.height - 3; at = await node.fetchHeader({ hash: at.parentHash })) {
      expect(await verify(node, { hash: at.hash })).toEqual(at);
    }
    expect(at.hash).toBe(
      ((await sandbox.client.call("eth_getBlockByNumber", `0x${at.height.toString(16)}`, false)) as { hash: string })
        .hash,
    );
    expect(forked.hash).not.toBe(tip.hash);
  });

  it("tells another block of the same height, and gives it whole", async () => {
    const node = await connect({ kind: "equivocation" });
    const other = (await node.fetchTips()).tip;
    expect(other).toMatchObject({ height: tip.height, parentHash: tip.parentHash });
    expect(other.hash).not.toBe(tip.hash);
    expect(await verify(node, { hash: other.hash })).toEqual(other);
  });

  it.each(["changed-movement", "missing-movement"] as const)("with a %s contradicts its roots", async (kind) => {
    const node = await connect({ kind });
    await expect(verify(node, { height: tip.height })).rejects.toMatchObject({ code: "integrity-violation" });
  });

  it("shifts times, which the hash denies", async () => {
    const node = await connect({ kind: "wrong-time", seconds: 90 });
    expect((await node.fetchTips()).tip.time).toBe(tip.time + 90_000);
    await expect(verify(node, { height: tip.height })).rejects.toMatchObject({ code: "integrity-violation" });
  });

  it("does not have the block that it told", async () => {
    const node = await connect({ kind: "missing-block" });
    const told = (await node.fetchTips()).tip;
    expect((await failureOf(node.fetchHeader({ hash: told.hash }))).code).toBe("node-block-missing");
  });

  it("tells another chain's id, other balances, and another finalized block", async () => {
    expect((await (await connect({ kind: "wrong-chain" })).probe()).chainId).toBe("eip155:31338");
    const account = chain.parseAccount(sandbox.accounts[1] as string);
    const queries = [chain.info.nativeAsset, chain.parseAsset(`erc20:${token}`)].map((asset) => ({ account, asset }));
    const honest = await (await connect()).readBalances(queries, tip);
    const told = await (await connect({ kind: "changed-balance" })).readBalances(queries, tip);
    for (const [i, amount] of told.entries()) expect(amount).not.toBe(honest[i]);
    const before = (await (await connect()).fetchTips()).finalized as BlockRef;
    const back = await connect({ kind: "finality-violation", how: "back", blocks: 2 });
    expect((await back.fetchTips()).finalized?.height).toBe(before.height - 2);
    const changed = (await (await connect({ kind: "finality-violation", how: "changed" })).fetchTips()).finalized;
    expect([changed?.height, changed?.parentHash]).toEqual([before.height, before.parentHash]);
    expect(changed?.hash).not.toBe(before.hash);
  });
});

describe("recorded blocks", () => {
  it("can stand in for the real node", async () => {
    const { server } = await startFaulty(new RecordedBlocks(RECORDED), [{ kind: "equivocation" }], {
      dialect: evmDialect,
    });
    servers.push(server);
    const node = chain.connect(openTransport(server.url));
    const { tip: told } = await node.fetchTips();
    expect(told.height).toBe(81_636);
    const honest = new RecordedBlocks(RECORDED);
    const asked = { jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["latest", false] };
    const { body } = await honest.post({ body: JSON.stringify(asked), timeoutMs: 1 });
    const { result } = JSON.parse(new TextDecoder().decode(body)) as { result: { hash: string; parentHash: string } };
    expect([told.parentHash, told.hash === result.hash]).toEqual([result.parentHash, false]);
  });

  it("that are none are refused", () => {
    expect(() => new RecordedBlocks("/does/not/exist")).toThrow(/expected a readable file/);
  });
});
