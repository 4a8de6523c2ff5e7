import { describe, expect, it } from "vitest";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { connectNode } from "../../../../src/plugins/bitcoin/node.ts";
import { buildBlock, buildCoinbase, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { startScripted } from "../../../support/node-transport.ts";
import {
  answerMethods,
  json,
  type Respond,
  type ScriptedMethods,
  ScriptedRpcError,
} from "../../../support/scripted-node.ts";

async function connect(respond: Respond, name = "Bitcoin", needsSpent = false) {
  const { node: server, transport } = await startScripted(respond);
  const network = networkNamed(name);
  // The scripted node speaks JSON-RPC alone.
  const { get: _get, ...bare } = transport;
  const plain = { ...bare, node: transport.node, post: transport.post.bind(transport) };
  return {
    server,
    network,
    node: connectNode({ network, asset: "slip44:0", needsSpent, local: undefined, scans: true }, plain),
  };
}

const refuse = (code: number, message: string) => () => {
  throw new ScriptedRpcError({ code, message });
};

/** A header as nodes tell it, with a hash that it really has. */
function headerAt(height: number, time = height * 600) {
  const bytes = Buffer.alloc(80);
  bytes.writeInt32LE(4, 0);
  bytes.writeUInt32LE(time, 68);
  bytes.writeUInt32LE(0x1d00ffff, 72);
  bytes.writeUInt32LE(7, 76);
  const zeros = "00".repeat(32);
  const more = { version: 4, merkleroot: zeros, time, nonce: 7, bits: "1d00ffff", previousblockhash: zeros };
  return { hash: hashText(sha256d(bytes)), height, confirmations: 1, ...more };
}

const { genesisHash } = networkNamed("Bitcoin");
const INFO = { initialblockdownload: false, blocks: 9, headers: 9, bestblockhash: headerAt(9).hash };

describe("the probe", () => {
  const core: ScriptedMethods = {
    getblockhash: (height: number) => (height === 0 ? genesisHash : refuse(-8, "Block height out of range")()),
    getblockchaininfo: () => INFO,
    getnetworkinfo: () => ({ version: 280_000, subversion: "/Satoshi:28.0.0/" }),
    help: (command: string) =>
      command === "getblock" ? "If verbosity is 3, ... (json object) prevout" : `${command} does things`,
  };

  it("asks Bitcoin Core all at once", async () => {
    const { node, server } = await connect(answerMethods(core));
    expect(await node.probe()).toEqual({
      chainId: "bip122:000000000019d6689c085ae165831e93",
      syncing: false,
      clientVersion: "/Satoshi:28.0.0/",
      capabilities: ["prevouts", "scan", "long-polling"],
    });
    expect(server.requests).toHaveLength(1);
  });

  it("takes btcd, which tells little of itself, and Dogecoin Core, which is older than all that", async () => {
    const { initialblockdownload: _initial, ...info } = INFO;
    const little = { ...core, getblockchaininfo: () => info };
    const btcd = { getblockhash: core["getblockhash"] as () => string, getblockchaininfo: () => info };
    expect(await (await connect(answerMethods(btcd))).node.probe()).toMatchObject({
      syncing: false,
      clientVersion: "unknown",
      capabilities: ["scan", "long-polling"],
    });
    const dogecoin = {
      ...little,
      getblockhash: () => networkNamed("Dogecoin").genesisHash,
      getblockchaininfo: () => ({ ...info, headers: 500, pruned: true }),
      getnetworkinfo: () => ({ version: 1_140_600, subversion: "/Shibetoshi:1.14.6/" }),
      help: (command: string) =>
        command === "getblock" ? "getblock hash ( verbose )" : `help: unknown command: ${command}\n`,
    };
    expect(await (await connect(answerMethods(dogecoin), "Dogecoin")).node.probe()).toEqual({
      chainId: "bip122:1a91e3dace36e2be3bf030a65679fe82",
      syncing: true,
      clientVersion: "/Shibetoshi:1.14.6/",
      capabilities: ["pruned"],
    });
  });

  it.each([
    ["Bitcoin", "Bitcoin Cash"],
    ["Bitcoin Cash", "Bitcoin"],
    ["Bitcoin", "Bitcoin"],
    ["Bitcoin Cash", "Bitcoin Cash"],
  ])("asked as %s, a node of %s says which it is: both have the same first block", async (asked, served) => {
    const { splits, id } = networkNamed(served);
    const methods = {
      ...core,
      getblockhash: (height: number) =>
        height === 0 ? genesisHash : (splits.find((split) => split.height === height)?.hash ?? "0c".repeat(32)),
    };
    expect((await (await connect(answerMethods(methods), asked)).node.probe()).chainId).toBe(id);
  });

  it("names a chain of which it knows nothing", async () => {
    const methods = { ...core, getblockhash: () => "fe".repeat(32) };
    expect((await (await connect(answerMethods(methods))).node.probe()).chainId).toBe(`bip122:${"fe".repeat(16)}`);
  });

  it("finds an index of transactions where it is needed", async () => {
    const methods = {
      ...core,
      help: () => "getblock hash verbosity",
      getblock: (_hash: string, verbose: unknown) => (verbose === true ? { tx: ["ab".repeat(32)] } : expect.fail()),
    };
    const indexed = { ...methods, getrawtransaction: () => "00" };
    expect((await (await connect(answerMethods(indexed), "Bitcoin", true)).node.probe()).capabilities).toContain(
      "txindex",
    );
    const bare = { ...methods, getrawtransaction: refuse(-5, "No such mempool transaction. Use -txindex") };
    expect((await (await connect(answerMethods(bare), "Bitcoin", true)).node.probe()).capabilities).not.toContain(
      "txindex",
    );
  });

  it("fails while the node starts, as busy as it may be", async () => {
    const starting = (): never => refuse(-28, "Loading block index…")();
    const all = Object.fromEntries(Object.keys(core).map((method) => [method, starting]));
    expect((await failureOf((await connect(answerMethods(all))).node.probe())).code).toBe("node-unreachable");
    const busy: Respond = () => ({ status: 500, body: "Work queue depth exceeded" });
    expect((await failureOf((await connect(busy)).node.probe())).code).toBe("node-throttled");
  });
});

describe("headers", () => {
  it("are hashed again", async () => {
    const { node } = await connect(answerMethods({ getblockheader: () => headerAt(5) }));
    expect(await node.fetchHeader({ hash: headerAt(5).hash })).toMatchObject({ height: 5, hash: headerAt(5).hash });
    const lying = await connect(answerMethods({ getblockheader: () => ({ ...headerAt(5), time: 3001 }) }));
    expect((await failureOf(lying.node.fetchHeader({ hash: headerAt(5).hash }))).code).toBe("integrity-violation");
    const rubbish = await connect(answerMethods({ getblockheader: () => ({ ...headerAt(5), bits: "xx" }) }));
    expect((await failureOf(rubbish.node.fetchHeader({ hash: headerAt(5).hash }))).code).toBe("node-bad-response");
  });

  it("of a tip that did not change are not asked for again", async () => {
    const methods = { getbestblockhash: () => headerAt(5).hash, getblockheader: () => headerAt(5) };
    const { node, server } = await connect(answerMethods(methods));
    expect(await node.fetchTips()).toEqual(await node.fetchTips());
    expect(server.methods).toEqual(["getbestblockhash", "getblockheader", "getbestblockhash"]);
  });

  it("come with an HTTP status of their own when they fail", async () => {
    const error = { code: -5, message: "Block not found" };
    const { node } = await connect(() => ({ ...json({ result: null, error, id: 1 }), status: 500 }));
    expect((await failureOf(node.fetchHeader({ hash: "ab".repeat(32) }))).code).toBe("node-block-missing");
  });
});

describe("blocks", () => {
  const block = buildBlock(
    [buildCoinbase([{ amount: 1n, script: payTo(9) }], "5100")],
    1,
    networkNamed("Bitcoin Regtest"),
  );
  const { hash } = block.ref;
  const hex = block.bytes.toString("hex");

  it("are asked for without a number where the node knows none, and so from then on", async () => {
    const methods = {
      getblock: (_hash: string, verbosity: unknown) =>
        verbosity === false ? hex : refuse(-1, "JSON value is not a boolean as expected")(),
    };
    const { node, server } = await connect(answerMethods(methods));
    await node.fetchBlock({ hash, height: 1 }, "bitcoin/1");
    await node.fetchBlock({ hash, height: 1 }, "bitcoin/1");
    expect(server.requests.map(({ calls }) => calls[0]?.params[1])).toEqual([0, false, false]);
  });

  it("that are no hex are refused at once when they are short, and tell where", async () => {
    for (const result of ["", "abc", "zz", `${hex.slice(0, 100)}x${hex.slice(101)}`, null, 7]) {
      const { node } = await connect(answerMethods({ getblock: () => result }));
      expect((await failureOf(node.fetchBlock({ hash, height: 1 }, "bitcoin/1"))).code).toBe("node-bad-response");
    }
  });

  it("far below the tip are found by hashes that come by the dozen, whoever asks", async () => {
    const methods = {
      getbestblockhash: () => headerAt(1000).hash,
      getblockheader: () => headerAt(1000),
      getblockhash: (height: number) => height.toString(16).padStart(64, "0"),
      getblock: () => hex,
    };
    const { node, server } = await connect(answerMethods(methods));
    await node.fetchTips();
    const wanted = [100, 101, 130, 128].map((height) => node.fetchBlock({ height }, "bitcoin/1", { work: "backfill" }));
    await Promise.all(wanted);
    const batches = server.requests.filter(({ isBatch }) => isBatch);
    expect(batches.map(({ calls }) => calls.map(({ params }) => params[0]))).toEqual([
      Array.from({ length: 32 }, (_, i) => 96 + i),
      Array.from({ length: 32 }, (_, i) => 128 + i),
    ]);
    const asked = server.requests.filter(({ calls }) => calls[0]?.method === "getblock");
    expect(asked.map(({ calls }) => Number.parseInt(calls[0]?.params[0] as string, 16)).sort()).toEqual([
      100, 101, 128, 130,
    ]);
    await node.fetchBlock({ height: 801 }, "bitcoin/1", { work: "backfill" });
    await node.fetchBlock({ height: 100 }, "bitcoin/1", { work: "tip" });
    expect(server.methods.filter((method) => method === "getblockhash")).toHaveLength(2);
  });
});

describe("waiting for blocks", () => {
  const methods = { getbestblockhash: () => headerAt(5).hash, getblockheader: () => headerAt(5) };

  it("ends where the node does not wait, and is not tried again", async () => {
    const { node, server } = await connect(answerMethods(methods));
    const watch = () => node.watchTips?.(() => expect.fail(), new AbortController().signal) as Promise<void>;
    expect((await failureOf(watch())).code).toBe("node-method-unsupported");
    const before = server.requests.length;
    expect((await failureOf(watch())).code).toBe("node-method-unsupported");
    expect(server.requests.length).toBe(before);
  });

  it("ends where something answers at once with no news, rather than ask again and again", async () => {
    const answers = { ...methods, waitforblockheight: () => ({ hash: headerAt(5).hash, height: 5 }) };
    const { node, server } = await connect(answerMethods(answers));
    const watching = node.watchTips?.(() => expect.fail(), new AbortController().signal) as Promise<void>;
    expect((await failureOf(watching)).code).toBe("node-method-unsupported");
    expect(server.methods.filter((method) => method === "waitforblockheight")).toHaveLength(1);
  });
});

describe("balances", () => {
  const at = { height: 5, hash: headerAt(5).hash, parentHash: "", parentHeight: 4, time: 0 };
  const scan = (found: object) => () => ({ success: true, height: 5, bestblock: at.hash, unspents: [], ...found });
  const query = [{ account: payTo(1), asset: "slip44:0" }];

  it("add up to the last digit", async () => {
    const unspent = (amount: string) => `{"scriptPubKey":"${payTo(1)}","amount":${amount}}`;
    const amounts = ["90071992547.40993123", "0.00000001", "1e-08", "2"].map(unspent).join(",");
    const result = `{"success":true,"bestblock":"${at.hash}","unspents":[${amounts}]}`;
    const { node } = await connect(() => ({ body: `{"result":${result},"error":null,"id":1}` }));
    expect(await node.readBalances(query, at)).toEqual([9_007_199_254_740_993_123n + 200_000_002n]);
  });

  it("are scanned one after the other, also when a scan fails", async () => {
    let running = 0;
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const { node } = await connect(async (request) => {
      expect(running++).toBe(0);
      await first;
      running--;
      return answerMethods({ scantxoutset: request.body.includes(payTo(2)) ? refuse(-8, "no") : scan({}) })(request);
    });
    const failing = node.readBalances([{ account: payTo(2), asset: "slip44:0" }], at);
    const next = node.readBalances(query, at);
    resolve();
    expect((await failureOf(failing)).code).toBe("node-rpc-error");
    expect(await next).toEqual([0n]);
  });

  it("are none of a scan that another block's set answered, or that did not end", async () => {
    const elsewhere = await connect(answerMethods({ scantxoutset: scan({ bestblock: "cd".repeat(32) }) }));
    expect((await failureOf(elsewhere.node.readBalances(query, at))).code).toBe("node-wrong-block");
    const unfinished = await connect(answerMethods({ scantxoutset: scan({ success: false }) }));
    expect((await failureOf(unfinished.node.readBalances(query, at))).code).toBe("node-bad-response");
    const never = await connect(answerMethods({ scantxoutset: refuse(-32601, "Method not found") }));
    for (let i = 0; i < 2; i++) {
      expect((await failureOf(never.node.readBalances(query, at))).code).toBe("node-method-unsupported");
    }
    expect(never.server.requests).toHaveLength(1);
    const other = [{ account: payTo(1), asset: "slip44:2" }];
    expect((await failureOf(unfinished.node.readBalances(other, at))).code).toBe("invalid-asset");
  });
});
