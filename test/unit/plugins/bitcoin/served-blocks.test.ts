import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LocalBlocks } from "../../../../src/plugins/bitcoin/local/local-blocks.ts";
import { connectNode } from "../../../../src/plugins/bitcoin/node.ts";
import { buildBlock, buildCoinbase, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";
import { openTransport } from "../../../support/node-transport.ts";

const network = networkNamed("Bitcoin Regtest");
/** Of all sizes: what is looked through at once holds many of the first and not the last. */
const BLOCKS = [10, 20, 5_000, 30, 60_000].map((padding, i) =>
  buildBlock(
    [
      buildCoinbase(
        [
          { amount: 1n, script: payTo(i) },
          { amount: 0n, script: `6a${"00".repeat(padding)}` },
        ],
        "5100",
      ),
    ],
    1,
    network,
  ),
);
type Answer = { readonly status: number; readonly body: string | Uint8Array };

/** A node that serves GET as told and gives the first block over JSON-RPC. Keeps what it was asked. */
async function serve(rest: (path: string) => Answer, path = "") {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.method === "GET" ? (request.url as string) : "rpc");
    request.resume().on("end", () => {
      const result = { result: BLOCKS[0]?.bytes.toString("hex"), error: null, id: 1 };
      const { status, body } =
        request.method === "GET" ? rest(request.url as string) : { status: 200, body: JSON.stringify(result) };
      response.writeHead(status).end(body);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const transport = openTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const node = connectNode({ network, asset: "slip44:1", needsSpent: false, scans: true, local: undefined }, transport);
  const hash = BLOCKS[0]?.ref.hash as string;
  return { asked, hash, fetch: () => node.fetchBlock({ hash, height: 1 }, "bitcoin/1") };
}

describe("REST", () => {
  test("gives a block's bytes where it is served", async () => {
    const { asked, hash, fetch } = await serve(() => ({ status: 200, body: BLOCKS[0]?.bytes as Uint8Array }));
    expect((await fetch()).parts).toEqual({ bytes: new Uint8Array(BLOCKS[0]?.bytes as Uint8Array) });
    expect(asked).toEqual([`/rest/block/${hash}.bin`]);
  });

  test.each([
    ["nothing is there", { status: 404, body: "" }],
    ["a page is there for every path", { status: 200, body: "<html>".repeat(100) }],
    ["another block is there", { status: 200, body: BLOCKS[1]?.bytes as Uint8Array }],
  ])("is left alone where %s", async (_name, answer) => {
    const { asked, fetch } = await serve(() => answer);
    expect(Object.keys((await fetch()).parts)).toEqual(["answer"]);
    await fetch();
    expect(asked.map((one) => one.slice(0, 5))).toEqual(["/rest", "rpc", "rpc"]);
  });

  test("is tried again after a bad moment of a node that serves it", async () => {
    const answers: Answer[] = [
      { status: 200, body: BLOCKS[0]?.bytes as Uint8Array },
      { status: 503, body: "Work queue depth exceeded" },
      { status: 200, body: BLOCKS[0]?.bytes as Uint8Array },
    ];
    const { fetch } = await serve(() => answers.shift() as Answer);
    const parts = [await fetch(), await fetch(), await fetch()].map((raw) => Object.keys(raw.parts)[0]);
    expect(parts).toEqual(["bytes", "answer", "bytes"]);
  });

  test("is not looked for where the node's address has a path, which may hold a key", async () => {
    const { asked, fetch } = await serve(() => expect.fail(), "/v1/key");
    await fetch();
    expect(asked).toEqual(["rpc"]);
  });
});

describe("a node's files", () => {
  /** Writes blocks as nodes do: magic and length before each, zeros after the last, and all of it masked by a key. */
  async function write(key: Uint8Array | undefined): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "headwater-blocks-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const files = [BLOCKS.slice(0, 3), BLOCKS.slice(3)].map((blocks) => {
      const records = blocks.map(({ bytes }) => {
        const prefix = Buffer.from("fabfb5da00000000", "hex");
        prefix.writeUInt32LE(bytes.length, 4);
        return Buffer.concat([prefix, bytes]);
      });
      return Buffer.concat([...records, Buffer.alloc(5_000)]);
    });
    for (const [i, file] of files.entries()) {
      if (key)
        for (let at = 0; at < file.length; at++) file[at] = (file[at] as number) ^ (key[at % key.length] as number);
      await writeFile(join(directory, `blk0000${i}.dat`), file);
    }
    if (key) await writeFile(join(directory, "xor.dat"), key);
    await writeFile(join(directory, "rev00000.dat"), "no blocks");
    return directory;
  }

  test.each([
    ["as they are", undefined],
    ["masked by a key", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ["masked by zeros", new Uint8Array(8)],
  ])("give every block they hold, %s", async (_name, key) => {
    const local = new LocalBlocks(await write(key));
    await local.settled();
    for (const { ref, bytes } of [...BLOCKS, ...BLOCKS].reverse()) {
      expect(Buffer.from((await local.read(ref.hash)) as Uint8Array).equals(bytes)).toBe(true);
    }
    expect(await local.read("ab".repeat(32))).toBeUndefined();
  });

  test("give nothing that is not the block, and nothing where there are none", async () => {
    const directory = await write(undefined);
    const local = new LocalBlocks(directory);
    await local.settled();
    // The file is written anew after it was looked through.
    await writeFile(join(directory, "blk00000.dat"), Buffer.alloc(6_000));
    await rm(join(directory, "blk00001.dat"));
    for (const { ref } of BLOCKS) expect(await local.read(ref.hash)).toBeUndefined();
    const nowhere = new LocalBlocks(join(directory, "nowhere"));
    await nowhere.settled();
    expect(await nowhere.read(BLOCKS[0]?.ref.hash as string)).toBeUndefined();
  });

  test("serve far below the tip, whatever node told the hash", async () => {
    const local = new LocalBlocks(await write(undefined));
    await local.settled();
    const transport = { node: "n", post: () => expect.fail() };
    const node = connectNode({ network, asset: "slip44:1", needsSpent: false, scans: true, local }, transport);
    const hash = BLOCKS[2]?.ref.hash as string;
    const raw = await node.fetchBlock({ hash, height: 1 }, "bitcoin/1", { work: "backfill" });
    expect(Buffer.from(raw.parts["bytes"] as Uint8Array).equals(BLOCKS[2]?.bytes as Buffer)).toBe(true);
  });
});
