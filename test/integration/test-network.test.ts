import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ARTIFACT, compileContracts } from "../../scripts/compile-contracts.ts";
import { findAnvil } from "../../src/testing/evm/anvil-binary.ts";
import { callData } from "../../src/testing/evm/contracts.ts";
import { TestNetwork } from "../../src/testing/evm/network.ts";
import { Traffic } from "../../src/testing/evm/traffic.ts";
import { expectEndWithOwner } from "../support/orphan.ts";

type Receipt = { status: string; to: string | null; type: string; logs: { address: string; topics: string[] }[] };

test("the committed artifact is what the sources compile to", () => {
  expect(compileContracts()).toBe(readFileSync(ARTIFACT, "utf8"));
});

describe("a missing anvil is an error that says what to do", () => {
  test.each([
    ["another platform", {}, "sunos-sparc", /npm has no anvil for sunos-sparc.*HEADWATER_ANVIL/],
    ["a platform without its package", {}, "darwin-arm64", /npm install --no-save @foundry-rs\/anvil-darwin-arm64/],
    ["a wrong path", { HEADWATER_ANVIL: "/nowhere/anvil" }, "linux-x64", /HEADWATER_ANVIL is \/nowhere\/anvil/],
  ])("%s", (_, env, platform, message) => {
    expect(() => findAnvil(env, platform)).toThrow(message);
  });
});

describe("three nodes and their traffic", () => {
  let network: TestNetwork;
  let traffic: Traffic;

  beforeAll(async () => {
    network = await TestNetwork.start();
    traffic = new Traffic({ chainId: network.chainId, seed: 7 });
    for (const block of await traffic.setup()) await network.mineBlock(block);
  });

  afterAll(async () => {
    await network.stop();
  });

  const readHead = async (name: string) => {
    const block = await network.node(name).client.call("eth_getBlockByNumber", "latest", false);
    return block as { hash: string; number: string; timestamp: string; transactions: string[] };
  };

  const readReceipts = async (name: string, height: number) => {
    const receipts = await network.node(name).client.call("eth_getBlockReceipts", `0x${height.toString(16)}`);
    return receipts as Receipt[];
  };

  test("setup succeeds in full", async () => {
    for (let height = 1; height <= network.head.height; height++) {
      const receipts = await readReceipts("alder-eu", height);
      expect(receipts.map(({ status }) => status)).toEqual(receipts.map(() => "0x1"));
    }
  });

  test("stay identical, with every kind of traffic, failing only where meant to", async () => {
    const first = network.head.height + 1;
    for (let i = 0; i < 60; i++) await network.mineBlock(await traffic.nextBlock());
    const heads = await Promise.all(network.nodes.map(({ name }) => readHead(name)));
    expect(new Set(heads.map(({ hash }) => hash))).toEqual(new Set([network.head.hash]));

    const receipts: Receipt[] = [];
    for (let height = first; height <= network.head.height; height++) {
      receipts.push(...(await readReceipts("birch-us", height)));
    }
    expect(new Set(receipts.map(({ type }) => type))).toEqual(new Set(["0x0", "0x1", "0x2"]));
    const failing = traffic.contracts["failing"]?.toLowerCase();
    const failed = receipts.filter(({ status }) => status === "0x0");
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.filter(({ to }) => to !== null && to !== failing)).toEqual([]);
    const loggers = new Set(receipts.flatMap(({ logs }) => logs.map(({ address }) => address)));
    for (const label of ["usdh", "gold", "wave", "bytes", "nameless", "rebasing", "deeds", "items", "lookalikes"]) {
      expect(loggers, label).toContain(traffic.contracts[label]?.toLowerCase());
    }
  });

  test("the same seed makes the same transactions", async () => {
    const [one, two, three] = [1, 1, 2].map((seed) => new Traffic({ chainId: 1, seed }));
    expect(await one?.nextBlock()).toEqual(await two?.nextBlock());
    expect(await one?.nextBlock()).not.toEqual(await three?.nextBlock());
  });

  test("a reorg leaves the same new blocks on all", async () => {
    const saved = traffic.save();
    const before = [];
    for (let i = 0; i < 3; i++) before.push(await network.mineBlock(await traffic.nextBlock()));
    traffic.restore(saved, 99);
    const blocks = [];
    for (let i = 0; i < 4; i++) blocks.push(await traffic.nextBlock());
    const after = await network.reorg(3, blocks);
    expect(after[0]?.height).toBe(before[0]?.height);
    expect(after[0]?.hash).not.toBe(before[0]?.hash);
    for (const { name } of network.nodes) {
      const head = await readHead(name);
      expect([Number(head.number), head.hash]).toEqual([after[3]?.height, after[3]?.hash]);
    }
  });

  test("an empty reorg still gives other hashes", async () => {
    const before = await network.mineBlock();
    const [after] = await network.reorg(1, [[]]);
    expect(after?.height).toBe(before.height);
    expect(after?.hash).not.toBe(before.hash);
  });

  test("a node on a fork of its own is left out until it rejoins", async () => {
    const cedar = network.node("cedar-ap");
    await cedar.mineAlone([], network.head.timestamp + 7);
    const common = await network.mineBlock(await traffic.nextBlock());
    expect(cedar.head.hash).not.toBe(common.hash);
    await network.rejoin("cedar-ap");
    expect((await readHead("cedar-ap")).hash).toBe(common.hash);
  });

  test("a killed node comes back on its port with the whole chain, a paused one catches up", async () => {
    const birch = network.node("birch-us");
    const { url } = birch;
    await birch.kill();
    expect(birch.state).toBe("stopped");
    await network.mineBlock(await traffic.nextBlock());
    await network.rejoin("birch-us");
    expect(birch.url).toBe(url);
    birch.pause();
    await network.mineBlock(await traffic.nextBlock());
    await network.rejoin("birch-us");
    expect((await readHead("birch-us")).hash).toBe(network.head.hash);
  });

  test("the node's state answers for the traffic", async () => {
    const call = { to: traffic.contracts["usdh"], data: callData("Erc20", "balanceOf", traffic.senders[0]) };
    const balance = await network.node("alder-eu").client.call("eth_call", call, "latest");
    expect(BigInt(balance as string)).toBeGreaterThan(0n);
  });

  test("a transaction that cannot be mined is an error, not a hole", async () => {
    const [skipped, ...others] = (await new Traffic({ chainId: network.chainId, senders: 1 }).setup())[0] ?? [];
    expect(skipped).toBeDefined();
    await expect(network.mineBlock(others)).rejects.toMatchObject({ code: "test-node-failed" });
  });
});

test("stop leaves no process and no directory", async () => {
  const network = await TestNetwork.start();
  const traces = network.nodes.map(({ pid }) => ({ pid, directory: readDirectory(pid) }));
  for (const { directory } of traces) expect(existsSync(directory)).toBe(true);
  await network.stop();
  for (const { pid, directory } of traces) {
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(existsSync(directory)).toBe(false);
  }
  await network.stop();
});

test("a node ends with the process that started it, even when that one is killed", async () => {
  const module = new URL("../../src/testing/evm/anvil.ts", import.meta.url);
  await expectEndWithOwner(`
    const { Anvil } = await import("${module}");
    const options = { chainId: 1, genesisTime: 0, slotsInAnEpoch: 8, accounts: 1, port: 0 };
    const { port } = await Anvil.start(options);`);
});

/** The directory that the process was told to use. Linux only, like the anvil of this repository's lock file. */
function readDirectory(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  return words[words.indexOf("--cache-path") + 1] as string;
}
