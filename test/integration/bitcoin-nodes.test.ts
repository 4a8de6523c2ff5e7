import { existsSync } from "node:fs";
import { toBech32 } from "bitcoinjs-lib/src/address";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { findNodePrograms, type NodeProgram } from "../../src/testing/bitcoin/node-programs.ts";
import { RealNode } from "../../src/testing/bitcoin/real-node.ts";
import type { RegtestNode } from "../../src/testing/bitcoin/regtest-node.ts";
import { availableKinds, startNode } from "../../src/testing/bitcoin/start-node.ts";
import { expectEndWithOwner } from "../support/orphan.ts";

const MODULES = new URL("../../src/testing/bitcoin/", import.meta.url);

function minerOf({ network }: RegtestNode): string {
  return toBech32(Buffer.alloc(20, 7), 0, network.segwit);
}

async function mine(node: RegtestNode, count: number): Promise<string> {
  return (await node.client.call<string[]>("generatetoaddress", count, minerOf(node))).at(-1) as string;
}

describe.each(availableKinds().map((kind) => ({ kind, name: kind.name })))("two nodes of $name", ({ kind }) => {
  let alder: RegtestNode;
  let birch: RegtestNode;

  beforeAll(async () => {
    [alder, birch] = await Promise.all([startNode(kind, "alder"), startNode(kind, "birch")]);
    await alder.connect(birch);
  });

  afterAll(async () => {
    await alder?.remove();
    await birch?.remove();
  });

  it("share a chain, part, mine apart and join on the longer branch", async () => {
    const common = await mine(alder, 5);
    await birch.client.call("waitforblock", common, 10_000);
    await alder.disconnect(birch);
    const left = await mine(alder, 1);
    const right = await mine(birch, 2);
    expect(await alder.client.call("getbestblockhash")).toBe(left);
    await alder.connect(birch);
    await alder.client.call("waitforblock", right, 10_000);
    expect(await alder.client.call("getbestblockhash")).toBe(right);
    expect(await alder.client.call("getblockchaininfo")).toMatchObject({ chain: "regtest", blocks: 7 });
  });

  it("keep chain and address over a stop, and the address over a kill", async () => {
    const { url } = birch;
    const best = await birch.client.call("getbestblockhash");
    await birch.stop();
    expect(birch.running).toBe(false);
    await expect(birch.client.call("getblockcount")).rejects.toMatchObject({ code: "test-node-failed" });
    await birch.restart();
    expect(birch.url).toBe(url);
    expect(await birch.client.call("getbestblockhash")).toBe(best);
    await birch.kill();
    await birch.restart();
    await alder.connect(birch);
    const next = await mine(alder, 1);
    expect(await birch.client.call("waitforblock", next, 10_000)).toMatchObject({ hash: next });
  });

  it("leave a block that is called invalid, and come back to it", async () => {
    const tip = await alder.client.call("getbestblockhash");
    const { previousblockhash } = await alder.client.call<{ previousblockhash: string }>("getblockheader", tip);
    await alder.client.call("invalidateblock", tip);
    expect(await alder.client.call("getbestblockhash")).toBe(previousblockhash);
    await alder.client.call("reconsiderblock", tip);
    expect(await alder.client.call("getbestblockhash")).toBe(tip);
  });

  it("hang while they are paused, and answer then", async () => {
    alder.pause();
    let answered = false;
    const height = alder.client.call<number>("getblockcount").finally(() => {
      answered = true;
    });
    // The other one answers many times meanwhile.
    for (let i = 0; i < 20; i++) await birch.client.call("getblockcount");
    expect(answered).toBe(false);
    alder.resume();
    expect(await height).toBe(await birch.client.call("getblockcount"));
  });

  it("tell the code of an error, and several answers in the order of the questions", async () => {
    const unknown = alder.client.call("getblock", "00".repeat(32));
    await expect(unknown).rejects.toMatchObject({ code: "test-node-failed", details: { rpcCode: -5 } });
    const calls = [0, 1, 2].map((height) => ({ method: "getblockhash", params: [height] }));
    const hashes = await alder.client.batch(calls);
    for (const [height, hash] of hashes.entries()) {
      expect(await alder.client.call("getblockheader", hash)).toMatchObject({ height });
    }
  });
});

describe.each(findNodePrograms().programs.map((program) => ({ program, name: program.name })))(
  "a process of $name",
  ({ program }) => {
    it("is gone with its directory when removed, and when the process that started it is killed", async () => {
      const node = await RealNode.start(program, "cedar");
      expect(existsSync(node.directory)).toBe(true);
      await node.remove();
      expect(existsSync(node.directory)).toBe(false);
      await expectEndWithOwner(`
        const { findNodePrograms } = await import("${MODULES}node-programs.ts");
        const { RealNode } = await import("${MODULES}real-node.ts");
        const program = findNodePrograms().programs.find(({ name }) => name === "${program.name}");
        const { port } = new URL((await RealNode.start(program, "orphan")).url);`);
    });
  },
);

describe("the programs of real nodes", () => {
  test("are none where the variables are empty, which says what to do about it", () => {
    const { programs: none, missing } = findNodePrograms({ HEADWATER_LITECOIND: "", HEADWATER_BITCOIND: "" });
    expect(none).toEqual([]);
    expect(missing).toEqual([
      "litecoind is not on this machine (apt-get install litecoind, or set HEADWATER_LITECOIND)",
      "bitcoind is not on this machine (see bitcoincore.org, or set HEADWATER_BITCOIND)",
    ]);
  });

  test("a variable that names no program is an error", () => {
    expect(() => findNodePrograms({ HEADWATER_BITCOIND: "/nowhere/bitcoind" })).toThrow(
      "HEADWATER_BITCOIND is /nowhere/bitcoind, which is not a bitcoind to run",
    );
  });

  test("one that ends at once says why", async () => {
    const program = { name: "bitcoind", path: process.execPath, version: "", settings: [] } as unknown as NodeProgram;
    const started = RealNode.start(program, "alder");
    await expect(started).rejects.toMatchObject({
      code: "test-node-failed",
      message: /ended \(9\) before it was ready.*bad option/s,
    });
  });
});
